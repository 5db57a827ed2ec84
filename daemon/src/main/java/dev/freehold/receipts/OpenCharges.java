package dev.freehold.receipts;

import dev.freehold.receipts.Outcome.Ending;
import dev.freehold.receipts.Outcome.Try;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The requests that have a decision and no outcome yet: what must be charged as reserved if the box
 * dies now. Guarded by the lock of the {@link ReceiptChain}.
 */
final class OpenCharges {

  /** No more requests run at once. */
  static final int OPEN_MAX = 65_536;

  /** What is told to nobody: the client had gone before there was a status. */
  private static final int NO_STATUS = 0;

  // In the order of their decisions: the first is the oldest.
  private final Map<String, Request> open = new LinkedHashMap<>();

  private record Request(long sequence, Decision decision, List<Attempt> attempts) {}

  /**
   * Refuses an entry that cannot follow.
   *
   * @throws IllegalStateException if the request has no decision, or has one already, or the
   *     attempt is at a trust class that the decision does not allow
   */
  void check(Entry.RequestEntry entry) {
    Request request = open.get(entry.requestId());
    switch (entry) {
      case Decision _ -> {
        if (request != null) {
          throw new IllegalStateException(
              "request " + entry.requestId() + " has a decision and no outcome yet");
        }
        if (open.size() == OPEN_MAX) {
          throw new IllegalStateException(
              "expected at most " + OPEN_MAX + " requests without an outcome");
        }
      }
      case Attempt attempt -> {
        Decision decision = require(request, entry).decision();
        if (!decision.allowed().contains(attempt.trust())) {
          throw new IllegalStateException(
              "request %s is %s and may not go to '%s', which is %s"
                  .formatted(
                      entry.requestId(),
                      decision.label().text(),
                      attempt.provider(),
                      attempt.trust().text()));
        }
        if (request.attempts().size() == Entry.LIST_MAX) {
          throw new IllegalStateException(
              "expected at most " + Entry.LIST_MAX + " attempts of request " + entry.requestId());
        }
      }
      case Outcome _ -> require(request, entry);
    }
  }

  private static Request require(Request request, Entry.RequestEntry entry) {
    if (request == null) {
      throw new IllegalStateException(
          "request %s has no decision that is open; an %s must follow one"
              .formatted(entry.requestId(), entry.kind()));
    }
    return request;
  }

  /**
   * Takes in an entry of the log. Those of requests whose decision was not seen are passed over.
   */
  void add(long sequence, Entry.RequestEntry entry) {
    switch (entry) {
      case Decision decision ->
          open.put(decision.requestId(), new Request(sequence, decision, new ArrayList<>(2)));
      case Attempt attempt -> {
        Request request = open.get(attempt.requestId());
        if (request != null) {
          request.attempts().add(attempt);
        }
      }
      case Outcome outcome -> open.remove(outcome.requestId());
    }
  }

  /** The line of the oldest decision without an outcome; 0 if there is none. */
  long oldest() {
    return open.isEmpty() ? 0 : open.values().iterator().next().sequence();
  }

  int size() {
    return open.size();
  }

  /** What is to be written for them, now that they cannot go on. */
  List<Outcome> interrupted() {
    return open.values().stream().map(OpenCharges::interrupted).toList();
  }

  /** Nobody knows how far an attempt came: it counts as sent whole and as charged in full. */
  private static Outcome interrupted(Request request) {
    Decision decision = request.decision();
    List<Try> tries =
        request.attempts().stream()
            .map(
                attempt ->
                    new Try(
                        attempt.provider(),
                        attempt.trust(),
                        attempt.region(),
                        Optional.empty(),
                        attempt.bytes(),
                        0,
                        Ending.INTERRUPTED.text(),
                        attempt.reservedMicros()))
            .toList();
    return new Outcome(
        decision.requestId(),
        decision.client(),
        decision.groups(),
        decision.model(),
        decision.label(),
        Ending.INTERRUPTED,
        request.attempts().stream().reduce((_, last) -> last).map(Attempt::provider),
        tries,
        0,
        0,
        0,
        tries.stream().mapToLong(Try::costMicros).sum(),
        request.attempts().stream().flatMap(attempt -> attempt.currency().stream()).findFirst(),
        NO_STATUS,
        Optional.empty());
  }
}
