package dev.freehold.limits;

import dev.freehold.inference.Usage;
import java.util.List;
import java.util.Objects;

/**
 * What one attempt at a provider may use and cost, reserved until it is known. It ends exactly
 * once; whatever is called first counts:
 *
 * <ul>
 *   <li>{@link #settle} with the provider's own numbers;
 *   <li>{@link #release} when the attempt failed before the provider did anything that costs: the
 *       tokens and the money are given back. The request stays counted, as providers count the
 *       requests they refuse;
 *   <li>{@link #close} without either, as after a hang-up, a cut stream or a defect: settles what
 *       was {@link #observe observed}, with the estimated prompt where the stream had not said how
 *       long it was. Where nothing was observed at all, the whole estimate is charged: the provider
 *       may have done it, and a budget must not be exceeded by what nobody saw.
 * </ul>
 *
 * <p>Safe for use by several threads.
 */
public final class Charge implements AutoCloseable {

  final Account provider;
  final List<Account> payers;
  final BudgetCalendar.Period period;
  final Tariff tariff;
  final Estimate estimate;
  final Cost reserved;
  final long tick;
  final long currencyChanges;
  private final Limits limits;
  private volatile Usage observed = Usage.NONE;

  // Guarded by the lock of Limits.
  Cost settledCost;
  Usage settledUsage;

  Charge(
      Limits limits,
      Account provider,
      List<Account> payers,
      BudgetCalendar.Period period,
      Tariff tariff,
      Estimate estimate,
      long tick,
      long currencyChanges) {
    this.limits = limits;
    this.provider = provider;
    this.payers = payers;
    this.period = period;
    this.tariff = tariff;
    this.estimate = estimate;
    this.reserved = tariff.cost(estimate);
    this.tick = tick;
    this.currencyChanges = currencyChanges;
  }

  /** What counts against the budgets until the attempt ends; receipts name it before it begins. */
  public Cost reserved() {
    return reserved;
  }

  /** What it cost; what it may cost while it runs. */
  public Cost cost() {
    return limits.cost(this);
  }

  /** Notes what the stream has said so far, all of it and not only what is new. Costs nothing. */
  public void observe(Usage soFar) {
    observed = Objects.requireNonNull(soFar, "soFar");
  }

  /** Ends the attempt with what it took, and returns what it cost. */
  public Cost settle(Usage usage) {
    return limits.settle(this, Objects.requireNonNull(usage, "usage"));
  }

  /** Ends the attempt as one that took and cost nothing. */
  public void release() {
    limits.settle(this, Usage.NONE);
  }

  /** Ends the attempt with what is known of it, unless it has ended. */
  @Override
  public void close() {
    limits.settle(this, known());
  }

  private Usage known() {
    Usage seen = observed;
    if (seen.totalTokens() == 0) {
      return estimate.asUsage();
    }
    return seen.promptTokens() > 0
        ? seen
        : new Usage(estimate.promptTokens(), 0, seen.completionTokens());
  }
}
