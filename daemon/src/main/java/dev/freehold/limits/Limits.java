package dev.freehold.limits;

import dev.freehold.bundle.policy.Budget;
import dev.freehold.bundle.policy.ClientGroup;
import dev.freehold.bundle.policy.Policy;
import dev.freehold.bundle.policy.ProviderSpec;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.Usage;
import dev.freehold.limits.Bound.Obstacle;
import dev.freehold.limits.BudgetCalendar.Period;
import dev.freehold.store.Spent;
import dev.freehold.store.UsageRecord;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Keeps every limit and budget of the policy in force, for groups, clients and providers.
 *
 * <p>One lock is held for the microseconds that a decision takes: a request is checked against all
 * its limits and counted in all of them, or in none. Nothing here waits, reads or writes a file;
 * only {@link #apply} may ask the ledger what was spent, before it takes the lock.
 *
 * <p>A minute is measured by a clock that only moves forward, a day and a month by the time of the
 * box's zone. A request's tokens count in the minute, its cost on the day, in which it began.
 */
public final class Limits {

  /** Clients whose use is kept at a time; names come from certificates, so an office has fewer. */
  public static final int CLIENTS_MAX = 4_096;

  /** Groups, and providers, whose use is kept at a time. */
  public static final int OWNERS_MAX = 1_024;

  private static final Duration FULL_WAIT = Duration.ofMinutes(1);

  private final InstantSource clock;
  private final LongSupplier nanos;
  private final SpentSource ledger;
  private final ReentrantLock lock = new ReentrantLock();

  // All of these are guarded by the lock.
  private final BudgetCalendar calendar;
  private final Accounts groups = new Accounts(OWNERS_MAX);
  private final Accounts clients;
  private final Accounts providers = new Accounts(OWNERS_MAX);
  private Map<String, ClientGroup> policyGroups = Map.of();
  private Optional<String> currency = Optional.empty();
  // Counts how often all spending was forgotten for another currency.
  private long currencyChanges;

  /**
   * Without a policy, nothing is limited and nothing costs.
   *
   * @param zone whose days and months budgets are for
   * @param ledger what was spent before, {@code ledger::spentSince}
   */
  public Limits(InstantSource clock, ZoneId zone, SpentSource ledger) {
    this(clock, zone, ledger, System::nanoTime, CLIENTS_MAX);
  }

  Limits(
      InstantSource clock, ZoneId zone, SpentSource ledger, LongSupplier nanoTime, int clientsMax) {
    this.clock = Objects.requireNonNull(clock, "clock");
    this.ledger = Objects.requireNonNull(ledger, "ledger");
    this.calendar = new BudgetCalendar(zone, clock.instant());
    this.clients = new Accounts(clientsMax);
    long origin = nanoTime.getAsLong();
    this.nanos = () -> nanoTime.getAsLong() - origin;
  }

  /**
   * Puts a policy's limits and budgets in force. What is used already stays counted: publishing
   * resets nothing. Where the currency is another, and so at the start, what was spent in it is
   * asked of the ledger, which must have been caught up before.
   */
  public void apply(Policy policy) throws InterruptedException {
    Instant now = clock.instant();
    boolean otherCurrency = locked(() -> !currency.equals(policy.currency()));
    List<Spent> month = List.of();
    List<Spent> day = List.of();
    Period period = locked(() -> calendar.at(now));
    if (otherCurrency && policy.currency().isPresent()) {
      month = ledger.spentSince(period.monthStart());
      day = ledger.spentSince(period.start());
    }
    lock.lock();
    try {
      policyGroups = policy.clients();
      if (otherCurrency) {
        currency = policy.currency();
        currencyChanges++;
        groups.forgetSpending();
        clients.forgetSpending();
        providers.forgetSpending();
        restore(month, period, 0, 1);
        restore(day, period, 1, 0);
      }
    } finally {
      lock.unlock();
    }
  }

  private void restore(List<Spent> rows, Period period, int dayShare, int monthShare) {
    long now = nanos.getAsLong();
    for (Spent spent : rows) {
      if (!currency.equals(Optional.of(spent.currency()))) {
        continue;
      }
      List<Optional<Account>> payers = new ArrayList<>();
      spent.groups().forEach(group -> payers.add(groups.of(group, now, period)));
      payers.add(clients.of(spent.client(), now, period));
      spent.provider().ifPresent(name -> payers.add(providers.of(name, now, period)));
      for (Optional<Account> payer : payers) {
        payer.ifPresent(
            account ->
                account.spending.add(
                    period, dayShare * spent.micros(), monthShare * spent.micros()));
      }
    }
  }

  /**
   * Admits a request of a client, and reserves its tokens and its place among the running requests
   * in every limit of its groups and of the client itself.
   *
   * @param client the name in the client's certificate
   * @param groupNames the groups in it; those that the policy does not have limit nothing
   * @param arrival when the request began
   * @throws InferenceException {@code OVERLOADED} with the exact wait where a limit is reached, or
   *     {@code INVALID_REQUEST} where the request is larger than a whole limit
   */
  public Reservation reserve(
      String client, List<String> groupNames, Estimate estimate, Instant arrival)
      throws InferenceException {
    lock.lock();
    try {
      long now = nanos.getAsLong();
      Period period = calendar.at(arrival);
      List<String> names = known(groupNames);
      List<Bound> bounds = bounds(client, names, now, period);
      Estimate fitting = estimate.within(tokensMax(bounds));
      List<Obstacle> obstacles = new ArrayList<>(0);
      bounds.forEach(bound -> bound.judge(fitting, now, obstacles));
      Optional<Obstacle> obstacle = Obstacle.longest(obstacles);
      if (obstacle.isPresent()) {
        throw refusal(obstacle.get().message(), obstacle.get().after());
      }
      List<Account> accounts = payers(client, names, now, period);
      long tick = 0;
      for (Account account : accounts) {
        account.requests.add(1, now);
        tick = account.tokens.add(fitting.totalTokens(), now);
        account.streams++;
      }
      return new Reservation(
          this, client, names, accounts, fitting, arrival, period, tick, rates(bounds, now));
    } finally {
      lock.unlock();
    }
  }

  /** What a client has left at this moment: the headers of an answer that was refused. */
  public RateStatus rates(String client, List<String> groupNames) {
    lock.lock();
    try {
      long now = nanos.getAsLong();
      Period period = calendar.at(clock.instant());
      return rates(bounds(client, known(groupNames), now, period), now);
    } catch (InferenceException e) {
      return RateStatus.NONE;
    } finally {
      lock.unlock();
    }
  }

  ProviderAdmission attempt(Reservation request, ProviderSpec spec, Estimate expected) {
    lock.lock();
    try {
      long now = nanos.getAsLong();
      if (request.closed) {
        throw new IllegalStateException("the request has ended: it can make no further attempt");
      }
      Optional<Account> account = providers.of(spec.name(), now, request.period);
      if (account.isEmpty()) {
        return new ProviderAdmission.PassedOver(
            "The use of %d providers is kept already.".formatted(OWNERS_MAX),
            Optional.of(FULL_WAIT));
      }
      Bound bound =
          new Bound(
              "Provider '%s'".formatted(spec.name()), account.get(), spec.limits(), spec.budget());
      Estimate fitting = expected.within(tokensMax(List.of(bound)));
      Tariff tariff = Tariff.of(spec.prices(), currency, request.period.date());
      Cost cost = tariff.cost(fitting);
      List<Obstacle> obstacles = new ArrayList<>(0);
      bound.judge(fitting, now, obstacles);
      bound.judge(cost, request.period, request.arrival, obstacles);
      for (Bound payer : budgets(request)) {
        payer.judge(cost, request.period, request.arrival, obstacles);
      }
      Optional<Obstacle> obstacle = Obstacle.longest(obstacles);
      if (obstacle.isPresent()) {
        return new ProviderAdmission.PassedOver(obstacle.get().message(), obstacle.get().after());
      }
      return new ProviderAdmission.Granted(grant(request, account.get(), tariff, fitting, now));
    } finally {
      lock.unlock();
    }
  }

  private Charge grant(
      Reservation request, Account provider, Tariff tariff, Estimate fitting, long now) {
    provider.requests.add(1, now);
    long tick = provider.tokens.add(fitting.totalTokens(), now);
    provider.streams++;
    List<Account> payers = new ArrayList<>(request.accounts);
    payers.add(provider);
    Charge charge =
        new Charge(
            this,
            provider,
            List.copyOf(payers),
            request.period,
            tariff,
            fitting,
            tick,
            currencyChanges);
    for (Account payer : payers) {
      payer.spending.add(request.period, charge.reserved.micros(), charge.reserved.micros());
    }
    request.charges.add(charge);
    return charge;
  }

  Cost settle(Charge charge, Usage usage) {
    lock.lock();
    try {
      if (charge.settledCost != null) {
        return charge.settledCost;
      }
      Cost cost = charge.tariff.cost(usage);
      charge.settledCost = cost;
      charge.settledUsage = usage;
      charge.provider.streams--;
      charge.provider.tokens.correct(
          charge.tick, charge.estimate.totalTokens(), total(usage), nanos.getAsLong());
      if (charge.currencyChanges == currencyChanges) {
        for (Account payer : charge.payers) {
          payer.spending.correct(charge.period, cost.micros() - charge.reserved.micros());
        }
      } else if (charge.reserved.currency().equals(currency)) {
        countAnew(charge, cost);
      }
      return cost;
    } finally {
      lock.unlock();
    }
  }

  /** Counts a cost whose reservation was forgotten as the currency changed, and changed back. */
  private void countAnew(Charge charge, Cost cost) {
    Period current = calendar.at(clock.instant());
    long ofDay = charge.period.day() == current.day() ? cost.micros() : 0;
    long ofMonth = charge.period.month() == current.month() ? cost.micros() : 0;
    charge.payers.forEach(payer -> payer.spending.add(current, ofDay, ofMonth));
  }

  /** Ends a request with those tokens, or with what its attempts took where they are not given. */
  void close(Reservation request, Usage given) {
    lock.lock();
    try {
      if (request.closed) {
        return;
      }
      request.closed = true;
      long taken = 0;
      for (Charge charge : request.charges) {
        charge.close();
        taken = Math.max(taken, total(charge.settledUsage));
      }
      long tokens = given == null ? taken : total(given);
      long now = nanos.getAsLong();
      for (Account account : request.accounts) {
        account.streams--;
        account.tokens.correct(request.tick, request.estimate.totalTokens(), tokens, now);
      }
    } finally {
      lock.unlock();
    }
  }

  Cost cost(Reservation request) {
    return locked(() -> request.charges.stream().map(Limits::known).reduce(Cost.NONE, Cost::plus));
  }

  Cost cost(Charge charge) {
    return locked(() -> known(charge));
  }

  private static Cost known(Charge charge) {
    return charge.settledCost == null ? charge.reserved : charge.settledCost;
  }

  /** What a provider charges for a request that begins now. */
  public Tariff tariff(ProviderSpec provider) {
    Instant now = clock.instant();
    return tariff(provider, locked(() -> calendar.at(now)));
  }

  Tariff tariff(ProviderSpec spec, Period period) {
    return Tariff.of(spec.prices(), locked(() -> currency), period.date());
  }

  static InferenceException refusal(String message, Optional<Duration> wait) {
    return new InferenceException(
        wait.isPresent()
            ? InferenceException.Kind.OVERLOADED
            : InferenceException.Kind.INVALID_REQUEST,
        message,
        wait,
        null);
  }

  /** Those of a client's groups that the policy has, each once, in its order. */
  private List<String> known(List<String> groupNames) {
    Set<String> names = new LinkedHashSet<>(groupNames);
    names.retainAll(policyGroups.keySet());
    return List.copyOf(names);
  }

  /** Every limit that a client's request is under. */
  private List<Bound> bounds(String client, List<String> names, long now, Period period)
      throws InferenceException {
    Account own = account(clients, UsageRecord.plainName(client), now, period);
    List<Bound> bounds = new ArrayList<>(2 * names.size());
    for (String name : names) {
      ClientGroup group = policyGroups.get(name);
      bounds.add(
          new Bound(
              "Group '%s'".formatted(name),
              account(groups, UsageRecord.plainGroup(name), now, period),
              group.limits(),
              group.budget()));
      bounds.add(each(group, own));
    }
    return bounds;
  }

  private static Bound each(ClientGroup group, Account own) {
    return new Bound(
        "A client of group '%s'".formatted(group.name()),
        own,
        group.eachLimits(),
        group.eachBudget());
  }

  /** The budgets that a running request is under, by the policy that is in force now. */
  private List<Bound> budgets(Reservation request) {
    List<Bound> bounds = new ArrayList<>(2 * request.groups.size());
    Account own = request.accounts.getLast();
    for (int i = 0; i < request.groups.size(); i++) {
      ClientGroup group = policyGroups.get(request.groups.get(i));
      if (group != null && !(none(group.budget()) && none(group.eachBudget()))) {
        bounds.add(
            new Bound(
                "Group '%s'".formatted(group.name()),
                request.accounts.get(i),
                group.limits(),
                group.budget()));
        bounds.add(each(group, own));
      }
    }
    return bounds;
  }

  private static boolean none(Budget budget) {
    return budget.equals(Budget.NONE);
  }

  /** The accounts that a request is counted in: those of its groups, in order, and its own last. */
  private List<Account> payers(String client, List<String> names, long now, Period period)
      throws InferenceException {
    List<Account> accounts = new ArrayList<>(names.size() + 1);
    for (String name : names) {
      accounts.add(account(groups, UsageRecord.plainGroup(name), now, period));
    }
    accounts.add(account(clients, UsageRecord.plainName(client), now, period));
    return List.copyOf(accounts);
  }

  private static Account account(Accounts accounts, String name, long now, Period period)
      throws InferenceException {
    Optional<Account> found = accounts.of(name, now, period);
    if (found.isEmpty()) {
      throw refusal(
          "The box keeps the use of %d at a time, and all have used something: try again later."
              .formatted(accounts.size()),
          Optional.of(FULL_WAIT));
    }
    return found.get();
  }

  private static long tokensMax(List<Bound> bounds) {
    return bounds.stream()
        .flatMapToInt(bound -> bound.limits().tokensPerMinute().stream())
        .min()
        .orElse(Integer.MAX_VALUE);
  }

  private static RateStatus rates(List<Bound> bounds, long now) {
    return new RateStatus(
        RateStatus.Rate.tightest(bounds.stream().map(bound -> bound.requestRate(now))),
        RateStatus.Rate.tightest(bounds.stream().map(bound -> bound.tokenRate(now))));
  }

  private static long total(Usage usage) {
    return (long) usage.promptTokens() + usage.completionTokens();
  }

  private <T> T locked(Supplier<T> work) {
    lock.lock();
    try {
      return work.get();
    } finally {
      lock.unlock();
    }
  }
}
