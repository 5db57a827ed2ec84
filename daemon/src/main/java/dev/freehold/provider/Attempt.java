package dev.freehold.provider;

import dev.freehold.inference.InferenceRequest;
import dev.freehold.locality.Permit;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;

/**
 * One try of one provider.
 *
 * @param request what to answer
 * @param prepared the prompt as the local model's tokens, where routing needed it; the local
 *     provider runs it, and makes its own where there is none. It belongs to the caller and must
 *     outlive a stream of the local provider.
 * @param promptTokensEstimate how long the prompt is taken to be, the local model's count if it
 *     counted
 * @param permit that the request may go to this provider
 * @param deadline when the whole chain of tries must have ended
 * @param departure told before anything leaves the box
 */
public record Attempt(
    InferenceRequest request,
    Optional<PreparedPrompt> prepared,
    int promptTokensEstimate,
    Permit permit,
    Instant deadline,
    Departure departure) {

  public Attempt {
    Objects.requireNonNull(request, "request");
    Objects.requireNonNull(prepared, "prepared");
    Objects.requireNonNull(permit, "permit");
    Objects.requireNonNull(deadline, "deadline");
    Objects.requireNonNull(departure, "departure");
  }

  /** Who wants to know that a request leaves the box. */
  @FunctionalInterface
  public interface Departure {

    /** Nobody. */
    Departure UNSEEN = (host, bytes) -> {};

    /**
     * Called once, before the first byte is sent.
     *
     * @param bytes of the body
     */
    void leaving(String host, long bytes);
  }
}
