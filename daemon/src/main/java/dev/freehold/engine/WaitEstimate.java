package dev.freehold.engine;

import java.time.Duration;

/**
 * How long a request that arrives now will wait, from how long those before it took. Written by the
 * engine's thread, read by anybody.
 */
final class WaitEstimate {

  private static final double SMOOTHING = 0.2;

  private final int seats;
  private volatile double servedSeconds;

  /**
   * @param seats requests that are served at once
   */
  WaitEstimate(int seats) {
    this.seats = seats;
  }

  /** A request has been served, so long after it was submitted. */
  void served(long nanos) {
    double seconds = nanos / 1e9;
    double before = servedSeconds;
    servedSeconds = before == 0 ? seconds : before + SMOOTHING * (seconds - before);
  }

  double seconds(int waiting, int busy) {
    boolean seatFree = waiting == 0 && busy < seats;
    return seatFree ? 0 : (waiting + 1) * servedSeconds / seats;
  }

  /** The same in whole seconds for one who is turned away, at least one. */
  Duration retryAfter(int waiting, int busy) {
    return Duration.ofSeconds(Math.max(1, Math.round(seconds(waiting, busy))));
  }
}
