package dev.freehold.provider;

import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.InferenceStream;
import java.util.Optional;

/** Something that answers inference. */
public interface Provider {

  /** The policy's name for it, shown to clients in {@code Freehold-Provider}. */
  String name();

  /**
   * What a request needs and this provider can never give, in words that follow "it has no"; empty
   * if it may be asked.
   */
  default Optional<String> lacks(InferenceRequest request) {
    return Optional.empty();
  }

  /**
   * Starts an answer. The stream may already be broken when it is returned: only its first real
   * event shows that the provider answers.
   *
   * @throws InferenceException if the provider refuses or cannot be reached
   */
  InferenceStream infer(Attempt attempt) throws InferenceException, InterruptedException;
}
