package dev.freehold.detection;

import dev.freehold.bundle.policy.PersonalData;
import org.apache.commons.validator.routines.CreditCardValidator;
import org.apache.commons.validator.routines.CreditCardValidator.CreditCardRange;

/**
 * Cards, national numbers and IPv4 addresses, known by the lengths of their groups. A telephone
 * number may be written in any groups: see {@link WrittenPhones}.
 */
final class ShapedNumbers {

  /** No number that is looked for has more groups. */
  private static final int SHAPE_GROUPS_MAX = 7;

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
  private final DigitGroups groups;
  private final PersonalDataDetector.Found found;

  ShapedNumbers(char[] text, int length, DigitGroups groups, PersonalDataDetector.Found found) {
    this.text = text;
    this.length = length;
    this.groups = groups;
    this.found = found;
  }

  /** Tries the numbers whose first group this is, one written form after the other. */
  void at(int first) {
    int shape = 0;
    for (int last = first; last < groups.count() && last - first < SHAPE_GROUPS_MAX; last++) {
      int size = groups.size(last);
      if (size > 15) {
        if (last == first && size <= 19 && groups.isHead(first) && groups.endsFree(last)) {
          card(first, last);
        }
        return;
      }
      shape = shape << 4 | size;
      boolean letterMayFollow = shape == 0x8 || shape == 0x233;
      if (isNumberShape(shape)
          && groups.isHead(first)
          && (letterMayFollow || groups.endsFree(last))) {
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
        national(NationalIds.isFrenchNir(groups.digits(first, last)));
      }
      default -> {
        if (found.lacks(PersonalData.NATIONAL_ID)) {
          national(isNational(shape, groups.digits(first, last), first, last));
        }
      }
    }
  }

  private boolean isNational(int shape, String digits, int first, int last) {
    int at = groups.start(first);
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
      case 0x46, 0x4222 -> groups.isEvenly(first, last) && NationalIds.isAustrianSvnr(digits);
      case 0xA ->
          (NationalIds.isAustrianSvnr(digits) && Context.before(text, at, Context.AT_SVNR))
              || (NationalIds.isNhsNumber(digits) && Context.before(text, at, Context.UK_NHS));
      case 0x334 -> NationalIds.isNhsNumber(digits) && Context.before(text, at, Context.UK_NHS);
      case 0x9, 0x333, 0x423 ->
          (NationalIds.isDutchBsn(digits) && Context.before(text, at, Context.NL_BSN))
              || (NationalIds.isSsn(digits) && Context.before(text, at, Context.US_SSN));
      case 0x324 ->
          NationalIds.isSsn(digits)
              && ((groups.separator(first + 1) == '-' && groups.separator(last) == '-')
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
    int at = groups.end(last);
    return at + 1 < length
        && (text[at] == '-' || text[at] == ' ')
        && (at + 2 == length || !TextScan.isWord(text[at + 2]))
        && NationalIds.isSpanishDni(digits, text[at + 1])
        && (text[at] == '-' || groups.isSaid(first, Context.ES_DNI));
  }

  private void national(boolean is) {
    if (is) {
      found.add(PersonalData.NATIONAL_ID);
    }
  }

  private void card(int first, int last) {
    if (found.lacks(PersonalData.CARD)
        && groups.isEvenly(first, last)
        && found.mayCheck()
        && CARDS.isValid(groups.digits(first, last))) {
      found.add(PersonalData.CARD);
    }
  }

  /** An IPv4 address that may be somebody's: not this machine, a mask, or one of the examples. */
  private void address(int first) {
    int last = first + 3;
    if (!found.lacks(PersonalData.IP_ADDRESS)
        || groups.separator(first + 1) != '.'
        || groups.separator(first + 2) != '.'
        || groups.separator(last) != '.'
        || groups.end(last) - groups.start(first) > 15) {
      return;
    }
    int[] bytes = new int[4];
    for (int k = 0; k < 4; k++) {
      bytes[k] = Integer.parseInt(groups.digits(first + k, first + k));
      boolean padded = groups.size(first + k) > 1 && groups.digit(first + k, 0) == '0';
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
    if (!nobody && !Context.before(text, groups.start(first), Context.VERSION, 12)) {
      found.add(PersonalData.IP_ADDRESS);
    }
  }
}
