package dev.freehold.provider;

import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceRequest;
import java.time.Instant;
import java.util.Optional;

/** The models of this box, as routing sees them before it has chosen a provider. */
public interface LocalModels {

  /**
   * Renders and tokenises a request's prompt. Loads nothing and waits for nothing.
   *
   * @throws InferenceException if the model is not loaded or the prompt cannot be rendered
   */
  PreparedPrompt prepare(InferenceRequest request) throws InferenceException;

  /**
   * A model's vocabulary, which the caller closes. A model that is not loaded is loaded, and waited
   * for.
   *
   * @throws InferenceException if the model cannot be had in time
   */
  Vocabulary vocabulary(String model, Instant deadline)
      throws InferenceException, InterruptedException;

  /**
   * As {@link #prepare}, but a model that is not loaded is loaded, and waited for.
   *
   * @throws InferenceException if the model cannot be had in time or the prompt cannot be rendered
   */
  PreparedPrompt prepareLoaded(InferenceRequest request, Instant deadline)
      throws InferenceException, InterruptedException;

  /** How long a request that arrives now would wait for a slot, in seconds. */
  double queueSeconds();

  /** How a model is doing; empty if this box was not told to serve it. */
  Optional<ModelStatus> status(String model);
}
