package dev.freehold.bundle.policy;

import java.math.BigDecimal;
import java.time.LocalDateTime;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * What a route's condition may ask about a request.
 *
 * @param promptTokens as counted by the model's own tokeniser, or an estimate where their number
 *     decides nothing
 * @param completionTokensMax the answer's limit as the client gave it; 0 when it gave none
 * @param needs what the request needs of a provider beyond text
 * @param detected the kinds of personal data found in it
 * @param engineQueueSeconds how long a request that came now would wait for the local engine
 * @param outPerMillion what a million tokens of an answer are expected to cost, by provider; one
 *     without a price is absent
 * @param firstTokenSeconds the time to the first token as measured lately, by provider; one that is
 *     not known is absent
 * @param time in the box's time zone
 */
public record RouteFacts(
    String client,
    List<String> groups,
    Label label,
    String model,
    int promptTokens,
    int completionTokensMax,
    Set<Feature> needs,
    Set<PersonalData> detected,
    double engineQueueSeconds,
    Map<String, BigDecimal> outPerMillion,
    Map<String, Double> firstTokenSeconds,
    LocalDateTime time) {

  public RouteFacts {
    Objects.requireNonNull(client, "client");
    groups = List.copyOf(groups);
    Objects.requireNonNull(label, "label");
    Objects.requireNonNull(model, "model");
    needs = Set.copyOf(needs);
    detected = Set.copyOf(detected);
    outPerMillion = Map.copyOf(outPerMillion);
    firstTokenSeconds = Map.copyOf(firstTokenSeconds);
    Objects.requireNonNull(time, "time");
  }

  /** The same of a prompt of another length. */
  public RouteFacts withPromptTokens(int tokens) {
    return new RouteFacts(
        client,
        groups,
        label,
        model,
        tokens,
        completionTokensMax,
        needs,
        detected,
        engineQueueSeconds,
        outPerMillion,
        firstTokenSeconds,
        time);
  }
}
