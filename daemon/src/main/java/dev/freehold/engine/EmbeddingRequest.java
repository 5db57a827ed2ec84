package dev.freehold.engine;

import dev.freehold.llama.TokenPack;
import java.util.Objects;

/**
 * What to turn into vectors or scores. The inputs are native memory: {@link EmbeddingEngine#submit}
 * takes them over, whether it accepts the request or not, and closes them when it needs them no
 * more.
 *
 * @param inputs one sequence an input, at least one
 * @param width how many of each result's first floats are kept
 * @param normalised whether what is kept is brought to the Euclidean length 1
 */
public record EmbeddingRequest(TokenPack inputs, int width, boolean normalised) {

  public EmbeddingRequest {
    Objects.requireNonNull(inputs, "inputs");
    if (inputs.sequences() < 1 || width < 1) {
      throw new IllegalArgumentException(
          "%d inputs of %d floats, expected at least 1 of both"
              .formatted(inputs.sequences(), width));
    }
  }

  /**
   * Looks at one input, for those who would rather not make the next if this one cannot be taken.
   *
   * @param tokensMax the most tokens that one input can have
   * @throws EngineException if it has none or too many
   */
  public static void checkInput(TokenPack inputs, int input, int tokensMax) throws EngineException {
    int tokens = inputs.length(input);
    if (tokens == 0) {
      throw new EngineException(
          EngineException.Kind.EMPTY,
          "input %d is empty: send at least one token of text".formatted(input));
    }
    if (tokens > tokensMax) {
      throw new EngineException(
          EngineException.Kind.TOO_LONG,
          "the model takes inputs of at most %d tokens, but input %d has %d: shorten or split it"
              .formatted(tokensMax, input, tokens));
    }
  }
}
