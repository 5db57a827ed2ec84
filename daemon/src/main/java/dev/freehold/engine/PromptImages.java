package dev.freehold.engine;

import dev.freehold.llama.ImageEmbeddings;
import dev.freehold.llama.ImageSpan;
import java.util.List;
import java.util.Optional;

/**
 * The images of one prompt, computed: where they stand among its tokens, and their embeddings in
 * native memory. Immutable; closed with the request that has it.
 */
public final class PromptImages implements AutoCloseable {

  private final List<ImageSpan> spans;
  private final List<ImageEmbeddings> embeddings;
  private final Runnable released;

  /**
   * Takes embeddings over.
   *
   * @param spans where each stands, in order
   * @param embeddings one for each span
   * @param released told once when the memory has been given back
   */
  PromptImages(List<ImageSpan> spans, List<ImageEmbeddings> embeddings, Runnable released) {
    this.spans = List.copyOf(spans);
    this.embeddings = List.copyOf(embeddings);
    this.released = released;
    if (this.spans.isEmpty() || this.spans.size() != this.embeddings.size()) {
      throw new IllegalArgumentException(
          "%d places for %d images, expected as many and at least one"
              .formatted(this.spans.size(), this.embeddings.size()));
    }
  }

  /** Why an engine cannot run a prompt of so many tokens with these images in it, if so. */
  Optional<EngineException> refusal(int promptTokens, int batchTokens) {
    if (spans.getLast().end() >= promptTokens) {
      return Optional.of(
          new EngineException(
              EngineException.Kind.BAD_IMAGE, "the prompt ends in an image, text must follow it"));
    }
    int indivisible = indivisibleTokensMax();
    if (indivisible > batchTokens) {
      return Optional.of(
          new EngineException(
              EngineException.Kind.IMAGE_TOO_LARGE,
              "an image has %d tokens that are decoded at once, the engine's batch holds %d"
                  .formatted(indivisible, batchTokens)));
    }
    return Optional.empty();
  }

  /** The most tokens of an image that has to be decoded in one batch; 0 if none has to. */
  private int indivisibleTokensMax() {
    int most = 0;
    for (ImageEmbeddings image : embeddings) {
      most = image.nonCausal() ? Math.max(most, image.tokens()) : most;
    }
    return most;
  }

  /** Where text that begins at a position ends: at the next image, or at the given end. */
  int textEnd(int position, int end) {
    for (int i = 0; i < spans.size(); i++) {
      ImageSpan span = spans.get(i);
      if (position < span.end()) {
        return Math.max(position, span.start());
      }
    }
    return end;
  }

  /** Which image stands at a position; there must be one. */
  int at(int position) {
    for (int i = 0; i < spans.size(); i++) {
      if (position >= spans.get(i).start() && position < spans.get(i).end()) {
        return i;
      }
    }
    throw new IllegalArgumentException("no image stands at position " + position);
  }

  ImageSpan span(int image) {
    return spans.get(image);
  }

  ImageEmbeddings embeddings(int image) {
    return embeddings.get(image);
  }

  @Override
  public void close() {
    embeddings.forEach(ImageEmbeddings::close);
    released.run();
  }

  @Override
  public String toString() {
    return "PromptImages[count=" + spans.size() + "]";
  }
}
