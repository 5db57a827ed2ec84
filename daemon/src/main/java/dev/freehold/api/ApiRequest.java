package dev.freehold.api;

import dev.freehold.inference.InferenceRequest;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * A request in the neutral form, and how its answer is to be sent.
 *
 * @param stream whether to send server-sent events
 * @param includeUsage whether a stream ends with the tokens used
 * @param needsReasoning whether the client asked for a reasoning effort
 * @param showsReasoning whether the client is sent the model's reasoning, where there is some
 * @param echo what the answer repeats of the request: a field's name to its JSON in ASCII
 * @param answers how many answers to the one prompt are wanted
 * @param serviceTier the tier that the answer names, if the client asked for one
 */
record ApiRequest(
    InferenceRequest request,
    boolean stream,
    boolean includeUsage,
    boolean needsReasoning,
    boolean showsReasoning,
    Map<String, String> echo,
    int answers,
    Optional<String> serviceTier) {

  /** OpenAI allows 128; each of them takes a slot of the engine. */
  static final int ANSWERS_MAX = 8;

  ApiRequest {
    Objects.requireNonNull(request, "request");
    echo = Collections.unmodifiableMap(new LinkedHashMap<>(echo));
    Objects.checkIndex(answers - 1, ANSWERS_MAX);
    Objects.requireNonNull(serviceTier, "serviceTier");
  }

  /** A request for one answer. */
  ApiRequest(
      InferenceRequest request,
      boolean stream,
      boolean includeUsage,
      boolean needsReasoning,
      boolean showsReasoning,
      Map<String, String> echo) {
    this(request, stream, includeUsage, needsReasoning, showsReasoning, echo, 1, Optional.empty());
  }

  /** A request for one answer, which repeats nothing of it. */
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
            request.withModel(model),
            stream,
            includeUsage,
            needsReasoning,
            showsReasoning,
            echo,
            answers,
            serviceTier)
        : this;
  }

  ApiRequest withAnswers(int wanted) {
    return new ApiRequest(
        request, stream, includeUsage, needsReasoning, showsReasoning, echo, wanted, serviceTier);
  }

  ApiRequest withServiceTier(Optional<String> tier) {
    return new ApiRequest(
        request, stream, includeUsage, needsReasoning, showsReasoning, echo, answers, tier);
  }

  /** The echo holds the client's words. */
  @Override
  public String toString() {
    return "ApiRequest[request=" + request + "]";
  }
}
