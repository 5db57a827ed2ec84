package dev.freehold.api;

import dev.freehold.inference.InferenceRequest;
import java.util.Objects;

/**
 * A request in the neutral form, and how its answer is to be sent.
 *
 * @param needsReasoning whether the client asked for a reasoning effort
 */
record ApiRequest(InferenceRequest request, AnswerShape shape, boolean needsReasoning) {

  ApiRequest {
    Objects.requireNonNull(request, "request");
    Objects.requireNonNull(shape, "shape");
  }

  /** A request of a client that asked for no reasoning. */
  ApiRequest(InferenceRequest request, AnswerShape shape) {
    this(request, shape, false);
  }

  /** The same, asking the model given if it names none. */
  ApiRequest orOf(String model) {
    return request.model().isEmpty()
        ? new ApiRequest(request.withModel(model), shape, needsReasoning)
        : this;
  }
}
