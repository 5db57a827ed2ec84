package dev.freehold.detection;

import dev.freehold.bundle.policy.PersonalData;
import org.apache.commons.validator.routines.CreditCardValidator;
import org.apache.commons.validator.routines.CreditCardValidator.CreditCardRange;

/**
 * A sequence of groups of digits, as cards, telephones and national numbers are written: groups
 * with at most three separators between them, all on one line. A number may begin at any group of
 * the sequence, for the columns of a table look the same.
 */
final class DigitGroups {

  private static final int GROUPS_MAX = 24;
  private static final int SEPARATORS_MAX = 3;

  /** No number that is looked for has more groups. */
  private static final int SHAPE_GROUPS_MAX = 7;

  private static final int PHONE_DIGITS_MIN = 8;
  private static final int PHONE_DIGITS_MAX = 15;
  private static final int NATIONAL_PHONE_DIGITS_MIN = 9;
  private static final int NATIONAL_PHONE_DIGITS_MAX = 12;

  /** Issuers by their first digits (ISO/IEC 7812); the Luhn digit is checked as well. */
  private static final CreditCardValidator CARDS =
      new CreditCardValidator(
          new CreditCardRange[] {
            new CreditCardRange("4", null, 16, 16), // Visa
            new CreditCardRange("51", "55", 16, 16), // Mastercard
            new CreditCardRange("2221", "2720", 16, 16),
            new CreditCardRange("34", null, 15, 15), // American Express
            new CreditCardRange("37", null, 15, 15),
            new CreditCardRange("300", "305", 14, 14), // Diners Club
            new CreditCardRange("36", null, 14, 14),
            new CreditCardRange("38", "39", 14, 14),
            new CreditCardRange("6011", null, 16, 16), // Discover
            new CreditCardRange("644", "659", 16, 16),
            new CreditCardRange("3528", "3589", 16, 16), // JCB
            new CreditCardRange("62", null, 16, 19), // UnionPay
            new CreditCardRange("5018", null, 16, 19), // Maestro
            new CreditCardRange("5020", null, 16, 19),
            new CreditCardRange("5038", null, 16, 19),
            new CreditCardRange("5893", null, 16, 19),
            new CreditCardRange("6304", null, 16, 19),
            new CreditCardRange("6759", "6763", 16, 19),
          });

  private final char[] text;
  private final int length;
  private final PersonalDataDetector.Found found;
  private final PhoneNumbers phones;

  private final int[] starts = new int[GROUPS_MAX];
  private final int[] ends = new int[GROUPS_MAX];

  /** What stands before each group: the first sign that is no space or bracket, else a space. */
  private final char[] separators = new char[GROUPS_MAX];

  private final boolean[] opened = new boolean[GROUPS_MAX];
  private int count;
  private boolean plus;

  DigitGroups(char[] text, int length, PersonalDataDetector.Found found, PhoneNumbers phones) {
    this.text = text;
    this.length = length;
    this.found = found;
    this.phones = phones;
  }

  /** Reads the sequence that begins here, at a digit, a "+" or a "(", and says where to go on. */
  int from(int start) {
    int next = collect(start);
    for (int first = 0; first < count; first++) {
      shapes(first);
      if (found.lacks(PersonalData.PHONE)) {
        phone(first);
      }
    }
    return Math.max(next, start + 1);
  }

  private int collect(int start) {
    count = 0;
    plus = false;
    int i = start;
    int last = start;
    while (count < GROUPS_MAX) {
      char separator = 0;
      boolean open = false;
      int from = i;
      while (i < length && i - from <= SEPARATORS_MAX && isSeparator(text[i], i)) {
        open |= text[i] == '(';
        plus |= text[i] == '+';
        if (separator == 0 || separator == ' ') {
          separator = text[i] == '(' || text[i] == ')' ? ' ' : text[i];
        }
        i++;
      }
      int digits = i;
      while (i < length && TextScan.isDigit(text[i])) {
        i++;
      }
      boolean ofWord = i < length && TextScan.isWord(text[i]);
      if (i == digits || ofWord) {
        break;
      }
      starts[count] = digits;
      ends[count] = i;
      separators[count] = count == 0 ? 0 : separator;
      opened[count] = open;
      count++;
      last = i;
    }
    return last;
  }

  /** A "+" separates nothing: it may only begin the sequence. */
  private boolean isSeparator(char c, int at) {
    return c == ' '
        || c == '-'
        || c == '.'
        || c == '/'
        || c == '('
        || c == ')'
        || (c == '+' && count == 0 && (at == 0 || !TextScan.isWord(text[at - 1])));
  }

  /** Tries the numbers whose first group this is, one written form after the other. */
  private void shapes(int first) {
    int shape = 0;
    for (int last = first; last < count && last - first < SHAPE_GROUPS_MAX; last++) {
      int size = ends[last] - starts[last];
      if (size > 15) {
        if (last == first && size <= 19 && isFree(first, last)) {
          card(first, last);
        }
        return;
      }
      shape = shape << 4 | size;
      boolean letterMayFollow = shape == 0x8 || shape == 0x233;
      if (isNumberShape(shape) && isHead(first) && (letterMayFollow || endsFree(last))) {
        number(shape, first, last);
      }
    }
  }

  private static boolean isNumberShape(int shape) {
    return switch (shape) {
      case 0x8, 0x9, 0xA, 0xB, 0xD, 0xE, 0xF -> true;
      case 0x46, 0xD2, 0x233, 0x324, 0x333, 0x334, 0x423, 0x464, 0x465, 0x632 -> true;
      case 0x2333, 0x3442, 0x4222, 0x4444, 0x1111 -> true;
      case 0x22232, 0x44443, 0x122233, 0x1222332 -> true;
      default -> isAddressShape(shape);
    };
  }

  private static boolean isAddressShape(int shape) {
    return shape >= 0x1111
        && shape <= 0x3333
        && (shape & 0xF) <= 3
        && (shape >> 4 & 0xF) <= 3
        && (shape >> 8 & 0xF) <= 3;
  }

  /** The shape's hexadecimal digits are the lengths of the groups. */
  private void number(int shape, int first, int last) {
    if (isAddressShape(shape)) {
      address(first);
    }
    if (!found.lacks(PersonalData.NATIONAL_ID) && !found.lacks(PersonalData.CARD)) {
      return;
    }
    switch (shape) {
      case 0xE, 0x464, 0x465, 0x4444, 0x44443 -> card(first, last);
      case 0xF -> {
        card(first, last);
        national(NationalIds.isFrenchNir(digits(first, last)));
      }
      default -> {
        if (found.lacks(PersonalData.NATIONAL_ID)) {
          national(isNational(shape, digits(first, last), first, last));
        }
      }
    }
  }

  private boolean isNational(int shape, String digits, int first, int last) {
    int at = starts[first];
    return switch (shape) {
      case 0xD -> NationalIds.isSwissAhv(digits) || isNirBySaying(digits, at);
      case 0x3442 -> NationalIds.isSwissAhv(digits);
      case 0xB ->
          NationalIds.isGermanTaxId(digits)
              || NationalIds.isBelgianRegister(digits)
              || NationalIds.isPolishPesel(digits);
      case 0x2333 -> NationalIds.isGermanTaxId(digits);
      case 0x22232, 0x632 -> NationalIds.isBelgianRegister(digits);
      case 0xD2, 0x1222332 -> NationalIds.isFrenchNir(digits);
      case 0x122233 -> isNirBySaying(digits, at);
      case 0x46, 0x4222 -> isEvenly(first, last) && NationalIds.isAustrianSvnr(digits);
      case 0xA ->
          (NationalIds.isAustrianSvnr(digits) && Context.before(text, at, Context.AT_SVNR))
              || (NationalIds.isNhsNumber(digits) && Context.before(text, at, Context.UK_NHS));
      case 0x334 -> NationalIds.isNhsNumber(digits) && Context.before(text, at, Context.UK_NHS);
      case 0x9, 0x333, 0x423 ->
          (NationalIds.isDutchBsn(digits) && Context.before(text, at, Context.NL_BSN))
              || (NationalIds.isSsn(digits) && Context.before(text, at, Context.US_SSN));
      case 0x324 ->
          NationalIds.isSsn(digits)
              && ((separators[first + 1] == '-' && separators[last] == '-')
                  || Context.before(text, at, Context.US_SSN));
      case 0x8, 0x233 -> isDniWithLetterApart(digits, first, last);
      default -> false;
    };
  }

  private boolean isNirBySaying(String digits, int at) {
    return NationalIds.isFrenchNir(digits) && Context.before(text, at, Context.FR_NIR);
  }

  /** "12345678-Z", "12.345.678 Z" */
  private boolean isDniWithLetterApart(String digits, int first, int last) {
    int at = ends[last];
    return at + 1 < length
        && (text[at] == '-' || text[at] == ' ')
        && (at + 2 == length || !TextScan.isWord(text[at + 2]))
        && NationalIds.isSpanishDni(digits, text[at + 1])
        && (text[at] == '-' || Context.before(text, starts[first], Context.ES_DNI));
  }

  private void national(boolean is) {
    if (is) {
      found.add(PersonalData.NATIONAL_ID);
    }
  }

  private void card(int first, int last) {
    if (found.lacks(PersonalData.CARD)
        && isEvenly(first, last)
        && found.mayCheck()
        && CARDS.isValid(digits(first, last))) {
      found.add(PersonalData.CARD);
    }
  }

  /** An IPv4 address that may be somebody's: not this machine, a mask, or one of the examples. */
  private void address(int first) {
    int last = first + 3;
    if (!found.lacks(PersonalData.IP_ADDRESS)
        || separators[first + 1] != '.'
        || separators[first + 2] != '.'
        || separators[last] != '.'
        || ends[last] - starts[first] > 15) {
      return;
    }
    int[] bytes = new int[4];
    for (int k = 0; k < 4; k++) {
      bytes[k] = Integer.parseInt(digits(first + k, first + k));
      boolean padded = ends[first + k] - starts[first + k] > 1 && text[starts[first + k]] == '0';
      if (bytes[k] > 255 || padded) {
        return;
      }
    }
    int three = bytes[0] << 16 | bytes[1] << 8 | bytes[2];
    boolean nobody =
        bytes[0] == 0
            || bytes[0] == 127
            || bytes[0] == 255
            || three == 0xC00002 // 192.0.2.0/24, RFC 5737
            || three == 0xC63364 // 198.51.100.0/24
            || three == 0xCB0071; // 203.0.113.0/24
    if (!nobody && !Context.before(text, starts[first], Context.VERSION, 12)) {
      found.add(PersonalData.IP_ADDRESS);
    }
  }

  private void phone(int first) {
    if (plus && first == 0) {
      international(first, 0);
      return;
    }
    boolean zero = text[starts[first]] == '0';
    if (!isHead(first) || isDate(first)) {
      return;
    }
    if (zero && ends[first] - starts[first] > 1) {
      if (text[starts[first] + 1] != '0') {
        national(first);
      } else {
        international(first, 2);
      }
      return;
    }
    american(first);
    if (first == 0 && found.lacks(PersonalData.PHONE)) {
      bySaying(first);
    }
  }

  /** After a "+" or after "00": tried at the end of each group, for a date may follow. */
  private void international(int first, int skipped) {
    StringBuilder digits = new StringBuilder();
    for (int last = first; last < count; last++) {
      boolean bracketedZero =
          opened[last] && ends[last] - starts[last] == 1 && text[starts[last]] == '0';
      if (!bracketedZero) {
        digits.append(text, starts[last], ends[last] - starts[last]);
      }
      int size = digits.length() - skipped;
      if (size > PHONE_DIGITS_MAX) {
        return;
      }
      if (size >= PHONE_DIGITS_MIN
          && endsFree(last)
          && found.mayCheck()
          && phones.isInternational(digits.substring(skipped))) {
        found.add(PersonalData.PHONE);
        return;
      }
    }
  }

  private void national(int first) {
    StringBuilder digits = new StringBuilder();
    for (int last = first; last < count; last++) {
      if (last > first && ends[last] - starts[last] < 2) {
        return;
      }
      digits.append(text, starts[last], ends[last] - starts[last]);
      if (digits.length() > NATIONAL_PHONE_DIGITS_MAX) {
        return;
      }
      if (digits.length() >= NATIONAL_PHONE_DIGITS_MIN
          && endsFree(last)
          && found.mayCheck()
          && isNationalPhone(digits.toString(), first, last)) {
        found.add(PersonalData.PHONE);
        return;
      }
    }
  }

  private boolean isNationalPhone(String digits, int first, int last) {
    if (digits.startsWith("012345678")) {
      return false; // An alphabet of digits, as programs have it, is no number in France.
    }
    boolean zip = // "Boston, MA 02110-1301" is in the head of every file under the GPL.
        last == first + 1 && ends[first] - starts[first] == 5 && ends[last] - starts[last] == 4;
    if (zip && separators[last] == '-' && !Context.before(text, starts[first], Context.PHONE)) {
      return false;
    }
    return (last > first || Context.before(text, starts[first], Context.PHONE))
        ? phones.isNational(digits)
        : phones.isNationalForSure(digits);
  }

  /** "(212) 555-0123", "212-555-0123", "212.555.0123" */
  private void american(int first) {
    int last = first + 2;
    if (last < count
        && ends[first] - starts[first] == 3
        && ends[first + 1] - starts[first + 1] == 3
        && ends[last] - starts[last] == 4
        && separators[last] != ' '
        && separators[last] != '/'
        && (opened[first] || separators[first + 1] == separators[last])
        && endsFree(last)
        && found.mayCheck()
        && phones.isOfUnitedStates(digits(first, last))) {
      found.add(PersonalData.PHONE);
    }
  }

  /** Any other form counts only after a word like "phone". */
  private void bySaying(int first) {
    StringBuilder digits = new StringBuilder();
    boolean said = false;
    for (int last = first; last < count; last++) {
      digits.append(text, starts[last], ends[last] - starts[last]);
      if (digits.length() > NATIONAL_PHONE_DIGITS_MAX) {
        return;
      }
      if (digits.length() >= PHONE_DIGITS_MIN && endsFree(last)) {
        said = said || Context.before(text, starts[first], Context.PHONE);
        if (!said || !found.mayCheck()) {
          return;
        }
        String all = digits.toString();
        if (phones.isPlain(all) || phones.isInternational(all)) {
          found.add(PersonalData.PHONE);
          return;
        }
      }
    }
  }

  /** Whether the groups from first are a date, in any of the usual orders. */
  private boolean isDate(int first) {
    int last = first + 2;
    if (last >= count || separators[first + 1] != separators[last] || separators[last] == ' ') {
      return false;
    }
    int head = ends[first] - starts[first];
    int tail = ends[last] - starts[last];
    int year = head == 4 ? first : tail == 4 ? last : -1;
    int day = head == 4 ? last : first;
    return year >= 0
        && (text[starts[year]] == '1' || text[starts[year]] == '2')
        && isAtMost(first + 1, 31)
        && isAtMost(day, 31);
  }

  private boolean isAtMost(int group, int most) {
    return ends[group] - starts[group] <= 2 && Integer.parseInt(digits(group, group)) <= most;
  }

  /** All groups with the same separator between them. */
  private boolean isEvenly(int first, int last) {
    for (int k = first + 2; k <= last; k++) {
      if (separators[k] != separators[first + 1]) {
        return false;
      }
    }
    return true;
  }

  private boolean isFree(int first, int last) {
    return isHead(first) && endsFree(last);
  }

  /** Whether a number may begin here: not inside a decimal, a date or a longer name. */
  private boolean isHead(int first) {
    if (first > 0) {
      return separators[first] == ' ';
    }
    int start = starts[0];
    char before = start > 0 ? text[start - 1] : ' ';
    char earlier = start > 1 ? text[start - 2] : ' ';
    if (before == '.' || before == ',' || before == '\'') {
      return !TextScan.isDigit(earlier);
    }
    return (before != '-' && before != '_' && before != '/') || !isNameWithDigit(start - 2);
  }

  private boolean isNameWithDigit(int end) {
    for (int k = end; k >= 0 && end - k < 16 && TextScan.isWord(text[k]); k--) {
      if (TextScan.isDigit(text[k])) {
        return true;
      }
    }
    return false;
  }

  private boolean endsFree(int last) {
    if (last + 1 < count) {
      return separators[last + 1] == ' ' || separators[last + 1] == '/';
    }
    int end = ends[last];
    if (end + 1 >= length || !TextScan.isWord(text[end + 1])) {
      return true;
    }
    return text[end] != '-'
        && text[end] != '_'
        && !(TextScan.isDigit(text[end + 1])
            && (text[end] == '.' || text[end] == ',' || text[end] == '\''));
  }

  private String digits(int first, int last) {
    if (first == last) {
      return new String(text, starts[first], ends[first] - starts[first]);
    }
    StringBuilder digits = new StringBuilder(20);
    for (int k = first; k <= last; k++) {
      digits.append(text, starts[k], ends[k] - starts[k]);
    }
    return digits.toString();
  }
}
