package dev.freehold.detection;

import org.apache.commons.validator.routines.checkdigit.EAN13CheckDigit;

/**
 * The check digits of national identity, tax and insurance numbers. Each takes the bare characters
 * of the right count.
 */
final class NationalIds {

  private static final String DNI_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE";
  private static final int[] FISCAL_ODD = {
    1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23
  };

  private NationalIds() {}

  /** Switzerland, AHV/AVS number: 756 and the check digit of EAN-13 (eCH-0044). */
  static boolean isSwissAhv(String digits) {
    return digits.startsWith("756") && EAN13CheckDigit.EAN13_CHECK_DIGIT.isValid(digits);
  }

  /**
   * Germany, Steuer-Identifikationsnummer (§ 139b AO): ISO 7064 mod 11,10; of the first ten digits
   * exactly one stands twice or three times, the others once.
   */
  static boolean isGermanTaxId(String digits) {
    int[] counts = new int[10];
    int product = 10;
    for (int k = 0; k < 10; k++) {
      int digit = digits.charAt(k) - '0';
      counts[digit]++;
      int sum = (digit + product) % 10;
      product = (sum == 0 ? 10 : sum) * 2 % 11;
    }
    int repeated = 0;
    for (int count : counts) {
      if (count > 3) {
        return false;
      }
      repeated += count > 1 ? 1 : 0;
    }
    return digits.charAt(0) != '0'
        && repeated == 1
        && (11 - product) % 10 == digits.charAt(10) - '0';
  }

  /**
   * Germany, the number of an identity card or passport: nine characters and perhaps the check
   * digit of ICAO Doc 9303, part 3, section 4.9.
   */
  static boolean isGermanCard(String text) {
    if (text.length() != 9 && text.length() != 10) {
      return false;
    }
    int sum = 0;
    for (int k = 0; k < 9; k++) {
      char c = text.charAt(k);
      boolean digit = TextScan.isDigit(c);
      if (!digit && "CFGHJKLMNPRTVWXYZ".indexOf(c) < 0) {
        return false;
      }
      sum += (digit ? c - '0' : c - 'A' + 10) * (k % 3 == 0 ? 7 : k % 3 == 1 ? 3 : 1);
    }
    return text.length() == 9 || sum % 10 == text.charAt(9) - '0';
  }

  /**
   * France, NIR (décret 82-103): sex, year, month, department, the key is 97 less the rest of the
   * first 13 by 97; 2A and 2B of Corsica count as 19 and 18.
   *
   * @param text 13 characters without the key, or 15 with it
   */
  static boolean isFrenchNir(String text) {
    char sex = text.charAt(0);
    String plain = text.replace("2A", "19").replace("2B", "18");
    if (sex < '1' || sex > '4' || !plain.chars().allMatch(c -> c >= '0' && c <= '9')) {
      return false;
    }
    int month = Integer.parseInt(plain, 3, 5, 10);
    boolean known = (month >= 1 && month <= 12) || (month >= 20 && month <= 42) || month >= 50;
    return known
        && (plain.length() == 13
            || Long.parseLong(plain, 0, 13, 10) % 97 + Integer.parseInt(plain, 13, 15, 10) == 97);
  }

  /** Italy, codice fiscale of a person (D.M. 23 dicembre 1976), with the letters of omocodia. */
  static boolean isItalianFiscalCode(String text) {
    int sum = 0;
    for (int k = 0; k < 16; k++) {
      char c = text.charAt(k);
      boolean digit = TextScan.isDigit(c);
      boolean number = k == 6 || k == 7 || k == 9 || k == 10 || (k >= 12 && k <= 14);
      if (number ? !digit && "LMNPQRSTUV".indexOf(c) < 0 : c < 'A' || c > 'Z') {
        return false;
      }
      int value = digit ? c - '0' : c - 'A';
      if (k == 8 && "ABCDEHLMPRST".indexOf(c) < 0) {
        return false;
      }
      if (k == 15) {
        return sum % 26 == value;
      }
      sum += k % 2 == 0 ? FISCAL_ODD[value] : value;
    }
    return false;
  }

  /** Spain, DNI: eight digits, the letter is their rest by 23 (Real Decreto 1553/2005). */
  static boolean isSpanishDni(String digits, char letter) {
    return DNI_LETTERS.charAt(Integer.parseInt(digits) % 23) == letter;
  }

  /** Spain, NIE: X, Y or Z stands for 0, 1 or 2. */
  static boolean isSpanishNie(char first, String digits, char letter) {
    return first >= 'X'
        && first <= 'Z'
        && isSpanishDni((char) (first - 'X' + '0') + digits, letter);
  }

  /** Austria, Sozialversicherungsnummer (§ 31 ASVG): the fourth digit checks, then the birthday. */
  static boolean isAustrianSvnr(String digits) {
    int[] weights = {3, 7, 9, 0, 5, 8, 4, 2, 1, 6};
    return digits.charAt(0) != '0'
        && isDate(digits, 4, 6, 15)
        && weighted(digits, weights) % 11 == digits.charAt(3) - '0';
  }

  /** The Netherlands, burgerservicenummer: the proof by eleven (Wabb). */
  static boolean isDutchBsn(String digits) {
    int sum = 0;
    for (int k = 0; k < 8; k++) {
      sum += (9 - k) * (digits.charAt(k) - '0');
    }
    return !digits.equals("000000000") && (sum - (digits.charAt(8) - '0')) % 11 == 0;
  }

  /** Belgium, national register number: the key is 97 less the rest; 2 in front since 2000. */
  static boolean isBelgianRegister(String digits) {
    long number = Long.parseLong(digits, 0, 9, 10);
    int key = Integer.parseInt(digits, 9, 11, 10);
    return digits.charAt(2) <= '5'
        && (97 - number % 97 == key || 97 - (2_000_000_000L + number) % 97 == key);
  }

  /** Poland, PESEL: the month tells the century. */
  static boolean isPolishPesel(String digits) {
    int[] weights = {1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1};
    int month = Integer.parseInt(digits, 2, 4, 10) % 20;
    int day = Integer.parseInt(digits, 4, 6, 10);
    return month >= 1
        && month <= 12
        && day >= 1
        && day <= 31
        && digits.charAt(2) <= '3'
        && weighted(digits, weights) % 10 == 0;
  }

  /** The United Kingdom, NHS number: modulus 11 (NHS Data Dictionary). */
  static boolean isNhsNumber(String digits) {
    int[] weights = {10, 9, 8, 7, 6, 5, 4, 3, 2, 1};
    return weighted(digits, weights) % 11 == 0;
  }

  /** The United Kingdom, national insurance number: no check digit (HMRC, NIM39110). */
  static boolean isNino(String text) {
    String prefix = text.substring(0, 2);
    return "ABCEGHJKLMNOPRSTWXYZ".indexOf(prefix.charAt(0)) >= 0
        && "ABCEGHJKLMNPRSTWXYZ".indexOf(prefix.charAt(1)) >= 0
        && !"BG GB NK KN TN NT ZZ".contains(prefix)
        && text.substring(2, 8).chars().allMatch(c -> c >= '0' && c <= '9')
        && text.charAt(8) >= 'A'
        && text.charAt(8) <= 'D';
  }

  /** The United States, social security number: no check digit (SSA, POMS RM 10201.035). */
  static boolean isSsn(String digits) {
    return !digits.startsWith("000")
        && !digits.startsWith("666")
        && digits.charAt(0) != '9'
        && !digits.startsWith("00", 3)
        && !digits.endsWith("0000");
  }

  private static int weighted(String digits, int[] weights) {
    int sum = 0;
    for (int k = 0; k < weights.length; k++) {
      sum += weights[k] * (digits.charAt(k) - '0');
    }
    return sum;
  }

  /** Day and month at two places; the Austrians count months on past 12 when numbers run out. */
  private static boolean isDate(String digits, int dayAt, int monthAt, int monthMax) {
    int day = Integer.parseInt(digits, dayAt, dayAt + 2, 10);
    int month = Integer.parseInt(digits, monthAt, monthAt + 2, 10);
    return day >= 1 && day <= 31 && month >= 1 && month <= monthMax;
  }
}
