package dev.freehold.provider;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** The machine's clock and its waiting. */
final class SystemTiming implements Timing {

  private final ScheduledThreadPoolExecutor alarms;

  SystemTiming() {
    alarms =
        new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("request-deadlines").factory());
    alarms.setRemoveOnCancelPolicy(true);
  }

  @Override
  public Instant instant() {
    return Instant.now();
  }

  @Override
  public <T> T poll(BlockingQueue<T> queue, Instant until) throws InterruptedException {
    T there = queue.poll();
    return there != null ? there : queue.poll(nanosUntil(until), TimeUnit.NANOSECONDS);
  }

  @Override
  public void sleep(Duration time) throws InterruptedException {
    // The time to wait is itself what was asked for.
    Thread.sleep(time);
  }

  @Override
  public Alarm at(Instant time, Runnable action) {
    // On a thread of its own: closing a socket may wait for the other side.
    Runnable apart = () -> Thread.ofVirtual().name("request-deadline").start(action);
    ScheduledFuture<?> scheduled = alarms.schedule(apart, nanosUntil(time), TimeUnit.NANOSECONDS);
    return () -> scheduled.cancel(false);
  }

  private static long nanosUntil(Instant time) {
    Duration left = Duration.between(Instant.now(), time);
    return left.isNegative() ? 0 : TimeUnit.NANOSECONDS.convert(left);
  }
}
