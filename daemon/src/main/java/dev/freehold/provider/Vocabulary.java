package dev.freehold.provider;

import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceRequest;

/** How one local model reads text. Nothing is generated and nothing leaves the box. */
public interface Vocabulary extends AutoCloseable {

  /**
   * The tokens of a text.
   *
   * @param addSpecial whether the model's own begin and end tokens are added
   * @param parseSpecial whether the text of a control token becomes that token
   */
  int[] tokens(String text, boolean addSpecial, boolean parseSpecial);

  /** The bytes of one of those tokens, which may begin or end inside a character. */
  byte[] piece(int token);

  /**
   * The text of tokens.
   *
   * @throws InferenceException if one of them is not the model's
   */
  String text(int[] tokens) throws InferenceException;

  /**
   * The text that the model would be given for a conversation.
   *
   * @throws InferenceException if the model's template does not accept it
   */
  String prompt(InferenceRequest request) throws InferenceException;

  @Override
  void close();
}
