package dev.freehold.provider;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceException.Kind;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.llama.Model;
import dev.freehold.llama.TokenBuffer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** The vocabulary and the chat template of a loaded model. */
final class LocalVocabulary implements Vocabulary {

  private final Lease lease;
  private final Model model;

  /** Takes the lease over. */
  LocalVocabulary(Lease lease) {
    this.lease = lease;
    this.model = lease.model().weights();
  }

  @Override
  public int[] tokens(String text, boolean addSpecial, boolean parseSpecial) {
    try (TokenBuffer tokens = model.tokenize(text, addSpecial, parseSpecial)) {
      return tokens.segment().asSlice(0, (long) tokens.size() * Integer.BYTES).toArray(JAVA_INT);
    }
  }

  @Override
  public byte[] piece(int token) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment into = arena.allocate(Model.PIECE_BYTES_MAX);
      int length = model.piece(token, into, true);
      return into.asSlice(0, length).toArray(JAVA_BYTE);
    }
  }

  @Override
  public String text(int[] tokens) throws InferenceException {
    for (int token : tokens) {
      if (!model.hasToken(token)) {
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

  @Override
  public String prompt(InferenceRequest request) throws InferenceException {
    return lease.model().promptText(request);
  }

  @Override
  public void close() {
    lease.close();
  }
}
