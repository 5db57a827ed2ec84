package dev.freehold.detection;

import dev.freehold.bundle.policy.PersonalData;
import java.util.Locale;
import org.apache.commons.validator.routines.EmailValidator;

/**
 * Addresses around an "@", judged by commons-validator with its list of top-level domains. Domains
 * that RFC 2606 reserves for examples belong to nobody, and "git@" is a protocol's user.
 */
final class EmailAddresses {

  /** RFC 5321, section 4.5.3.1. */
  private static final int LOCAL_MAX = 64;

  private static final int DOMAIN_MAX = 255;

  /** A sentence that goes on right after an address looks like more labels of its domain. */
  private static final int LABELS_CUT_MAX = 2;

  private final char[] text;
  private final int length;
  private final PersonalDataDetector.Found found;

  EmailAddresses(char[] text, int length, PersonalDataDetector.Found found) {
    this.text = text;
    this.length = length;
    this.found = found;
  }

  /** Looks around the "@" and returns where to go on. */
  int at(int at) {
    if (!found.lacks(PersonalData.EMAIL)) {
      return at + 1;
    }
    boolean spaced = at > 1 && at + 1 < length && text[at - 1] == ' ' && text[at + 1] == ' ';
    int localEnd = spaced ? at - 1 : at;
    int local = localEnd;
    while (local > 0 && localEnd - local < LOCAL_MAX && isOfLocal(text[local - 1])) {
      local--;
    }
    while (local < localEnd && !TextScan.isWord(text[local])) {
      local++;
    }
    int from = spaced ? at + 2 : at + 1;
    int to = from;
    boolean dotted = false;
    while (to < length && to - from < DOMAIN_MAX && isOfDomain(text[to])) {
      dotted |= text[to] == '.';
      to++;
    }
    if (local == localEnd || !dotted) {
      return at + 1;
    }
    String name = new String(text, local, localEnd - local);
    String domain = trimmed(new String(text, from, to - from));
    for (int cut = 0; cut <= LABELS_CUT_MAX && domain.indexOf('.') > 0; cut++) {
      if (isAddress(name, domain)) {
        found.add(PersonalData.EMAIL);
        return at + 1 + domain.length();
      }
      domain = trimmed(domain.substring(0, domain.lastIndexOf('.')));
    }
    return at + 1;
  }

  private boolean isAddress(String name, String domain) {
    return !name.equals("git")
        && !isReserved(domain.toLowerCase(Locale.ROOT))
        && found.mayCheck()
        && EmailValidator.getInstance().isValid(name + "@" + domain);
  }

  private static boolean isReserved(String domain) {
    String padded = "." + domain;
    return padded.endsWith(".example.com")
        || padded.endsWith(".example.org")
        || padded.endsWith(".example.net")
        || padded.endsWith(".example")
        || padded.endsWith(".test")
        || padded.endsWith(".invalid")
        || padded.endsWith(".localhost");
  }

  private static String trimmed(String domain) {
    int end = domain.length();
    while (end > 0 && (domain.charAt(end - 1) == '.' || domain.charAt(end - 1) == '-')) {
      end--;
    }
    return domain.substring(0, end);
  }

  private static boolean isOfLocal(char c) {
    return TextScan.isWord(c)
        || c == '.'
        || c == '_'
        || c == '-'
        || c == '+'
        || c == '%'
        || c == '\'';
  }

  private static boolean isOfDomain(char c) {
    return TextScan.isWord(c) || c == '.' || c == '-';
  }
}
