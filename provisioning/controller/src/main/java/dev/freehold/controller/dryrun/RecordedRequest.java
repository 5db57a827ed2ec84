package dev.freehold.controller.dryrun;

import dev.freehold.bundle.policy.Feature;
import dev.freehold.bundle.policy.Label;
import dev.freehold.bundle.policy.PersonalData;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * What was kept of one request.
 *
 * @param label what it was labelled then
 * @param declaredLabel what the client labelled it
 * @param model absent if it named none
 * @param completionTokens how long its answer was
 * @param completionTokensMax the limit that the client gave, 0 for none
 * @param firstTokenSeconds how fast providers were then, by name
 */
public record RecordedRequest(
    Instant time,
    String client,
    List<String> groups,
    Optional<Label> label,
    Optional<Label> declaredLabel,
    Optional<String> model,
    int promptTokens,
    OptionalInt completionTokens,
    int completionTokensMax,
    Set<Feature> needs,
    Set<PersonalData> detected,
    double engineQueueSeconds,
    Map<String, Double> firstTokenSeconds) {

  public RecordedRequest {
    Objects.requireNonNull(time, "time");
    Objects.requireNonNull(client, "client");
    groups = List.copyOf(groups);
    Objects.requireNonNull(label, "label");
    Objects.requireNonNull(declaredLabel, "declaredLabel");
    Objects.requireNonNull(model, "model");
    Objects.requireNonNull(completionTokens, "completionTokens");
    needs = Set.copyOf(needs);
    detected = Set.copyOf(detected);
    firstTokenSeconds = Map.copyOf(firstTokenSeconds);
  }

  /** How long an answer to it is expected to be: as it was, else as it might have been. */
  public int expectedCompletionTokens() {
    return completionTokens.orElse(completionTokensMax);
  }
}
