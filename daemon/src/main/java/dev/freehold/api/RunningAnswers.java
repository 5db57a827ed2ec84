package dev.freehold.api;

import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** The answers that are on their way, so that a stop can wait for them and then end them. */
final class RunningAnswers {

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition fewer = lock.newCondition();
  private final Set<Running> running = new HashSet<>();

  /**
   * Adds an answer.
   *
   * @param end ends it; it must not wait
   */
  Running add(Runnable end) {
    Running entry = new Running(end);
    lock.lock();
    try {
      running.add(entry);
    } finally {
      lock.unlock();
    }
    return entry;
  }

  int size() {
    lock.lock();
    try {
      return running.size();
    } finally {
      lock.unlock();
    }
  }

  /** Waits until none is left, for a bounded time. */
  boolean awaitNone(Duration max) throws InterruptedException {
    long nanos = max.toNanos();
    lock.lockInterruptibly();
    try {
      while (!running.isEmpty() && nanos > 0) {
        nanos = fewer.awaitNanos(nanos);
      }
      return running.isEmpty();
    } finally {
      lock.unlock();
    }
  }

  /** Ends every answer; their requests then tell their clients. */
  void endAll() {
    Set<Running> all;
    lock.lock();
    try {
      all = new HashSet<>(running);
    } finally {
      lock.unlock();
    }
    all.forEach(entry -> entry.end.run());
  }

  /** One answer, until it is closed. */
  final class Running implements AutoCloseable {
    private final Runnable end;

    private Running(Runnable end) {
      this.end = end;
    }

    @Override
    public void close() {
      lock.lock();
      try {
        running.remove(this);
        fewer.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }
}
