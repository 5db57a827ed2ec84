package dev.freehold.limits;

import dev.freehold.bundle.policy.BreakerSpec;
import dev.freehold.bundle.policy.Budget;
import dev.freehold.bundle.policy.ClientGroup;
import dev.freehold.bundle.policy.Label;
import dev.freehold.bundle.policy.Policy;
import dev.freehold.bundle.policy.Prices;
import dev.freehold.bundle.policy.ProviderSpec;
import dev.freehold.bundle.policy.Timeouts;
import dev.freehold.bundle.policy.TrustClass;
import dev.freehold.inference.InferenceException;
import dev.freehold.store.Spent;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;

/** Limits under a clock that stands still until it is told, and a policy written in a line. */
final class LimitsFixture {

  static final ZoneId ZURICH = ZoneId.of("Europe/Zurich");

  final List<Spent> ledger = new ArrayList<>();
  final Limits limits;
  private Instant now;
  private long nanos = -5_000_000_000L;

  LimitsFixture(Instant start, ClientGroup... groups) {
    this(start, Limits.CLIENTS_MAX, groups);
  }

  LimitsFixture(Instant start, int clientsMax, ClientGroup... groups) {
    now = start;
    limits = new Limits(() -> now, ZURICH, from -> ledger, () -> nanos, clientsMax);
    publish(groups);
  }

  void publish(ClientGroup... groups) {
    publish(Optional.of("CHF"), groups);
  }

  void publish(Optional<String> currency, ClientGroup... groups) {
    Map<String, ClientGroup> clients = new java.util.LinkedHashMap<>();
    for (ClientGroup group : groups) {
      clients.put(group.name(), group);
    }
    try {
      limits.apply(
          new Policy("site", Map.of(), Map.of(), Map.of(), clients, List.of(), Map.of(), currency));
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  Instant now() {
    return now;
  }

  long nanos() {
    return nanos;
  }

  void pass(Duration time) {
    now = now.plus(time);
    nanos += time.toNanos();
  }

  /** The wall clock alone. */
  void setClock(Instant time) {
    now = time;
  }

  Reservation reserve(String client, int prompt, int completion, String... groups)
      throws InferenceException {
    return limits.reserve(client, List.of(groups), new Estimate(prompt, completion, true), now);
  }

  static dev.freehold.bundle.policy.Limits rates(int requests, int tokens, int streams) {
    return new dev.freehold.bundle.policy.Limits(some(requests), some(tokens), some(streams));
  }

  private static OptionalInt some(int limit) {
    return limit < 0 ? OptionalInt.empty() : OptionalInt.of(limit);
  }

  static Budget budget(String day, String month) {
    return new Budget(
        Optional.ofNullable(day).map(BigDecimal::new),
        Optional.ofNullable(month).map(BigDecimal::new));
  }

  static ClientGroup group(
      String name,
      dev.freehold.bundle.policy.Limits together,
      dev.freehold.bundle.policy.Limits each) {
    return group(name, together, Budget.NONE, each, Budget.NONE);
  }

  static ClientGroup group(
      String name,
      dev.freehold.bundle.policy.Limits together,
      Budget budget,
      dev.freehold.bundle.policy.Limits each,
      Budget eachBudget) {
    return new ClientGroup(name, Label.INTERNAL, together, budget, each, eachBudget);
  }

  static ClientGroup spenders(String name, Budget together, Budget each) {
    return group(
        name,
        dev.freehold.bundle.policy.Limits.NONE,
        together,
        dev.freehold.bundle.policy.Limits.NONE,
        each);
  }

  /** One unit of the currency for a million tokens: a micro for each. */
  static Prices microATokenSince(String day) {
    return new Prices(
        List.of(
            new Prices.Price(
                LocalDate.parse(day), BigDecimal.ONE, new BigDecimal("0.25"), BigDecimal.ONE)));
  }

  static ProviderSpec provider(
      String name, Prices prices, dev.freehold.bundle.policy.Limits limits, Budget budget) {
    return new ProviderSpec(
        name,
        ProviderSpec.Kind.OPENAI,
        TrustClass.CLOUD,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Map.of(),
        Optional.empty(),
        Optional.empty(),
        prices,
        limits,
        budget,
        Timeouts.DEFAULT,
        OptionalDouble.empty(),
        BreakerSpec.DEFAULT,
        Set.of(),
        OptionalInt.empty(),
        Optional.empty());
  }

  static ProviderSpec paid(String name) {
    return provider(
        name, microATokenSince("2020-01-01"), dev.freehold.bundle.policy.Limits.NONE, Budget.NONE);
  }

  static Charge granted(ProviderAdmission admission) {
    return switch (admission) {
      case ProviderAdmission.Granted granted -> granted.charge();
      case ProviderAdmission.PassedOver passed -> throw new AssertionError(passed.reason());
    };
  }

  static ProviderAdmission.PassedOver passedOver(ProviderAdmission admission) {
    return switch (admission) {
      case ProviderAdmission.Granted granted ->
          throw new AssertionError("granted " + granted.charge().reserved());
      case ProviderAdmission.PassedOver passed -> passed;
    };
  }
}
