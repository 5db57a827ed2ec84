package dev.freehold.llama;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicBoolean;

/** What a projector made of an image, in native memory. Whoever asked for it closes it. */
public final class ImageEmbeddings implements AutoCloseable {

  private final Model model;
  private final Arena arena;
  private final MemorySegment segment;
  private final int tokens;
  private final int width;
  private final boolean nonCausal;
  private final AtomicBoolean closed = new AtomicBoolean();

  private ImageEmbeddings(Model model, Arena arena, int tokens, int width, boolean nonCausal) {
    this.model = model;
    this.arena = arena;
    this.segment = arena.allocate(JAVA_FLOAT, (long) tokens * width);
    this.tokens = tokens;
    this.width = width;
    this.nonCausal = nonCausal;
  }

  @SuppressWarnings("MustBeClosedChecker") // the embeddings own the arena
  static ImageEmbeddings allocate(Model model, int tokens, int width, boolean nonCausal) {
    Arena arena = Arena.ofShared();
    try {
      return new ImageEmbeddings(model, arena, tokens, width, nonCausal);
    } catch (RuntimeException | Error e) {
      arena.close();
      throw e;
    }
  }

  Model model() {
    return model;
  }

  /** How many tokens the image takes. */
  public int tokens() {
    return tokens;
  }

  /** Floats of one token. */
  public int width() {
    return width;
  }

  /** Whether its tokens see each other in both directions and must be decoded at once. */
  public boolean nonCausal() {
    return nonCausal;
  }

  /** All floats, token after token; valid until this is closed. */
  public MemorySegment segment() {
    if (closed.get()) {
      throw new IllegalStateException("the image's embeddings are closed");
    }
    return segment;
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      arena.close();
    }
  }
}
