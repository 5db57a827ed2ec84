package dev.freehold.api;

import dev.freehold.inference.InferenceRequest;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * A request in the neutral form, and how its answer is to be sent.
 *
 * @param stream whether to send server-sent events
 * @param includeUsage whether a stream ends with the tokens used
 * @param needsReasoning whether the client asked for a reasoning effort
 * @param showsReasoning whether the client is sent the model's reasoning, where there is some
 * @param echo what the answer repeats of the request: a field's name to its JSON in ASCII
 */
record ApiRequest(
    InferenceRequest request,
    boolean stream,
    boolean includeUsage,
    boolean needsReasoning,
    boolean showsReasoning,
    Map<String, String> echo) {

  ApiRequest {
    Objects.requireNonNull(request, "request");
    echo = Collections.unmodifiableMap(new LinkedHashMap<>(echo));
  }

  /** A request whose answer repeats nothing of it. */
  ApiRequest(
      InferenceRequest request,
      boolean stream,
      boolean includeUsage,
      boolean needsReasoning,
      boolean showsReasoning) {
    this(request, stream, includeUsage, needsReasoning, showsReasoning, Map.of());
  }

  /** The same, asking the model given if it names none. */
  ApiRequest orOf(String model) {
    return request.model().isEmpty()
        ? new ApiRequest(
            request.withModel(model), stream, includeUsage, needsReasoning, showsReasoning, echo)
        : this;
  }

  /** The echo holds the client's words. */
  @Override
  public String toString() {
    return "ApiRequest[request=" + request + "]";
  }
}
