package dev.freehold.detection;

import com.google.i18n.phonenumbers.NumberParseException;
import com.google.i18n.phonenumbers.PhoneNumberUtil;
import java.util.List;

/**
 * Whether digits are a telephone number somewhere, by libphonenumber's numbering plans.
 * International forms are known of every country, national ones of those listed here.
 */
final class PhoneNumbers {

  /** Countries whose national numbers begin with a zero, and those whose do not. */
  private static final List<String> TRUNK = List.of("CH", "FR", "IT", "GB", "NL", "BE", "DE", "AT");

  /** Where almost any digits after the zero are a number: too many to say so without a context. */
  private static final List<String> TRUNK_LOOSE = List.of("DE", "AT");

  private static final List<String> PLAIN = List.of("ES", "PL", "IT", "US", "PT", "DK", "LU", "LI");

  private final PhoneNumberUtil plans = PhoneNumberUtil.getInstance();

  /** Loads the plans of the countries above. */
  void warm() {
    isNational("0441234567");
    isPlain("612345678");
  }

  /** With the country's code, after the "+". */
  boolean isInternational(String digits) {
    return isValid("+" + digits, null);
  }

  /** With the zero that stands for the way out of the area. */
  boolean isNational(String digits) {
    return TRUNK.stream().anyMatch(region -> isValid(digits, region));
  }

  /** As {@link #isNational}, for digits written as one run and without any context. */
  boolean isNationalForSure(String digits) {
    return isMobileOfGermany(digits)
        || TRUNK.stream()
            .anyMatch(region -> !TRUNK_LOOSE.contains(region) && isValid(digits, region));
  }

  /** Without a zero; only where something else says that it is a telephone number. */
  boolean isPlain(String digits) {
    return PLAIN.stream().anyMatch(region -> isValid(digits, region));
  }

  boolean isOfUnitedStates(String digits) {
    return isValid(digits, "US");
  }

  private boolean isMobileOfGermany(String digits) {
    return (digits.startsWith("015") || digits.startsWith("016") || digits.startsWith("017"))
        && isValid(digits, "DE");
  }

  private boolean isValid(String digits, String region) {
    try {
      var number = plans.parse(digits, region);
      return region == null
          ? plans.isValidNumber(number)
          : plans.isValidNumberForRegion(number, region);
    } catch (NumberParseException _) {
      return false;
    }
  }
}
