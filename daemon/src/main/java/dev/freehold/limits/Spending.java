package dev.freehold.limits;

import dev.freehold.limits.BudgetCalendar.Period;

/**
 * What one owner has spent in the current day and month, reserved amounts included. Not
 * thread-safe.
 */
final class Spending {

  private long day = Long.MIN_VALUE;
  private long dayMicros;
  private long month = Long.MIN_VALUE;
  private long monthMicros;

  long ofDay(Period period) {
    return day == period.day() ? dayMicros : 0;
  }

  long ofMonth(Period period) {
    return month == period.month() ? monthMicros : 0;
  }

  /** Counts an amount in the period that is current; another day or month begins with it. */
  void add(Period current, long dayAmount, long monthAmount) {
    dayMicros = ofDay(current) + dayAmount;
    day = current.day();
    monthMicros = ofMonth(current) + monthAmount;
    month = current.month();
  }

  /** Counts the difference of an amount added earlier, where its day or month still runs. */
  void correct(Period then, long difference) {
    if (day == then.day()) {
      dayMicros += difference;
    }
    if (month == then.month()) {
      monthMicros += difference;
    }
  }

  void clear() {
    day = Long.MIN_VALUE;
    month = Long.MIN_VALUE;
    dayMicros = 0;
    monthMicros = 0;
  }
}
