package dev.freehold.limits;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.temporal.ChronoField;

/**
 * The days and months that budgets are for, in the box's time zone: a day is 23, 24 or 25 hours
 * long, or starts after midnight, as the zone has it.
 *
 * <p>A clock that is set back by less than a day does not bring back a day that has ended, since
 * what was spent on it is no longer known here. Not thread-safe.
 */
final class BudgetCalendar {

  private static final Duration SET_BACK_MAX = Duration.ofDays(1);

  private final ZoneId zone;
  private Period current;

  BudgetCalendar(ZoneId zone, Instant now) {
    this.zone = zone;
    this.current = of(now);
  }

  /** One day, and the month it is in. */
  record Period(
      LocalDate date,
      long month,
      Instant start,
      Instant end,
      Instant monthStart,
      Instant monthEnd) {

    long day() {
      return date.toEpochDay();
    }
  }

  /** The day that a request of that time is charged to. */
  Period at(Instant instant) {
    boolean before = instant.isBefore(current.start());
    boolean setBack = before && instant.plus(SET_BACK_MAX).isAfter(current.start());
    if (!setBack && (before || !instant.isBefore(current.end()))) {
      current = of(instant);
    }
    return current;
  }

  private Period of(Instant instant) {
    LocalDate date = instant.atZone(zone).toLocalDate();
    LocalDate first = date.withDayOfMonth(1);
    return new Period(
        date,
        date.getLong(ChronoField.PROLEPTIC_MONTH),
        date.atStartOfDay(zone).toInstant(),
        date.plusDays(1).atStartOfDay(zone).toInstant(),
        first.atStartOfDay(zone).toInstant(),
        first.plusMonths(1).atStartOfDay(zone).toInstant());
  }
}
