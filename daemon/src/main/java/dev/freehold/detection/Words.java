package dev.freehold.detection;

import dev.freehold.bundle.policy.PersonalData;
import java.util.Locale;
import org.apache.commons.validator.routines.IBANValidator;

/** Numbers that letters are part of: IBANs and some national identities. */
final class Words {

  private static final int IBAN_MAX = 34;
  private static final int IBAN_MIN = 15;

  private final char[] text;
  private final int length;
  private final PersonalDataDetector.Found found;

  Words(char[] text, int length, PersonalDataDetector.Found found) {
    this.text = text;
    this.length = length;
    this.found = found;
  }

  /** Looks at a word with a letter in it and returns where to go on. */
  int at(int start, int end, boolean hasDigit) {
    int size = end - start;
    if (hasDigit
        && size >= 4
        && TextScan.isDigit(text[start + 2])
        && TextScan.isDigit(text[start + 3])
        && isAsciiLetter(text[start])
        && isAsciiLetter(text[start + 1])) {
      int after = iban(start);
      if (after > 0) {
        return after;
      }
    }
    if (found.lacks(PersonalData.NATIONAL_ID)
        && (hasDigit ? isNationalId(start, size) : isNationalIdApart(start, end))) {
      found.add(PersonalData.NATIONAL_ID);
    }
    return end;
  }

  /** In one piece or in groups with single spaces or dashes between them. */
  private int iban(int start) {
    IBANValidator.Validator country =
        IBANValidator.DEFAULT_IBAN_VALIDATOR.getValidator(upper(start, start + 2));
    if (country == null) {
      return -1;
    }
    int after = start;
    StringBuilder compact = new StringBuilder(IBAN_MAX);
    while (after < length && compact.length() < country.getIbanLength()) {
      char c = text[after];
      if (c < 0x80 && TextScan.isWord(c)) {
        compact.append(c);
      } else if ((c != ' ' && c != '-')
          || after + 1 >= length
          || !TextScan.isWord(text[after + 1])) {
        return -1;
      }
      after++;
    }
    if (compact.length() < IBAN_MIN
        || compact.length() < country.getIbanLength()
        || (after < length && TextScan.isWord(text[after]))
        || !found.mayCheck()
        || !IBANValidator.DEFAULT_IBAN_VALIDATOR.isValid(
            compact.toString().toUpperCase(Locale.ROOT))) {
      return -1;
    }
    found.add(PersonalData.IBAN);
    return after;
  }

  private boolean isNationalId(int start, int size) {
    if (size == 2) {
      return isCorsicanApart(start);
    }
    if (size != 9 && size != 10 && size != 15 && size != 16) {
      return false;
    }
    String word = new String(text, start, size);
    String upper = upper(start, start + size);
    return switch (size) {
      case 9 ->
          isDniOrNie(word, upper, start) || isNino(word, upper, start) || isCard(upper, start);
      case 10 -> isCard(upper, start);
      case 15 -> isCorsican(upper);
      default -> NationalIds.isItalianFiscalCode(upper);
    };
  }

  private boolean isDniOrNie(String word, String upper, int start) {
    char last = upper.charAt(8);
    if (!upper.substring(1, 8).chars().allMatch(c -> c >= '0' && c <= '9')
        || !isAsciiLetter(last)) {
      return false;
    }
    boolean is =
        TextScan.isDigit(upper.charAt(0))
            ? NationalIds.isSpanishDni(upper.substring(0, 8), last)
            : NationalIds.isSpanishNie(upper.charAt(0), upper.substring(1, 8), last);
    // In small letters it may as well be hexadecimal.
    return is && (word.equals(upper) || Context.before(text, start, Context.ES_DNI));
  }

  private boolean isNino(String word, String upper, int start) {
    return NationalIds.isNino(upper)
        && (word.equals(upper) || Context.before(text, start, Context.UK_NINO));
  }

  private boolean isCard(String upper, int start) {
    return "CFGHJKLMNPRTVWXYZ".indexOf(upper.charAt(0)) >= 0
        && NationalIds.isGermanCard(upper)
        && Context.before(text, start, Context.DE_CARD);
  }

  /** "1 84 12 2A 451 089 46": the department's word tells; the groups before it stood alone. */
  private boolean isCorsicanApart(int start) {
    int first = start - 8;
    if (first < 0
        || text[start] != '2'
        || (text[start + 1] != 'A' && text[start + 1] != 'B')
        || (first > 0 && TextScan.isWord(text[first - 1]))) {
      return false;
    }
    String compact = compact(first, 15, ' ');
    return compact != null && isCorsican(compact);
  }

  private static boolean isCorsican(String upper) {
    return (upper.startsWith("2A", 5) || upper.startsWith("2B", 5))
        && NationalIds.isFrenchNir(upper);
  }

  /** "AB 12 34 56 C", "X-1234567-L", "RSS MRA 85T10 A562S" */
  private boolean isNationalIdApart(int start, int end) {
    if (end - start > 3 || end + 1 >= length || !isUpper(text[start])) {
      return false;
    }
    return switch (end - start) {
      case 1 -> text[start] >= 'X' && text[end] == '-' && isNieApart(start);
      case 2 -> text[end] == ' ' && TextScan.isDigit(text[end + 1]) && isNinoApart(start);
      default -> text[end] == ' ' && isUpper(text[end + 1]) && isFiscalCodeApart(start);
    };
  }

  private boolean isNieApart(int start) {
    String compact = compact(start, 9, '-');
    return compact != null
        && compact.substring(1, 8).chars().allMatch(c -> c >= '0' && c <= '9')
        && NationalIds.isSpanishNie(compact.charAt(0), compact.substring(1, 8), compact.charAt(8));
  }

  private boolean isNinoApart(int start) {
    String compact = compact(start, 9, ' ');
    return compact != null && NationalIds.isNino(compact);
  }

  private boolean isFiscalCodeApart(int start) {
    String compact = compact(start, 16, ' ');
    return compact != null && NationalIds.isItalianFiscalCode(compact);
  }

  /** So many letters and digits from here, single separators left out; null if there are not. */
  private String compact(int start, int size, char separator) {
    StringBuilder compact = new StringBuilder(size);
    int at = start;
    while (at < length && compact.length() < size) {
      char c = text[at];
      if (c < 0x80 && TextScan.isWord(c)) {
        compact.append(c);
      } else if (c != separator || at == start || text[at - 1] == separator) {
        return null;
      }
      at++;
    }
    return compact.length() == size && (at == length || !TextScan.isWord(text[at]))
        ? compact.toString()
        : null;
  }

  private String upper(int from, int to) {
    return new String(text, from, to - from).toUpperCase(Locale.ROOT);
  }

  private static boolean isUpper(char c) {
    return c >= 'A' && c <= 'Z';
  }

  private static boolean isAsciiLetter(char c) {
    return c < 0x80 && TextScan.isLetter(c);
  }
}
