package dev.freehold.detection;

import dev.freehold.bundle.policy.PersonalData;

/**
 * Telephone numbers in the ways that people write them. Which digits are one is known to {@link
 * PhoneNumbers}; here is what a date, a zip code or an alphabet of digits would be taken for.
 */
final class WrittenPhones {

  private static final int DIGITS_MIN = 8;
  private static final int DIGITS_MAX = 15;
  private static final int NATIONAL_DIGITS_MIN = 9;
  private static final int NATIONAL_DIGITS_MAX = 12;

  private final DigitGroups groups;
  private final PersonalDataDetector.Found found;
  private final PhoneNumbers phones;

  WrittenPhones(DigitGroups groups, PersonalDataDetector.Found found, PhoneNumbers phones) {
    this.groups = groups;
    this.found = found;
    this.phones = phones;
  }

  /** Looks for one whose first group this is. */
  void at(int first) {
    if (groups.hasPlus() && first == 0) {
      international(first, 0);
      return;
    }
    boolean zero = groups.digit(first, 0) == '0';
    if (!groups.isHead(first) || isDate(first)) {
      return;
    }
    if (zero && groups.size(first) > 1) {
      if (groups.digit(first, 1) != '0') {
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
    for (int last = first; last < groups.count(); last++) {
      boolean bracketedZero =
          groups.isBracketed(last) && groups.size(last) == 1 && groups.digit(last, 0) == '0';
      if (!bracketedZero) {
        groups.append(last, digits);
      }
      int size = digits.length() - skipped;
      if (size > DIGITS_MAX) {
        return;
      }
      if (size >= DIGITS_MIN
          && groups.endsFree(last)
          && found.mayCheck()
          && phones.isInternational(digits.substring(skipped))) {
        found.add(PersonalData.PHONE);
        return;
      }
    }
  }

  private void national(int first) {
    StringBuilder digits = new StringBuilder();
    for (int last = first; last < groups.count(); last++) {
      if (last > first && groups.size(last) < 2) {
        return;
      }
      groups.append(last, digits);
      if (digits.length() > NATIONAL_DIGITS_MAX) {
        return;
      }
      if (digits.length() >= NATIONAL_DIGITS_MIN
          && groups.endsFree(last)
          && found.mayCheck()
          && isNational(digits.toString(), first, last)) {
        found.add(PersonalData.PHONE);
        return;
      }
    }
  }

  private boolean isNational(String digits, int first, int last) {
    if (digits.startsWith("012345678")) {
      return false; // An alphabet of digits, as programs have it, is no number in France.
    }
    boolean zip = // "Boston, MA 02110-1301" is in the head of every file under the GPL.
        last == first + 1 && groups.size(first) == 5 && groups.size(last) == 4;
    if (zip && groups.separator(last) == '-' && !groups.isSaid(first, Context.PHONE)) {
      return false;
    }
    return (last > first || groups.isSaid(first, Context.PHONE))
        ? phones.isNational(digits)
        : phones.isNationalForSure(digits);
  }

  /** "(212) 555-0123", "212-555-0123", "212.555.0123" */
  private void american(int first) {
    int last = first + 2;
    if (last < groups.count()
        && groups.size(first) == 3
        && groups.size(first + 1) == 3
        && groups.size(last) == 4
        && groups.separator(last) != ' '
        && groups.separator(last) != '/'
        && (groups.isBracketed(first) || groups.separator(first + 1) == groups.separator(last))
        && groups.endsFree(last)
        && found.mayCheck()
        && phones.isOfUnitedStates(groups.digits(first, last))) {
      found.add(PersonalData.PHONE);
    }
  }

  /** Any other form counts only after a word like "phone". */
  private void bySaying(int first) {
    StringBuilder digits = new StringBuilder();
    boolean said = false;
    for (int last = first; last < groups.count(); last++) {
      groups.append(last, digits);
      if (digits.length() > NATIONAL_DIGITS_MAX) {
        return;
      }
      if (digits.length() >= DIGITS_MIN && groups.endsFree(last)) {
        said = said || groups.isSaid(first, Context.PHONE);
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
    if (last >= groups.count()
        || groups.separator(first + 1) != groups.separator(last)
        || groups.separator(last) == ' ') {
      return false;
    }
    int head = groups.size(first);
    int tail = groups.size(last);
    int year = head == 4 ? first : tail == 4 ? last : -1;
    int day = head == 4 ? last : first;
    return year >= 0
        && (groups.digit(year, 0) == '1' || groups.digit(year, 0) == '2')
        && isAtMost(first + 1, 31)
        && isAtMost(day, 31);
  }

  private boolean isAtMost(int group, int most) {
    return groups.size(group) <= 2 && Integer.parseInt(groups.digits(group, group)) <= most;
  }
}
