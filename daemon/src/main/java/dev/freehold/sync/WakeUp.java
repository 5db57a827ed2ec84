package dev.freehold.sync;

import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** A bell that is remembered when it rings while nobody waits; ringing twice is ringing once. */
final class WakeUp {

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition rung = lock.newCondition();
  private boolean ringing;

  void ring() {
    lock.lock();
    try {
      ringing = true;
      rung.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Waits until the bell rings, and silences it; false when it did not in that time. */
  boolean await(Duration patience) throws InterruptedException {
    long nanos = patience.toNanos();
    lock.lockInterruptibly();
    try {
      while (!ringing && nanos > 0) {
        nanos = rung.awaitNanos(nanos);
      }
      boolean heard = ringing;
      ringing = false;
      return heard;
    } finally {
      lock.unlock();
    }
  }
}
