package dev.freehold.llama;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Objects;

/**
 * A part of an image for one decode call: llama.cpp takes tokens or embeddings in a batch, not
 * both. It points into the image's own memory. Owned by one thread, reused.
 */
public final class ImageBatch implements AutoCloseable {

  private final Lifetime lifetime;
  private final MemorySegment struct;
  private final MemorySegment positions;
  private final MemorySegment sequences;
  private final int capacity;
  private Model model;
  private boolean nonCausal;

  private ImageBatch(Arena arena, int capacity) {
    this.capacity = capacity;
    this.struct = arena.allocate(Layouts.LLAMA_BATCH);
    this.positions = arena.allocate(JAVA_INT, capacity);
    this.sequences = arena.allocate(JAVA_INT, capacity);
    MemorySegment counts = arena.allocate(JAVA_INT, capacity);
    MemorySegment lists = arena.allocate(ADDRESS, capacity);
    for (int i = 0; i < capacity; i++) {
      counts.setAtIndex(JAVA_INT, i, 1);
      lists.setAtIndex(ADDRESS, i, sequences.asSlice((long) i * Integer.BYTES));
    }
    this.lifetime = new Lifetime("the batch", arena::close);
    point("token", MemorySegment.NULL);
    point("pos", positions);
    point("n_seq_id", counts);
    point("seq_id", lists);
    // Nothing is sampled after an image: text always follows.
    point("logits", arena.allocate(JAVA_BYTE, capacity));
  }

  /** A batch without an image, which cannot be decoded yet. */
  @SuppressWarnings("MustBeClosedChecker") // the batch owns the arena
  public static ImageBatch allocate(int tokensMax) {
    if (tokensMax < 1) {
      throw new IllegalArgumentException(
          "a batch of %d tokens, expected at least 1".formatted(tokensMax));
    }
    Arena arena = Arena.ofShared();
    try {
      return new ImageBatch(arena, tokensMax);
    } catch (RuntimeException | Error e) {
      arena.close();
      throw e;
    }
  }

  private void point(String field, MemorySegment array) {
    struct.set(ADDRESS, Layouts.offset(Layouts.LLAMA_BATCH, field), array);
  }

  public int capacity() {
    return capacity;
  }

  /**
   * Holds a part of an image from now on. The image must stay open until it has been decoded.
   *
   * @param from the first of the image's tokens that is in the batch
   * @param count how many
   * @param position where in the sequence the first of them stands
   */
  public void hold(ImageEmbeddings image, int from, int count, int position, int sequence) {
    if (lifetime.closed()) {
      throw new IllegalStateException("the batch is closed");
    }
    Objects.checkFromIndexSize(from, count, image.tokens());
    if (count > capacity) {
      throw new IllegalArgumentException(
          "%d tokens of an image, the batch holds %d".formatted(count, capacity));
    }
    if (image.nonCausal() && count != image.tokens()) {
      throw new IllegalArgumentException(
          "this image is decoded at once: expected all %d tokens, found %d"
              .formatted(image.tokens(), count));
    }
    long rowBytes = (long) image.width() * Float.BYTES;
    point("embd", image.segment().asSlice(from * rowBytes, count * rowBytes));
    for (int i = 0; i < count; i++) {
      positions.setAtIndex(JAVA_INT, i, position + i);
      sequences.setAtIndex(JAVA_INT, i, sequence);
    }
    struct.set(JAVA_INT, Layouts.offset(Layouts.LLAMA_BATCH, "n_tokens"), count);
    nonCausal = image.nonCausal();
    model = image.model();
  }

  /** The model whose width the image has, null before there is one. */
  Model model() {
    return model;
  }

  boolean nonCausal() {
    return nonCausal;
  }

  Lifetime lifetime() {
    return lifetime;
  }

  MemorySegment struct() {
    return struct;
  }

  @Override
  public void close() {
    lifetime.close();
  }
}
