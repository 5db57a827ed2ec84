package dev.freehold.provider;

import dev.freehold.inference.InferenceRequest;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;

/**
 * One try of one provider.
 *
 * @param request what to answer
 * @param prepared the prompt as the local model's tokens, where that could be made; the local
 *     provider runs it, routing counted it, others only count it. It belongs to the caller and must
 *     outlive a stream of the local provider.
 * @param deadline when the whole chain of tries must have ended
 */
public record Attempt(
    InferenceRequest request, Optional<PreparedPrompt> prepared, Instant deadline) {

  public Attempt {
    Objects.requireNonNull(request, "request");
    Objects.requireNonNull(prepared, "prepared");
    Objects.requireNonNull(deadline, "deadline");
  }
}
