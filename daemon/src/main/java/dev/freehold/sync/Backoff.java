package dev.freehold.sync;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Pauses that double from one failure to the next, each drawn at random between half and all of it,
 * so that a fleet that lost its controller does not come back in step.
 */
final class Backoff {

  private static final double POLL_JITTER = 0.2;

  private final Duration min;
  private final Duration max;
  private Duration next;

  Backoff(Duration min, Duration max) {
    this.min = min;
    this.max = max;
    this.next = min;
  }

  void succeeded() {
    next = min;
  }

  Duration failed() {
    Duration pause = next;
    Duration doubled = next.multipliedBy(2);
    next = doubled.compareTo(max) > 0 ? max : doubled;
    long nanos = pause.toNanos();
    return Duration.ofNanos(nanos / 2 + ThreadLocalRandom.current().nextLong(nanos / 2 + 1));
  }

  static Duration jittered(Duration poll) {
    double factor = 1 - POLL_JITTER + 2 * POLL_JITTER * ThreadLocalRandom.current().nextDouble();
    return Duration.ofNanos((long) (poll.toNanos() * factor));
  }
}
