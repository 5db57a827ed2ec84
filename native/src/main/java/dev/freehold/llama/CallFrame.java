package dev.freehold.llama;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;

/**
 * The memory of one native call that is not on the token path: its arguments, its out-parameters,
 * its message. Closed when the call is over.
 */
final class CallFrame implements AutoCloseable {

  /** FREEHOLD_MESSAGE_BYTES of the header. */
  static final long MESSAGE_BYTES = 1024;

  private final Arena arena = Arena.ofConfined();
  private final MemorySegment message = arena.allocate(MESSAGE_BYTES);
  private final MemorySegment pointer = arena.allocate(ADDRESS);
  private final MemorySegment number = arena.allocate(JAVA_LONG);

  Arena arena() {
    return arena;
  }

  MemorySegment message() {
    return message;
  }

  /** Where the call writes an address. */
  MemorySegment pointer() {
    return pointer;
  }

  /** Where the call writes an int or a long. */
  MemorySegment number() {
    return number;
  }

  long address() {
    return pointer.get(ADDRESS, 0).address();
  }

  int count() {
    return number.get(JAVA_INT, 0);
  }

  long bytes() {
    return number.get(JAVA_LONG, 0);
  }

  /**
   * The bytes the call handed out at {@link #pointer}, which are given back; null if it gave none.
   */
  byte[] takeBytes() {
    MemorySegment given = pointer.get(ADDRESS, 0);
    if (given.address() == 0) {
      return null;
    }
    try {
      return given.reinterpret(bytes()).toArray(JAVA_BYTE);
    } finally {
      LibraryCalls.free(given);
    }
  }

  String takeString() {
    byte[] bytes = takeBytes();
    return bytes == null ? null : new String(bytes, StandardCharsets.UTF_8);
  }

  /** Turns a status into an exception unless it is one that the caller expects. */
  void check(int status, String doing) {
    if (status < 0) {
      throw failure(doing, message);
    }
  }

  static LlamaException failure(int status, String doing, MemorySegment message) {
    return new LlamaException(
        LlamaException.Reason.of(status), doing + ": " + message.getString(0));
  }

  static LlamaException failure(String doing, MemorySegment message) {
    return new LlamaException(doing + ": " + message.getString(0));
  }

  @Override
  public void close() {
    arena.close();
  }
}
