package dev.freehold.llama;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;

/**
 * Many token sequences in one piece of native memory: one allocation, and one release, for all the
 * inputs of a request. Written by one thread, sequence after sequence, and from then on only read.
 */
public final class TokenPack implements AutoCloseable {

  private static final int TOKENS_AT_FIRST = 256;

  private Arena arena;
  private MemorySegment tokens;
  private int[] ends = new int[1];
  private int sequences;
  private int total;
  private boolean closed;

  /** An empty pack, whose first sequence is still empty. */
  @SuppressWarnings("MustBeClosedChecker") // the pack owns the arena
  public TokenPack() {
    arena = Arena.ofShared();
    tokens = arena.allocate(JAVA_INT, TOKENS_AT_FIRST);
  }

  /** Adds the tokens of a text to the sequence being written. */
  public void append(Model model, String text, boolean addSpecial, boolean parseSpecial) {
    requireOpen();
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    model.lifetime().enter();
    try (CallFrame frame = new CallFrame()) {
      MemorySegment copy = frame.arena().allocate(Math.max(1, utf8.length));
      MemorySegment.copy(utf8, 0, copy, JAVA_BYTE, 0, utf8.length);
      int status =
          ModelCalls.tokenize(
              model.address(),
              copy,
              utf8.length,
              Model.flag(addSpecial),
              Model.flag(parseSpecial),
              frame.pointer(),
              frame.number(),
              frame.message());
      frame.check(status, "the text cannot be tokenised");
      take(MemorySegment.ofAddress(frame.address()), frame.count());
    } finally {
      model.lifetime().exit();
    }
  }

  private void take(MemorySegment given, int count) {
    try {
      ensure(count);
      long bytes = (long) count * Integer.BYTES;
      MemorySegment.copy(given.reinterpret(bytes), 0, tokens, (long) total * Integer.BYTES, bytes);
      total += count;
    } finally {
      LibraryCalls.free(given);
    }
  }

  /** Adds one token to the sequence being written. */
  public void append(int token) {
    requireOpen();
    ensure(1);
    tokens.setAtIndex(JAVA_INT, total, token);
    total++;
  }

  /** Ends the sequence being written: what is appended next belongs to another. */
  public void endSequence() {
    requireOpen();
    if (sequences == ends.length) {
      ends = Arrays.copyOf(ends, ends.length * 2);
    }
    ends[sequences] = total;
    sequences++;
  }

  /** How many sequences have been ended. */
  public int sequences() {
    return sequences;
  }

  /** The tokens of all sequences. */
  public int total() {
    return total;
  }

  public int length(int sequence) {
    Objects.checkIndex(sequence, sequences);
    return ends[sequence] - start(sequence);
  }

  public int get(int sequence, int index) {
    Objects.checkIndex(index, length(sequence));
    return tokens.getAtIndex(JAVA_INT, start(sequence) + index);
  }

  private int start(int sequence) {
    return sequence == 0 ? 0 : ends[sequence - 1];
  }

  @SuppressWarnings("MustBeClosedChecker") // the pack owns the arena
  private void ensure(int more) {
    long capacity = tokens.byteSize() / Integer.BYTES;
    long needed = Math.addExact(total, more);
    if (needed <= capacity) {
      return;
    }
    Arena larger = Arena.ofShared();
    MemorySegment moved = larger.allocate(JAVA_INT, Math.max(needed, capacity * 2));
    MemorySegment.copy(tokens, 0, moved, 0, (long) total * Integer.BYTES);
    arena.close();
    arena = larger;
    tokens = moved;
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("the token pack is closed");
    }
  }

  /** Called once everybody has stopped reading; a second close does nothing. */
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      arena.close();
    }
  }
}
