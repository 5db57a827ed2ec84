package dev.freehold.detection;

import dev.freehold.bundle.policy.PersonalData;
import java.util.Arrays;
import java.util.Locale;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Keys, tokens and passwords: by the prefixes that their issuers publish (so that scanners can find
 * them), by the form of a JWT (RFC 7519) or a PEM block (RFC 7468), as user information of a URL
 * (RFC 3986), or as the value of a name like "password".
 */
final class Credentials {

  /** A prefix, and how many characters of a key must follow it at least. */
  private record Prefix(String text, int following) {}

  private static final Prefix[] PREFIXES = {
    new Prefix("ghp_", 36), // GitHub
    new Prefix("gho_", 36),
    new Prefix("ghu_", 36),
    new Prefix("ghs_", 36),
    new Prefix("ghr_", 36),
    new Prefix("github_pat_", 22),
    new Prefix("glpat-", 20), // GitLab
    new Prefix("xoxb-", 20), // Slack
    new Prefix("xoxp-", 20),
    new Prefix("xoxa-", 20),
    new Prefix("xoxs-", 20),
    new Prefix("xapp-", 20),
    new Prefix("sk_live_", 16), // Stripe
    new Prefix("sk_test_", 16),
    new Prefix("rk_live_", 16),
    new Prefix("whsec_", 24),
    new Prefix("sk-", 20), // OpenAI, Anthropic and those who followed them
    new Prefix("AIza", 35), // Google
    new Prefix("GOCSPX-", 20),
    new Prefix("ya29.", 20),
    new Prefix("hf_", 30), // Hugging Face
    new Prefix("npm_", 36),
    new Prefix("pypi-", 50),
    new Prefix("dckr_pat_", 20), // Docker
    new Prefix("dop_v1_", 40), // DigitalOcean
    new Prefix("shpat_", 32), // Shopify
    new Prefix("SG.", 40), // SendGrid
    new Prefix("AKIA", 16), // AWS, IAM identifiers
    new Prefix("ASIA", 16),
    new Prefix("fhc_", 20),
  };

  private static final Prefix[] NO_PREFIX = {};

  /** The prefixes by their first character: this is asked of every word. */
  private static final Prefix[][] BY_FIRST =
      IntStream.range(0, 0x80)
          .mapToObj(
              c ->
                  Arrays.stream(PREFIXES)
                      .filter(prefix -> prefix.text.charAt(0) == c)
                      .toArray(Prefix[]::new))
          .toArray(Prefix[][]::new);

  private static final String[] PASSWORDS = {
    "password",
    "passwd",
    "passwort",
    "pwd",
    "kennwort",
    "passphrase",
    "passe",
    "contraseña",
    "contrasena",
    "wachtwoord",
    "hasło",
    "haslo",
    "senha",
    "parola",
    "passcode"
  };

  private static final String[] KEYS = {
    "secret",
    "apikey",
    "api_key",
    "api-key",
    "api key",
    "accesskey",
    "access_key",
    "access-key",
    "secretkey",
    "secret_key",
    "secret-key",
    "accountkey",
    "sharedaccesskey",
    "token",
    "authorization",
    "privatekey",
    "private_key",
    "clientsecret",
    "api-schlüssel"
  };

  /** What stands for a password in documents and examples. */
  private static final Set<String> PLACEHOLDERS =
      Set.of("password", "passwd", "pass", "passwort", "pw", "secret", "token", "changeme", "xxx");

  private static final int NAME_MAX = 40;
  private static final int PASSWORD_MIN = 6;
  private static final int KEY_MIN = 16;
  private static final int VALUE_MAX = 256;
  private static final int JWT_PART_MAX = 16_384;

  private final char[] text;
  private final int length;
  private final PersonalDataDetector.Found found;

  /** Up to here no JWT's first part ends: so that a long run is not read again and again. */
  private int notJwtBefore;

  Credentials(char[] text, int length, PersonalDataDetector.Found found) {
    this.text = text;
    this.length = length;
    this.found = found;
  }

  /** Looks whether a word begins a key and returns where to go on, or -1 if it does not. */
  int token(int start, int end) {
    char c = text[start];
    if (c == 'e' && start >= notJwtBefore && starts("eyJ", start)) {
      return jwt(start);
    }
    if (c == 'B' && starts("BEGIN ", start) && isAfterDashes(start)) {
      return pem(start);
    }
    for (Prefix prefix : c < 0x80 ? BY_FIRST[c] : NO_PREFIX) {
      if (starts(prefix.text, start)) {
        int from = start + prefix.text.length();
        int to = keyEnd(from);
        if (to - from >= prefix.following && to >= end && looksRandom(from, to)) {
          found.add(PersonalData.CREDENTIAL);
          return to;
        }
      }
    }
    return -1;
  }

  private int jwt(int start) {
    int header = base64End(start);
    if (header >= length || text[header] != '.') {
      notJwtBefore = header;
      return -1;
    }
    if (header - start < 12) {
      return -1;
    }
    int payload = base64End(header + 1);
    if (payload - header < 4 || payload >= length || text[payload] != '.') {
      return -1;
    }
    found.add(PersonalData.CREDENTIAL);
    return base64End(payload + 1);
  }

  private int pem(int start) {
    int at = start;
    while (at < length && at - start < 48 && text[at] != '-' && text[at] != '\n') {
      at++;
    }
    if (new String(text, start, at - start).endsWith("PRIVATE KEY")
        || new String(text, start, at - start).endsWith("PRIVATE KEY BLOCK")) {
      found.add(PersonalData.CREDENTIAL);
    }
    return at;
  }

  private boolean isAfterDashes(int start) {
    return start >= 5 && new String(text, start - 5, 5).equals("-----");
  }

  /** After "scheme://": a password before the "@"; returns where to go on. */
  int afterScheme(int colon) {
    int from = colon + 3;
    int separator = -1;
    int at = from;
    while (at < length && at - from < 256 && isOfUserInfo(text[at])) {
      if (text[at] == ':' && separator < 0) {
        separator = at;
      }
      at++;
    }
    if (at >= length || text[at] != '@') {
      return from;
    }
    if (separator >= 0 && isSecret(separator + 1, at, 1)) {
      found.add(PersonalData.CREDENTIAL);
    }
    return at + 1;
  }

  private static boolean isOfUserInfo(char c) {
    return c > ' ' && c != '/' && c != '?' && c != '#' && c != '@' && c != '"' && c != '<'
        && c != ')';
  }

  /** At "=" or ":" after a name: the value may be a secret. Returns where to go on. */
  int assigned(int sign) {
    int next = sign + 1;
    if (!found.lacks(PersonalData.CREDENTIAL)) {
      return next;
    }
    int nameEnd = sign;
    while (nameEnd > 0 && sign - nameEnd < 3 && isQuoteOrSpace(text[nameEnd - 1])) {
      nameEnd--;
    }
    int name = nameEnd;
    while (name > 0 && nameEnd - name < NAME_MAX && isOfName(text[name - 1])) {
      name--;
    }
    if (nameEnd - name < 3) {
      return next;
    }
    String words = new String(text, name, nameEnd - name).toLowerCase(Locale.ROOT);
    boolean password = endsWithOne(words, PASSWORDS);
    if (!password && !endsWithOne(words, KEYS)) {
      return next;
    }
    int from = next;
    while (from < length && from - next < 4 && isQuoteOrSpace(text[from])) {
      from++;
    }
    from = afterWord(from, "bearer ");
    from = afterWord(from, "basic ");
    int to = from;
    while (to < length && to - from < VALUE_MAX && isOfValue(text[to])) {
      to++;
    }
    if (isSecret(from, to, password ? PASSWORD_MIN : KEY_MIN) && looksRandom(from, to)) {
      found.add(PersonalData.CREDENTIAL);
    }
    return next;
  }

  /** The word before the credentials in an HTTP header (RFC 9110, section 11.4). */
  private int afterWord(int from, String scheme) {
    boolean has =
        from + scheme.length() < length
            && new String(text, from, scheme.length()).equalsIgnoreCase(scheme);
    return has ? from + scheme.length() : from;
  }

  private static boolean endsWithOne(String words, String[] names) {
    for (String name : names) {
      if (words.endsWith(name)) {
        return true;
      }
    }
    return false;
  }

  /** A value of some length that is neither a placeholder nor an expression of a program. */
  private boolean isSecret(int from, int to, int atLeast) {
    if (to - from < atLeast) {
      return false;
    }
    for (int k = from; k < to; k++) {
      char c = text[k];
      if (c == '(' || c == '{' || c == '<' || c == '[' || c == '*') {
        return false;
      }
    }
    char first = text[from];
    String value = new String(text, from, Math.min(16, to - from)).toLowerCase(Locale.ROOT);
    return first != '$' && first != '%' && !PLACEHOLDERS.contains(value);
  }

  /** Letters and digits both, and not one word of a program after the other. */
  private boolean looksRandom(int from, int to) {
    int digits = 0;
    int letters = 0;
    int dots = 0;
    for (int k = from; k < to; k++) {
      char c = text[k];
      digits += TextScan.isDigit(c) ? 1 : 0;
      letters += TextScan.isLetter(c) ? 1 : 0;
      dots += c == '.' ? 1 : 0;
    }
    boolean example = to - from >= 7 && new String(text, to - 7, 7).equals("EXAMPLE");
    return digits > 0 && letters > 0 && !example && (dots == 0 || digits > 3);
  }

  private int keyEnd(int from) {
    int at = from;
    while (at < length
        && at - from < VALUE_MAX
        && text[at] < 0x80
        && (TextScan.isWord(text[at]) || text[at] == '_' || text[at] == '-' || text[at] == '.')) {
      at++;
    }
    while (at > from && text[at - 1] == '.') {
      at--;
    }
    return at;
  }

  private int base64End(int from) {
    int at = from;
    while (at < length
        && at - from < JWT_PART_MAX
        && text[at] < 0x80
        && (TextScan.isWord(text[at]) || text[at] == '_' || text[at] == '-')) {
      at++;
    }
    return at;
  }

  private boolean starts(String prefix, int at) {
    if (at + prefix.length() > length) {
      return false;
    }
    for (int k = 0; k < prefix.length(); k++) {
      if (text[at + k] != prefix.charAt(k)) {
        return false;
      }
    }
    return true;
  }

  private static boolean isQuoteOrSpace(char c) {
    return c == ' ' || c == '"' || c == '\'' || c == '`' || c == '\t' || c == '=' || c == ':';
  }

  private static boolean isOfName(char c) {
    return TextScan.isLetter(c) || c == '_' || c == '-' || c == ' ';
  }

  private static boolean isOfValue(char c) {
    return c > ' ' && c != '"' && c != '\'' && c != '`' && c != ',' && c != ';' && c != ')';
  }
}
