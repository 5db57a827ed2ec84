package dev.freehold.llama;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;

/** Tokens in native memory, as llama.cpp wrote them. Immutable; whoever asked for it closes it. */
public final class TokenBuffer implements AutoCloseable {

  private final Arena arena;
  private final MemorySegment segment;
  private final int size;
  private final AtomicBoolean closed = new AtomicBoolean();

  private TokenBuffer(Arena arena, MemorySegment segment, int size) {
    this.arena = arena;
    this.segment = segment;
    this.size = size;
  }

  /** Takes over memory that the library handed out. */
  @SuppressWarnings("MustBeClosedChecker") // the buffer owns the arena
  static TokenBuffer adopt(long address, int size) {
    Arena arena = Arena.ofShared();
    MemorySegment segment =
        MemorySegment.ofAddress(address)
            .reinterpret((long) size * Integer.BYTES, arena, LibraryCalls::free);
    return new TokenBuffer(arena, segment, size);
  }

  /** Copies tokens into native memory. */
  @SuppressWarnings("MustBeClosedChecker") // the buffer owns the arena
  public static TokenBuffer of(int... tokens) {
    Arena arena = Arena.ofShared();
    return new TokenBuffer(arena, arena.allocateFrom(JAVA_INT, tokens), tokens.length);
  }

  /** Copies several buffers' tokens, one after the other, within native memory. */
  @SuppressWarnings("MustBeClosedChecker") // the buffer owns the arena
  public static TokenBuffer joined(List<Slice> parts) {
    long total = parts.stream().mapToLong(Slice::count).sum();
    int size = Math.toIntExact(total);
    Arena arena = Arena.ofShared();
    MemorySegment segment = arena.allocate(JAVA_INT, Math.max(1, size));
    long end = 0;
    for (Slice part : parts) {
      long bytes = (long) part.count * Integer.BYTES;
      MemorySegment.copy(
          part.tokens.segment(), (long) part.from * Integer.BYTES, segment, end, bytes);
      end += bytes;
    }
    return new TokenBuffer(arena, segment, size);
  }

  /** The tokens of a buffer from one index on. */
  public record Slice(TokenBuffer tokens, int from, int count) {

    public Slice {
      Objects.checkFromIndexSize(from, count, tokens.size());
    }

    /** All of them. */
    public static Slice of(TokenBuffer tokens) {
      return new Slice(tokens, 0, tokens.size());
    }
  }

  /** The same tokens in memory of their own. */
  public TokenBuffer copy() {
    return joined(List.of(Slice.of(this)));
  }

  public int size() {
    return size;
  }

  public int get(int index) {
    requireOpen();
    Objects.checkIndex(index, size);
    return segment.getAtIndex(JAVA_INT, index);
  }

  /** The tokens where they lie: {@link #size} ints, valid until this buffer is closed. */
  public MemorySegment segment() {
    requireOpen();
    return segment;
  }

  private void requireOpen() {
    if (closed.get()) {
      throw new IllegalStateException("the token buffer is closed");
    }
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      arena.close();
    }
  }
}
