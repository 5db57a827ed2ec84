package dev.freehold.detection;

import dev.freehold.bundle.policy.PersonalData;
import org.apache.commons.validator.routines.InetAddressValidator;

/**
 * One pass over one text. It stops only where a candidate may begin: a word, a digit, or one of a
 * few signs; the scanner of that shape says where to go on. Each candidate has a bounded length, so
 * the time is linear in the text's.
 */
final class TextScan {

  /** The longest written form of an IPv6 address, with an IPv4 address in it. */
  private static final int IPV6_MAX = 45;

  private static final byte OTHER = 0;
  private static final byte LETTER = 1;
  private static final byte DIGIT = 2;
  private static final byte[] CLASSES = classes();

  private final char[] text;
  private final int length;
  private final PersonalDataDetector.Found found;
  private final DigitGroups groups;
  private final ShapedNumbers numbers;
  private final WrittenPhones writtenPhones;
  private final Words words;
  private final EmailAddresses emails;
  private final Credentials credentials;

  TextScan(FoldedText folded, PersonalDataDetector.Found found, PhoneNumbers phones) {
    text = folded.characters();
    length = folded.length();
    this.found = found;
    groups = new DigitGroups(text, length);
    numbers = new ShapedNumbers(text, length, groups, found);
    writtenPhones = new WrittenPhones(groups, found, phones);
    words = new Words(text, length, found);
    emails = new EmailAddresses(text, length, found);
    credentials = new Credentials(text, length, found);
  }

  private static byte[] classes() {
    byte[] classes = new byte[0x80];
    for (char c = 0; c < 0x80; c++) {
      if (c >= '0' && c <= '9') {
        classes[c] = DIGIT;
      } else if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')) {
        classes[c] = LETTER;
      }
    }
    return classes;
  }

  static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  static boolean isLetter(char c) {
    return c < 0x80 ? CLASSES[c] == LETTER : Character.isLetter(c);
  }

  static boolean isWord(char c) {
    return c < 0x80 ? CLASSES[c] != OTHER : Character.isLetterOrDigit(c);
  }

  void run() {
    int i = 0;
    while (i < length) {
      char c = text[i];
      if (isWord(c)) {
        i = word(i);
      } else if (c == '@') {
        i = emails.at(i);
      } else if (c == ':') {
        i = colon(i);
      } else if (c == '=') {
        i = credentials.assigned(i);
      } else if ((c == '+' || c == '(') && i + 1 < length) {
        i = digits(i);
      } else {
        i++;
      }
    }
  }

  private int word(int start) {
    boolean letters = false;
    boolean numbers = false;
    int end = start;
    while (end < length && isWord(text[end])) {
      if (isDigit(text[end])) {
        numbers = true;
      } else {
        letters = true;
      }
      end++;
    }
    int uuid = afterUuid(start, end);
    if (uuid > 0) {
      return uuid;
    }
    if (numbers && !letters) {
      return digits(start);
    }
    int next = credentials.token(start, end);
    if (next > 0) {
      return next;
    }
    return words.at(start, end, numbers);
  }

  private int digits(int start) {
    int next = groups.read(start);
    for (int first = 0; first < groups.count(); first++) {
      numbers.at(first);
      if (found.lacks(PersonalData.PHONE)) {
        writtenPhones.at(first);
      }
    }
    return next;
  }

  /** A UUID names a thing, but its groups may look like anything: it is passed over whole. */
  private int afterUuid(int start, int end) {
    if (end - start != 8 || start + 36 > length) {
      return -1;
    }
    for (int k = 0; k < 36; k++) {
      boolean dash = k == 8 || k == 13 || k == 18 || k == 23;
      if (dash ? text[start + k] != '-' : Character.digit(text[start + k], 16) < 0) {
        return -1;
      }
    }
    return start + 36 < length && isWord(text[start + 36]) ? -1 : start + 36;
  }

  private int colon(int i) {
    if (i + 2 < length && text[i + 1] == '/' && text[i + 2] == '/') {
      return credentials.afterScheme(i);
    }
    int next = ipv6(i);
    return next > 0 ? next : credentials.assigned(i);
  }

  /** Returns where a run of hexadecimal groups ends, or -1 if this colon stands in none. */
  private int ipv6(int colon) {
    int start = colon;
    while (start > 0 && colon - start < 4 && Character.digit(text[start - 1], 16) >= 0) {
      start--;
    }
    boolean doubled = colon + 1 < length && text[colon + 1] == ':';
    if ((start == colon && !doubled) || (start > 0 && isWord(text[start - 1]))) {
      return -1;
    }
    int end = colon;
    int colons = 0;
    while (end < length && end - start < IPV6_MAX && isOfIpv6(text[end])) {
      colons += text[end] == ':' ? 1 : 0;
      end++;
    }
    if (colons < 2) {
      return -1;
    }
    if (found.lacks(PersonalData.IP_ADDRESS)
        && (end == length || !isWord(text[end]))
        && isIpv6(start, end)) {
      found.add(PersonalData.IP_ADDRESS);
    }
    return end;
  }

  private static boolean isOfIpv6(char c) {
    return c == ':' || c == '.' || Character.digit(c, 16) >= 0;
  }

  /**
   * Beside the form, at least one group of three digits or more, and digits among them: "::1" is
   * this machine itself, "add::feed" may be a name in C++, and pairs of digits are a fingerprint.
   */
  private boolean isIpv6(int start, int end) {
    int to = end;
    while (to > start && (text[to - 1] == '.' || (text[to - 1] == ':' && text[to - 2] != ':'))) {
      to--;
    }
    boolean hasDigit = false;
    int group = 0;
    int longest = 0;
    for (int k = start; k < to; k++) {
      hasDigit |= isDigit(text[k]);
      group = text[k] == ':' ? 0 : group + 1;
      longest = Math.max(longest, group);
    }
    if (!hasDigit || longest < 3 || !found.mayCheck()) {
      return false;
    }
    String address = new String(text, start, to - start);
    return !address.startsWith("2001:db8:")
        && !address.startsWith("2001:0db8:")
        && InetAddressValidator.getInstance().isValidInet6Address(address);
  }
}
