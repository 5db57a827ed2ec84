package dev.freehold.engine;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.locks.LockSupport;

/**
 * The bytes of one answer between the engine's thread, which writes, and one reader.
 *
 * <p>A piece of text is copied once, from native memory into this ring. It becomes visible to the
 * reader by {@link #commit}: what may still turn out to be a stop text, or is half a UTF-8
 * character, stays behind the mark. Neither side ever waits for a lock of the other. Positions
 * count bytes since the start and never wrap; only the index into the array does.
 */
final class TextRing {

  /** A reader may fall this far behind; at 100 tokens/s that is some three minutes of text. */
  static final int CAPACITY_BYTES = 1 << 16;

  private static final int MASK = CAPACITY_BYTES - 1;

  private final byte[] bytes = new byte[CAPACITY_BYTES];

  /** End of what was written. The writer's own. */
  private long written;

  /** End of what the reader may see. */
  private volatile long committed;

  /** End of what the reader has taken. */
  private volatile long taken;

  private volatile boolean ended;
  private volatile Thread reader;

  /** Copies a piece behind what was written; false if there is no room for it. */
  boolean write(MemorySegment piece, int length) {
    if (written + length - taken > CAPACITY_BYTES) {
      return false;
    }
    int index = (int) written & MASK;
    int first = Math.min(length, CAPACITY_BYTES - index);
    MemorySegment.copy(piece, ValueLayout.JAVA_BYTE, 0, bytes, index, first);
    MemorySegment.copy(piece, ValueLayout.JAVA_BYTE, first, bytes, 0, length - first);
    written += length;
    return true;
  }

  long written() {
    return written;
  }

  long committed() {
    return committed;
  }

  byte at(long position) {
    return bytes[(int) position & MASK];
  }

  /** Shows the reader everything before {@code position} and drops nothing. */
  void commit(long position) {
    if (position > committed) {
      committed = position;
      wakeReader();
    }
  }

  /** Forgets what was written but not committed. */
  void discardUncommitted() {
    written = committed;
  }

  void end() {
    ended = true;
    wakeReader();
  }

  private void wakeReader() {
    Thread waiting = reader;
    if (waiting != null) {
      LockSupport.unpark(waiting);
    }
  }

  /** Takes what is there without waiting; {@code into} must hold {@link #CAPACITY_BYTES}. */
  int take(byte[] into) {
    long from = taken;
    int length = (int) (committed - from);
    int index = (int) from & MASK;
    int first = Math.min(length, CAPACITY_BYTES - index);
    System.arraycopy(bytes, index, into, 0, first);
    System.arraycopy(bytes, 0, into, first, length - first);
    taken = from + length;
    return length;
  }

  /** Waits until there is something to take, the answer has ended, or {@code nanos} have passed. */
  void await(long nanos) throws InterruptedException {
    long deadline = System.nanoTime() + nanos;
    reader = Thread.currentThread();
    try {
      while (committed == taken && !ended) {
        long left = deadline - System.nanoTime();
        if (left <= 0) {
          return;
        }
        LockSupport.parkNanos(this, left);
        if (Thread.interrupted()) {
          throw new InterruptedException();
        }
      }
    } finally {
      reader = null;
    }
  }

  /** Whether the reader has not taken everything yet. */
  boolean hasMore() {
    return taken < committed;
  }

  boolean ended() {
    return ended;
  }
}
