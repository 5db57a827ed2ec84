package dev.freehold.api;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * The memory that the bodies of requests in progress may take together. A body is read, parsed,
 * kept as text and perhaps written anew for a provider; without a bound, a few dozen clients with
 * long ones would exhaust the heap and end the daemon for all.
 */
final class BodyMemory {

  /** How many times a body's bytes are in memory: read, parsed, as text, written anew. */
  private static final int COPIES = 8;

  /** How long a body waits for room before it is refused. */
  private static final Duration WAIT_MAX = Duration.ofSeconds(2);

  private static final int UNIT_BYTES = 1024;

  private final Semaphore free;

  /**
   * Shares memory out.
   *
   * @param bodyBytes bytes of bodies at a time, each counted once
   */
  BodyMemory(long bodyBytes) {
    free = new Semaphore(units(bodyBytes));
  }

  /** Bytes of bodies at a time for which half of the heap has room. */
  static long ofHeap(long heapBytes) {
    return heapBytes / 2 / COPIES;
  }

  /** Takes room for a body, waiting a little while for it. */
  Share take(long bytes) throws ApiException, InterruptedException {
    int units = units(bytes);
    if (!free.tryAcquire(units, WAIT_MAX.toMillis(), TimeUnit.MILLISECONDS)) {
      throw ApiErrors.noRoom();
    }
    return new Share(units);
  }

  private static int units(long bytes) {
    return Math.toIntExact(Math.ceilDiv(bytes, UNIT_BYTES));
  }

  /** Room that was taken. */
  final class Share implements AutoCloseable {

    private int units;

    private Share(int units) {
      this.units = units;
    }

    /** Gives back what turned out not to be needed. */
    void shrinkTo(long bytes) {
      int needed = units(bytes);
      free.release(Math.max(0, units - needed));
      units = Math.min(units, needed);
    }

    @Override
    public void close() {
      free.release(units);
      units = 0;
    }
  }
}
