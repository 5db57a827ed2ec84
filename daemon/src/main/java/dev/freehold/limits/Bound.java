package dev.freehold.limits;

import dev.freehold.bundle.policy.Budget;
import dev.freehold.bundle.policy.Limits;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The limits and the budget that an account is under, and whose they are.
 *
 * @param who as a message names it, such as {@code Group 'everyone'}
 */
record Bound(String who, Account account, Limits limits, Budget budget) {

  /** A running request ends when it ends: nobody knows when, so the next try is soon. */
  private static final Duration STREAM_WAIT = Duration.ofSeconds(1);

  private static final BigDecimal MICROS_PER_UNIT = BigDecimal.valueOf(1_000_000);

  /**
   * What stands in the way of a request.
   *
   * @param message a sentence for whoever asked
   * @param after how long it no longer does; empty if waiting never helps
   */
  record Obstacle(String message, Optional<Duration> after) {

    /** The one that stands longest. */
    static Optional<Obstacle> longest(List<Obstacle> obstacles) {
      Obstacle longest = null;
      for (Obstacle obstacle : obstacles) {
        if (obstacle.after.isEmpty()) {
          return Optional.of(obstacle);
        }
        if (longest == null || obstacle.after.get().compareTo(longest.after.get()) > 0) {
          longest = obstacle;
        }
      }
      return Optional.ofNullable(longest);
    }
  }

  /** Adds what stands in the way of one more request that may take so many tokens. */
  void judge(Estimate estimate, long now, List<Obstacle> obstacles) {
    if (limits.requestsPerMinute().isPresent()) {
      int limit = limits.requestsPerMinute().getAsInt();
      long wait = account.requests.waitNanos(1, limit, now);
      if (wait > 0) {
        obstacles.add(
            obstacle(
                "%s may begin %d requests in a minute and has begun %d"
                    .formatted(who, limit, account.requests.used(now)),
                wait));
      }
    }
    if (limits.tokensPerMinute().isPresent()) {
      int limit = limits.tokensPerMinute().getAsInt();
      long wait = account.tokens.waitNanos(estimate.totalTokens(), limit, now);
      if (wait == SlidingWindow.NEVER) {
        obstacles.add(tooLarge(estimate, limit));
      } else if (wait > 0) {
        obstacles.add(
            obstacle(
                ("%s may use %d tokens in a minute, %d are used or reserved, and this request may"
                        + " take %d")
                    .formatted(who, limit, account.tokens.used(now), estimate.totalTokens()),
                wait));
      }
    }
    OptionalInt streams = limits.streams();
    if (streams.isPresent() && account.streams >= streams.getAsInt()) {
      obstacles.add(
          new Obstacle(
              "%s may have %d requests running at once and has %d: try again when one has ended."
                  .formatted(who, streams.getAsInt(), account.streams),
              streams.getAsInt() == 0 ? Optional.empty() : Optional.of(STREAM_WAIT)));
    }
  }

  /** Adds what stands in the way of a cost at that time. */
  void judge(Cost cost, BudgetCalendar.Period period, Instant at, List<Obstacle> obstacles) {
    if (cost.micros() == 0) {
      // What is free is no matter of a budget: the box's own engine serves on.
      return;
    }
    budget
        .day()
        .ifPresent(
            most ->
                judge(cost, most, account.spending.ofDay(period), "day", at, period.end())
                    .ifPresent(obstacles::add));
    budget
        .month()
        .ifPresent(
            most ->
                judge(cost, most, account.spending.ofMonth(period), "month", at, period.monthEnd())
                    .ifPresent(obstacles::add));
  }

  private Optional<Obstacle> judge(
      Cost cost, BigDecimal most, long spent, String span, Instant at, Instant end) {
    // Micros that are not whole are the budget's: it is never exceeded.
    long budgetMicros = most.multiply(MICROS_PER_UNIT).longValue();
    if (spent + cost.micros() <= budgetMicros) {
      return Optional.empty();
    }
    String currency = cost.currency().orElse("");
    if (cost.micros() > budgetMicros) {
      return Optional.of(
          new Obstacle(
              "%s may spend %s %s in a %s, and this request may cost %s."
                  .formatted(who, Cost.text(budgetMicros), currency, span, cost),
              Optional.empty()));
    }
    Duration wait = Duration.between(at, end);
    return Optional.of(
        new Obstacle(
            ("%s may spend %s %s in a %s, %s are spent or reserved, and this request may cost %s:"
                    + " the next %s begins in %s.")
                .formatted(
                    who,
                    Cost.text(budgetMicros),
                    currency,
                    span,
                    Cost.text(spent),
                    cost,
                    span,
                    RateStatus.text(wait)),
            Optional.of(wait)));
  }

  private Obstacle tooLarge(Estimate estimate, int limit) {
    return new Obstacle(
        ("%s may use %d tokens in a minute, and this request alone may take %d (%d of the prompt,"
                + " up to %d of the answer): send a shorter prompt or ask for a shorter answer.")
            .formatted(
                who,
                limit,
                estimate.totalTokens(),
                estimate.promptTokens(),
                estimate.completionTokens()),
        Optional.empty());
  }

  private static Obstacle obstacle(String what, long waitNanos) {
    if (waitNanos == SlidingWindow.NEVER) {
      return new Obstacle(what + ".", Optional.empty());
    }
    Duration wait = Duration.ofNanos(waitNanos);
    return new Obstacle(
        "%s: try again in %s.".formatted(what, RateStatus.text(wait)), Optional.of(wait));
  }

  Optional<RateStatus.Rate> requestRate(long now) {
    return rate(limits.requestsPerMinute(), account.requests, now);
  }

  Optional<RateStatus.Rate> tokenRate(long now) {
    return rate(limits.tokensPerMinute(), account.tokens, now);
  }

  private static Optional<RateStatus.Rate> rate(OptionalInt limit, SlidingWindow window, long now) {
    if (limit.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new RateStatus.Rate(
            limit.getAsInt(),
            Math.max(0, limit.getAsInt() - window.used(now)),
            Duration.ofNanos(window.resetNanos(now))));
  }
}
