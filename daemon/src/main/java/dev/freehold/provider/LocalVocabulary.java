package dev.freehold.provider;

import dev.freehold.chat.ModelText;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceRequest;

/** The vocabulary and the chat template of a loaded model. */
final class LocalVocabulary implements Vocabulary {

  private final Lease lease;
  private final ModelText text;

  /** Takes the lease over. */
  LocalVocabulary(Lease lease) {
    this.lease = lease;
    this.text = lease.model().text();
  }

  @Override
  public int[] tokens(String content, boolean addSpecial, boolean parseSpecial) {
    return text.tokens(content, addSpecial, parseSpecial);
  }

  @Override
  public byte[] piece(int token) {
    return text.piece(token);
  }

  @Override
  public String text(int[] tokens) throws InferenceException {
    return text.text(tokens);
  }

  @Override
  public String prompt(InferenceRequest request) throws InferenceException {
    return lease.model().promptText(request);
  }

  @Override
  public void close() {
    lease.close();
  }
}
