package dev.freehold.limits;

import dev.freehold.bundle.policy.ProviderSpec;
import dev.freehold.inference.Usage;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * What one request may use of its client's and its groups' limits, held from its admission to its
 * end.
 *
 * <p>Closing it ends it exactly once: its place among the running requests is free, its attempts
 * that have not ended end as {@link Charge#close} says, and its tokens are settled with those of
 * the attempt that took most (of two attempts side by side the client asked for one), or given back
 * if no attempt took any. The request itself stays counted: who sends nothing but requests that
 * fail is limited too. Money is settled attempt by attempt, since each is paid.
 *
 * <p>Safe for use by several threads.
 */
public final class Reservation implements AutoCloseable {

  final String client;
  final List<String> groups;
  final List<Account> accounts;
  final Estimate estimate;
  final Instant arrival;
  final BudgetCalendar.Period period;
  final long tick;
  private final RateStatus rates;
  private final Limits limits;

  // Guarded by the lock of Limits.
  final List<Charge> charges = new ArrayList<>(2);
  boolean closed;

  Reservation(
      Limits limits,
      String client,
      List<String> groups,
      List<Account> accounts,
      Estimate estimate,
      Instant arrival,
      BudgetCalendar.Period period,
      long tick,
      RateStatus rates) {
    this.limits = limits;
    this.client = client;
    this.groups = groups;
    this.accounts = accounts;
    this.estimate = estimate;
    this.arrival = arrival;
    this.period = period;
    this.tick = tick;
    this.rates = rates;
  }

  /** What was reserved; smaller than asked where the answer's length was a guess. */
  public Estimate estimate() {
    return estimate;
  }

  /** What the client had left once this request was admitted: the headers of its answer. */
  public RateStatus rates() {
    return rates;
  }

  /** What a provider charges this request, by the day on which it began. */
  public Tariff tariff(ProviderSpec provider) {
    return limits.tariff(provider, period);
  }

  /** What its attempts have cost so far, with what those that run may cost. */
  public Cost cost() {
    return limits.cost(this);
  }

  /** As {@link #attempt(ProviderSpec, Estimate)} with the request's own estimate. */
  public ProviderAdmission attempt(ProviderSpec provider) {
    return attempt(provider, estimate);
  }

  /**
   * Reserves an attempt at a provider: a request, its tokens and a stream of the provider's limits,
   * and its highest cost of the provider's budget and of the budgets of the client and its groups;
   * all or nothing. What costs nothing is within any budget.
   */
  public ProviderAdmission attempt(ProviderSpec provider, Estimate expected) {
    Objects.requireNonNull(provider, "provider");
    return limits.attempt(this, provider, Objects.requireNonNull(expected, "expected"));
  }

  /**
   * Ends the request with the tokens that its client was told of, where those are other than its
   * attempts took, as when a cascade answered twice.
   */
  public void settle(Usage usage) {
    limits.close(this, Objects.requireNonNull(usage, "usage"));
  }

  /** Ends the request, unless it has ended. */
  @Override
  public void close() {
    limits.close(this, null);
  }
}
