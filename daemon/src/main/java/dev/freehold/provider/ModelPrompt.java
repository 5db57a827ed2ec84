package dev.freehold.provider;

import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceStream;

/** A prompt that one model has prepared and that it alone can run, once. */
interface ModelPrompt extends AutoCloseable {

  /** The exact number of prompt tokens. */
  int tokens();

  /**
   * Hands the prompt to the model's engine.
   *
   * @throws InferenceException if the engine refuses it
   */
  InferenceStream start() throws InferenceException;

  @Override
  void close();
}
