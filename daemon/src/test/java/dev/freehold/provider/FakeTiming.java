package dev.freehold.provider;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;

/** Time that passes when a test says so. Whoever sleeps lets it pass at once. */
public final class FakeTiming implements Timing {

  private record Due(Instant time, Runnable action) {}

  // Guarded by this.
  private Instant now = Instant.parse("2026-03-01T12:00:00Z");
  private final List<Due> alarms = new ArrayList<>();

  /** Lets time pass, and rings what is due by then. */
  public void advance(Duration time) {
    List<Due> due;
    synchronized (this) {
      now = now.plus(time);
      due = alarms.stream().filter(alarm -> !alarm.time().isAfter(now)).toList();
      alarms.removeAll(due);
    }
    due.forEach(alarm -> alarm.action().run());
  }

  /** How many alarms have not rung. */
  public synchronized int alarms() {
    return alarms.size();
  }

  @Override
  public synchronized Instant instant() {
    return now;
  }

  @Override
  public <T> T poll(BlockingQueue<T> queue, Instant until) throws InterruptedException {
    while (true) {
      boolean over = !instant().isBefore(until);
      // Nothing tells of both an element and of time that was let pass: it looks for either.
      T element = queue.poll(over ? 0 : 1, TimeUnit.MILLISECONDS);
      if (element != null || over) {
        return element;
      }
    }
  }

  @Override
  public void sleep(Duration time) {
    advance(time);
  }

  @Override
  public synchronized Alarm at(Instant time, Runnable action) {
    Due due = new Due(time, action);
    alarms.add(due);
    return () -> cancel(due);
  }

  private synchronized void cancel(Due due) {
    alarms.remove(due);
  }
}
