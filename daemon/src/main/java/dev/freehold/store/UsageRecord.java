package dev.freehold.store;

import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What the ledger keeps of one request: who, under which rule, where, how much, how long. It has no
 * place for content.
 *
 * @param requestId as in {@code x-request-id}
 * @param time when the request arrived
 * @param client the name in the client's certificate
 * @param groups the groups in the client's certificate
 * @param label how sensitive it was, if that was decided
 * @param model the model asked for, if the policy names it
 * @param route the route that applied, if any
 * @param provider what answered, or was tried last, if any
 * @param trust the provider's trust class
 * @param promptTokens tokens read
 * @param cachedTokens how many of those were not computed again
 * @param completionTokens tokens written
 * @param firstTokenMillis from arrival to the first real output
 * @param durationMillis from arrival to the end
 * @param status the HTTP status sent, 499 if the client had gone
 * @param outcome how it ended
 * @param errorKind what went wrong, in one word
 */
public record UsageRecord(
    String requestId,
    Instant time,
    String client,
    List<String> groups,
    Optional<String> label,
    Optional<String> model,
    Optional<String> route,
    Optional<String> provider,
    Optional<String> trust,
    int promptTokens,
    int cachedTokens,
    int completionTokens,
    OptionalLong firstTokenMillis,
    long durationMillis,
    int status,
    Outcome outcome,
    Optional<String> errorKind) {

  public UsageRecord {
    Objects.requireNonNull(requestId, "requestId");
    Objects.requireNonNull(time, "time");
    Objects.requireNonNull(client, "client");
    groups = List.copyOf(groups);
    Objects.requireNonNull(label, "label");
    Objects.requireNonNull(model, "model");
    Objects.requireNonNull(route, "route");
    Objects.requireNonNull(provider, "provider");
    Objects.requireNonNull(trust, "trust");
    Objects.requireNonNull(firstTokenMillis, "firstTokenMillis");
    Objects.requireNonNull(outcome, "outcome");
    Objects.requireNonNull(errorKind, "errorKind");
  }
}
