package dev.freehold.bundle.policy;

import java.util.List;
import java.util.Objects;

/**
 * What a route's condition may ask about a request.
 *
 * @param promptTokens exact, counted by the model's own tokeniser
 * @param engineQueueSeconds how long a request that came now would wait for the local engine
 * @param hourOfDay 0 to 23 in the box's time zone
 */
public record RouteFacts(
    String client,
    List<String> groups,
    Label label,
    String model,
    int promptTokens,
    boolean needsTools,
    boolean needsVision,
    boolean needsReasoning,
    double engineQueueSeconds,
    int hourOfDay) {

  public RouteFacts {
    Objects.requireNonNull(client, "client");
    groups = List.copyOf(groups);
    Objects.requireNonNull(label, "label");
    Objects.requireNonNull(model, "model");
  }
}
