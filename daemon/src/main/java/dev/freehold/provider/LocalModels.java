package dev.freehold.provider;

import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceRequest;

/** The models of this box, as routing sees them before it has chosen a provider. */
public interface LocalModels {

  /**
   * Renders and tokenises a request's prompt.
   *
   * @throws InferenceException if the model is not loaded or the prompt cannot be rendered
   */
  PreparedPrompt prepare(InferenceRequest request) throws InferenceException;

  /**
   * A model's vocabulary, which the caller closes.
   *
   * @throws InferenceException if the model is not loaded
   */
  Vocabulary vocabulary(String model) throws InferenceException;

  /** How long a request that arrives now would wait for a slot, in seconds. */
  double queueSeconds();
}
