package dev.freehold.engine;

import dev.freehold.llama.Context;
import dev.freehold.llama.Model;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads from llama.cpp how likely tokens were. Owned by the engine's thread. It allocates on the
 * heap, so it is asked only for requests that want to know.
 */
final class TokenScores {

  /** The most alternatives that a request may ask for. */
  static final int ALTERNATIVES_MAX = 20;

  private final Model model;
  private final MemorySegment piece;
  private final MemorySegment tokens;
  private final MemorySegment logprobs;

  TokenScores(Model model, Arena arena) {
    this.model = model;
    this.piece = arena.allocate(Model.PIECE_BYTES_MAX);
    this.tokens = arena.allocate(ValueLayout.JAVA_INT, ALTERNATIVES_MAX);
    this.logprobs = arena.allocate(ValueLayout.JAVA_FLOAT, ALTERNATIVES_MAX);
  }

  /**
   * What is known of a token that was just sampled.
   *
   * @param output where in the last batch its logits are
   * @param start where its text will begin in the answer
   * @param alternatives how many others to tell
   */
  ScoredToken of(
      Context context, int output, int token, List<Byte> utf8, long start, int alternatives) {
    int count = Math.min(alternatives, model.vocabularySize());
    float logprob = context.logprobs(output, token, count, tokens, logprobs);
    List<ScoredToken.Alternative> others = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      int other = tokens.getAtIndex(ValueLayout.JAVA_INT, i);
      int length = model.piece(other, piece, true);
      others.add(
          new ScoredToken.Alternative(
              bytes(piece, length), logprobs.getAtIndex(ValueLayout.JAVA_FLOAT, i)));
    }
    return new ScoredToken(start, utf8, logprob, others);
  }

  static List<Byte> bytes(MemorySegment segment, int length) {
    List<Byte> bytes = new ArrayList<>(length);
    for (int i = 0; i < length; i++) {
      bytes.add(segment.get(ValueLayout.JAVA_BYTE, i));
    }
    return bytes;
  }
}
