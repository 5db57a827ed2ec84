package dev.freehold.provider;

import dev.freehold.chat.ModelText;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceException.Kind;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.Prompt;

/** The vocabulary and the chat template of a loaded model. */
final class LocalVocabulary implements Vocabulary {

  private final ServedModel model;
  private final ModelText text;

  LocalVocabulary(ServedModel model) {
    this.model = model;
    this.text = model.text();
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
    if (request.prompt() instanceof Prompt.Chat chat) {
      return model.format().promptText(chat, request.format());
    }
    throw new InferenceException(
        Kind.INVALID_REQUEST, "only a conversation has a template: send messages");
  }

  @Override
  public void close() {
    // Nothing is held beyond the model itself.
  }
}
