package dev.freehold.limits;

/**
 * What one owner of limits, a group, a client or a provider, uses. Everything is counted whether a
 * limit stands on it or not, so that a limit published later is right from its first request. Not
 * thread-safe: {@link Limits} holds its lock around every use.
 */
final class Account {

  final SlidingWindow requests = new SlidingWindow();
  final SlidingWindow tokens = new SlidingWindow();
  final Spending spending = new Spending();
  int streams;

  /** Whether nothing would be gained by someone whose account is forgotten. */
  boolean isForgettable(long now, BudgetCalendar.Period period) {
    return streams == 0
        && requests.used(now) == 0
        && tokens.used(now) == 0
        && spending.ofMonth(period) == 0;
  }
}
