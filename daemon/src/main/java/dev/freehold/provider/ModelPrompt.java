package dev.freehold.provider;

import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.InferenceStream;

/** A prompt that one model has prepared and that it alone can run. */
interface ModelPrompt extends AutoCloseable {

  /** The exact number of prompt tokens. */
  int tokens();

  /**
   * Hands the prompt to the model's engine. A prompt of text can be started for each of several
   * answers.
   *
   * @param request the one it was prepared for, or the same with other sampling
   * @throws InferenceException if the engine refuses it
   */
  InferenceStream start(InferenceRequest request) throws InferenceException;

  @Override
  void close();
}
