package dev.freehold.provider;

import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * The machine's clock and its waiting.
 *
 * <p>Each request sets alarms and hardly one ever rings. A timer queue would wake its thread for
 * each that is due before the others; here one thread looks at all of them every {@link
 * #LOOK_EVERY}, and an alarm rings that much late at most.
 */
final class SystemTiming implements Timing {

  private static final Duration LOOK_EVERY = Duration.ofMillis(20);

  /** After so many looks without an alarm the thread rests until there is one. */
  private static final int LOOKS_WITHOUT_ALARMS_MAX = 100;

  private final Set<Due> alarms = ConcurrentHashMap.newKeySet();
  private final Thread looker =
      Thread.ofPlatform().daemon().name("request-deadlines").unstarted(this::look);
  private volatile boolean resting;

  SystemTiming() {
    looker.start();
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
    Due due = new Due(System.nanoTime() + nanosUntil(time), action);
    alarms.add(due);
    // Read after the alarm is there: a thread that goes to rest now sees the alarm.
    if (resting) {
      LockSupport.unpark(looker);
    }
    return () -> alarms.remove(due);
  }

  private void look() {
    int without = 0;
    while (true) {
      LockSupport.parkNanos(LOOK_EVERY.toNanos());
      long now = System.nanoTime();
      alarms.forEach(due -> ringIfDue(due, now));
      without = alarms.isEmpty() ? without + 1 : 0;
      if (without > LOOKS_WITHOUT_ALARMS_MAX) {
        rest();
        without = 0;
      }
    }
  }

  /** On a thread of its own: closing a socket may wait for the other side. */
  private void ringIfDue(Due due, long nowNanos) {
    if (nowNanos - due.atNanos >= 0 && alarms.remove(due)) {
      Thread.ofVirtual().name("request-deadline").start(() -> ring(due));
    }
  }

  private static void ring(Due due) {
    try {
      due.action.run();
    } catch (RuntimeException e) {
      System.getLogger(SystemTiming.class.getName())
          .log(System.Logger.Level.WARNING, "An alarm failed: {0}", e.getClass().getName());
    }
  }

  private void rest() {
    resting = true;
    while (alarms.isEmpty()) {
      LockSupport.park(this);
    }
    resting = false;
  }

  private static long nanosUntil(Instant time) {
    Duration left = Duration.between(Instant.now(), time);
    return left.isNegative() ? 0 : TimeUnit.NANOSECONDS.convert(left);
  }

  /** Two alarms are never the same, whatever their times. */
  private static final class Due {

    private final long atNanos;
    private final Runnable action;

    Due(long atNanos, Runnable action) {
      this.atNanos = atNanos;
      this.action = action;
    }
  }
}
