package dev.freehold.lifecycle;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Turns SIGTERM and SIGINT into an interrupt of the thread that runs the daemon, and keeps the
 * process alive until that thread has closed everything.
 */
final class StopSignal implements AutoCloseable {

  private final Thread daemon = Thread.currentThread();
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Duration patience;
  private final Thread hook = new Thread(this::stop, "freehold-stop");

  /**
   * @param patience how long closing may take before the process ends all the same
   */
  StopSignal(Duration patience) {
    this.patience = patience;
    Runtime.getRuntime().addShutdownHook(hook);
  }

  private void stop() {
    daemon.interrupt();
    boolean inGoodOrder = false;
    try {
      inGoodOrder = closed.await(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    // A signal alone would end the process with 128 + its number, which says nothing of how well
    // it closed.
    Runtime.getRuntime().halt(inGoodOrder ? 0 : 1);
  }

  /** Everything is closed. Does not wait for a stop that is under way. */
  @Override
  public void close() {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The stop is under way: the hook waits for exactly this.
      closed.countDown();
    }
  }
}
