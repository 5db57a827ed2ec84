package dev.freehold.provider;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.BlockingQueue;

/**
 * Time as a chain of attempts sees it: what it is, and how to wait. Everything that waits for a
 * provider waits by one of these, so that a test can let hours pass in a moment.
 */
public interface Timing extends InstantSource {

  /** The machine's own. */
  Timing SYSTEM = new SystemTiming();

  /**
   * Takes the queue's next element, waiting for it if need be.
   *
   * @return null if there was none until then
   */
  <T> T poll(BlockingQueue<T> queue, Instant until) throws InterruptedException;

  /** Waits. */
  void sleep(Duration time) throws InterruptedException;

  /** Runs something short at that time, on a thread of its own, unless it is cancelled before. */
  Alarm at(Instant time, Runnable action);

  /** Something that will be run. */
  @FunctionalInterface
  interface Alarm {

    /** Does nothing if it has run. */
    void cancel();
  }
}
