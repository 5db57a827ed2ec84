package dev.freehold.api;

import dev.freehold.bundle.policy.Label;
import dev.freehold.limits.Cost;
import dev.freehold.observability.RequestMetrics;
import dev.freehold.routing.Attempted;
import dev.freehold.routing.Caller;
import dev.freehold.routing.Candidate;
import dev.freehold.routing.Decision;
import dev.freehold.routing.Tally;
import dev.freehold.store.Outcome;
import dev.freehold.store.UsageLedger;
import dev.freehold.store.UsageRecord;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;

/** Writes down how a request ended: its usage record, its metrics, its line in the access log. */
final class Settlement {

  private static final Logger ACCESS = System.getLogger("dev.freehold.access");
  private static final int GROUPS_MAX = 16;

  private final UsageLedger ledger;
  private final RequestMetrics metrics;
  private final Sightings sightings;

  Settlement(UsageLedger ledger, RequestMetrics metrics, Sightings sightings) {
    this.ledger = ledger;
    this.metrics = metrics;
    this.sightings = sightings;
  }

  /** Settles a request for inference. */
  void settle(Exchange exchange) {
    Caller caller = exchange.caller().orElse(new Caller("", List.of()));
    Optional<String> label = exchange.decision().map(Decision::label).map(Label::text);
    Optional<String> provider = exchange.candidate().map(Candidate::name);
    Duration total = Duration.ofNanos(exchange.nanosSinceArrival());
    long first = exchange.firstOutputNanos();
    // The receipt first: from it the ledger is caught up if the daemon dies in between.
    exchange.tally().ifPresent(tally -> end(tally, exchange, provider));
    ledger.record(
        new UsageRecord(
            exchange.entryId(),
            exchange.id(),
            exchange.arrival(),
            UsageRecord.plainName(caller.name()),
            caller.groups().stream().limit(GROUPS_MAX).map(UsageRecord::plainGroup).toList(),
            label,
            exchange.model(),
            exchange.decision().flatMap(Decision::routeName),
            provider,
            exchange.candidate().map(candidate -> candidate.spec().trust().text()),
            exchange.usage().promptTokens(),
            exchange.usage().cachedTokens(),
            exchange.usage().completionTokens(),
            first == 0
                ? OptionalLong.empty()
                : OptionalLong.of(TimeUnit.NANOSECONDS.toMillis(first)),
            total.toMillis(),
            exchange.status(),
            exchange.outcome(),
            exchange.errorWord(),
            exchange.tally().map(Settlement::charged).orElse(UsageRecord.Charged.NOTHING)));
    metrics.request(
        provider.orElse(RequestMetrics.NONE),
        exchange.model().orElse(RequestMetrics.NONE),
        label.orElse(RequestMetrics.NONE),
        exchange.outcome().text(),
        total,
        first == 0 ? Optional.empty() : Optional.of(Duration.ofNanos(first)));
    metrics.tokens(
        exchange.usage().promptTokens(),
        exchange.usage().cachedTokens(),
        exchange.usage().completionTokens());
    sightings.answered(exchange);
    log(exchange);
  }

  /** A defect in one account must not cost the request its record. */
  private static void end(Tally tally, Exchange exchange, Optional<String> provider) {
    try {
      tally.end(ending(exchange.outcome()), exchange.status(), exchange.usage(), provider);
    } catch (RuntimeException e) {
      ApiHandler.logDefect(exchange, e);
    }
  }

  private static UsageRecord.Charged charged(Tally tally) {
    List<Attempted> attempts = tally.attempts();
    Cost cost = tally.cost();
    Cost reserved = tally.reserved();
    return new UsageRecord.Charged(
        cost.micros(),
        reserved.micros(),
        cost.currency().or(() -> reserved.currency()),
        attempts.size(),
        attempts.stream().mapToLong(attempted -> attempted.traffic().bytesOut()).sum(),
        attempts.stream().mapToLong(attempted -> attempted.traffic().bytesIn()).sum());
  }

  private static dev.freehold.receipts.Outcome.Ending ending(Outcome outcome) {
    return switch (outcome) {
      case COMPLETED -> dev.freehold.receipts.Outcome.Ending.COMPLETED;
      case REFUSED -> dev.freehold.receipts.Outcome.Ending.REFUSED;
      case FAILED -> dev.freehold.receipts.Outcome.Ending.FAILED;
      case CLIENT_GONE -> dev.freehold.receipts.Outcome.Ending.CLIENT_GONE;
      case STOPPED -> dev.freehold.receipts.Outcome.Ending.STOPPED;
    };
  }

  /** The line of any request, those that ask for no inference included. */
  void log(Exchange exchange) {
    if (!ACCESS.isLoggable(Level.INFO)) {
      return;
    }
    ACCESS.log(
        Level.INFO,
        "{0} client={1} model={2} label={3} provider={4} status={5} outcome={6}{7} tokens={8}+{9}"
            + " ms={10}",
        exchange.id(),
        exchange.caller().map(caller -> UsageRecord.plainName(caller.name())).orElse("-"),
        exchange.model().orElse("-"),
        exchange.decision().map(decision -> decision.label().text()).orElse("-"),
        exchange.candidate().map(Candidate::name).orElse("-"),
        Integer.toString(exchange.status()),
        exchange.outcome().text(),
        exchange.errorWord().map(word -> " error=" + word).orElse(""),
        Integer.toString(exchange.usage().promptTokens()),
        Integer.toString(exchange.usage().completionTokens()),
        Long.toString(TimeUnit.NANOSECONDS.toMillis(exchange.nanosSinceArrival())));
  }
}
