package dev.freehold.llama;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Objects;

/**
 * The tokens of one decode call, written straight into the arrays that llama.cpp reads. Owned by
 * one thread. Reused from step to step; adding and clearing allocate nothing.
 */
public final class Batch implements AutoCloseable {

  private static final long N_TOKENS = Layouts.offset(Layouts.LLAMA_BATCH, "n_tokens");

  private final Lifetime lifetime;
  private final MemorySegment struct;
  private final MemorySegment tokens;
  private final MemorySegment positions;
  private final MemorySegment sequenceCounts;
  private final MemorySegment sequences;
  private final MemorySegment outputs;
  private final int capacity;
  private final int sequencesPerTokenMax;
  private int size;

  private Batch(Arena arena, int capacity, int sequencesPerTokenMax) {
    this.capacity = capacity;
    this.sequencesPerTokenMax = sequencesPerTokenMax;
    this.struct = arena.allocate(Layouts.LLAMA_BATCH);
    this.tokens = arena.allocate(JAVA_INT, capacity);
    this.positions = arena.allocate(JAVA_INT, capacity);
    this.sequenceCounts = arena.allocate(JAVA_INT, capacity);
    this.sequences = arena.allocate(JAVA_INT, (long) capacity * sequencesPerTokenMax);
    this.outputs = arena.allocate(JAVA_BYTE, capacity);
    this.lifetime = new Lifetime("the batch", arena::close);
    MemorySegment lists = arena.allocate(ADDRESS, capacity);
    for (int i = 0; i < capacity; i++) {
      long from = (long) i * sequencesPerTokenMax * Integer.BYTES;
      lists.setAtIndex(ADDRESS, i, sequences.asSlice(from));
    }
    point("token", tokens);
    point("embd", MemorySegment.NULL);
    point("pos", positions);
    point("n_seq_id", sequenceCounts);
    point("seq_id", lists);
    point("logits", outputs);
  }

  /**
   * An empty batch.
   *
   * @param tokensMax how many tokens it can hold
   * @param sequencesPerTokenMax how many sequences a token can belong to
   */
  @SuppressWarnings("MustBeClosedChecker") // the batch owns the arena
  public static Batch allocate(int tokensMax, int sequencesPerTokenMax) {
    if (tokensMax < 1 || sequencesPerTokenMax < 1) {
      throw new IllegalArgumentException(
          "a batch of %d tokens with %d sequences each, expected at least 1 of both"
              .formatted(tokensMax, sequencesPerTokenMax));
    }
    Arena arena = Arena.ofShared();
    try {
      return new Batch(arena, tokensMax, sequencesPerTokenMax);
    } catch (RuntimeException | Error e) {
      arena.close();
      throw e;
    }
  }

  private void point(String field, MemorySegment array) {
    struct.set(ADDRESS, Layouts.offset(Layouts.LLAMA_BATCH, field), array);
  }

  public void clear() {
    requireOpen();
    resize(0);
  }

  public int size() {
    requireOpen();
    return size;
  }

  public int capacity() {
    return capacity;
  }

  /**
   * Adds a token.
   *
   * @param output whether the next token will be sampled from this one's logits
   * @return its index in the batch, which {@link Sampler#sample} takes
   * @throws IllegalStateException if the batch is full
   */
  public int add(int token, int position, int sequence, boolean output) {
    requireOpen();
    int index = size;
    if (index == capacity) {
      throw new IllegalStateException("the batch is full: it holds %d tokens".formatted(capacity));
    }
    tokens.setAtIndex(JAVA_INT, index, token);
    positions.setAtIndex(JAVA_INT, index, position);
    sequenceCounts.setAtIndex(JAVA_INT, index, 1);
    sequences.setAtIndex(JAVA_INT, (long) index * sequencesPerTokenMax, sequence);
    outputs.set(JAVA_BYTE, index, (byte) (output ? 1 : 0));
    resize(index + 1);
    return index;
  }

  /** Makes a token that was added belong to one more sequence. */
  public void share(int index, int sequence) {
    requireOpen();
    Objects.checkIndex(index, size);
    int count = sequenceCounts.getAtIndex(JAVA_INT, index);
    if (count == sequencesPerTokenMax) {
      throw new IllegalStateException(
          "a token of this batch belongs to at most %d sequences".formatted(sequencesPerTokenMax));
    }
    sequences.setAtIndex(JAVA_INT, (long) index * sequencesPerTokenMax + count, sequence);
    sequenceCounts.setAtIndex(JAVA_INT, index, count + 1);
  }

  private void resize(int tokensNow) {
    size = tokensNow;
    struct.set(JAVA_INT, N_TOKENS, tokensNow);
  }

  private void requireOpen() {
    if (lifetime.closed()) {
      throw new IllegalStateException("the batch is closed");
    }
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
