package dev.freehold.api;

import dev.freehold.inference.InferenceRequest;
import java.util.Objects;

/**
 * A request in the neutral form, and how its answer is to be sent.
 *
 * @param stream whether to send server-sent events
 * @param includeUsage whether a stream ends with the tokens used
 * @param needsReasoning whether the client asked for a reasoning effort
 * @param showsReasoning whether the client is sent the model's reasoning, where there is some
 */
record ApiRequest(
    InferenceRequest request,
    boolean stream,
    boolean includeUsage,
    boolean needsReasoning,
    boolean showsReasoning) {

  ApiRequest {
    Objects.requireNonNull(request, "request");
  }
}
