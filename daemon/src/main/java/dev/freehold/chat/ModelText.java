package dev.freehold.chat;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceException.Kind;
import dev.freehold.llama.Model;
import dev.freehold.llama.TokenBuffer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Text to a model's tokens and back, for clients that count or cut their prompts themselves. */
public final class ModelText {

  /** The longest text of one token, with room to spare. */
  private static final int PIECE_BYTES_MAX = 1024;

  private final Model model;

  public ModelText(Model model) {
    this.model = model;
  }

  /**
   * The tokens of a text.
   *
   * @param addSpecial whether the vocabulary's own begin and end tokens are added
   * @param parseSpecial whether the text of a control token becomes that token
   */
  public int[] tokens(String text, boolean addSpecial, boolean parseSpecial) {
    try (TokenBuffer tokens = model.tokenize(text, addSpecial, parseSpecial)) {
      return tokens.segment().asSlice(0, (long) tokens.size() * Integer.BYTES).toArray(JAVA_INT);
    }
  }

  /** The bytes of one token, which may begin or end inside a character. */
  public byte[] piece(int token) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment into = arena.allocate(PIECE_BYTES_MAX);
      int length = model.piece(token, into, true);
      return into.asSlice(0, length).toArray(JAVA_BYTE);
    }
  }

  /**
   * The text of tokens.
   *
   * @throws InferenceException if one is not in the vocabulary
   */
  public String text(int[] tokens) throws InferenceException {
    for (int token : tokens) {
      if (token < 0 || token >= model.vocabularySize()) {
        throw new InferenceException(
            Kind.INVALID_REQUEST,
            "the model's tokens are 0 to %d, found %d"
                .formatted(model.vocabularySize() - 1, token));
      }
    }
    try (TokenBuffer buffer = TokenBuffer.of(tokens)) {
      return model.detokenize(buffer);
    }
  }
}
