package dev.freehold.controller.publishing;

import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Tells who waits that a newer version exists. Only the newest number is kept: a waiter that was
 * slow misses nothing that still matters, and nothing queues up for it.
 */
public final class PublicationHints implements AutoCloseable {

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private long newest;
  private boolean closed;

  /** What a wait ended with. */
  public enum Outcome {
    NEWER,
    TIMED_OUT,
    CLOSED
  }

  void announce(long version) {
    lock.lock();
    try {
      newest = Math.max(newest, version);
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** The newest version announced, 0 before the first. */
  public long newest() {
    lock.lock();
    try {
      return newest;
    } finally {
      lock.unlock();
    }
  }

  /** Waits until there is a version above the one seen. */
  public Outcome await(long seen, Duration patience) throws InterruptedException {
    long nanos = patience.toNanos();
    lock.lockInterruptibly();
    try {
      while (!closed && newest <= seen) {
        if (nanos <= 0) {
          return Outcome.TIMED_OUT;
        }
        nanos = changed.awaitNanos(nanos);
      }
      return closed ? Outcome.CLOSED : Outcome.NEWER;
    } finally {
      lock.unlock();
    }
  }

  /** Ends every wait. */
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
