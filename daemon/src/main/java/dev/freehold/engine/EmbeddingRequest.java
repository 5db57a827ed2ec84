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
}
