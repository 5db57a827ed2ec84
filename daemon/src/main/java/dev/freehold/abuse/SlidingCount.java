package dev.freehold.abuse;

/**
 * How much there was in the window that ends now, in two numbers: this window's count, and the last
 * one's by the part of it that is still within. Exact for what came evenly, and never above what
 * the two windows had together. Not safe for use from two threads at once.
 */
final class SlidingCount {

  private final long windowMillis;
  private long began;
  private long current;
  private long previous;

  SlidingCount(long windowMillis, long nowMillis) {
    this.windowMillis = windowMillis;
    this.began = nowMillis;
  }

  /** Adds to the count and returns what the window has now. */
  long add(long amount, long nowMillis) {
    turn(nowMillis);
    current += amount;
    double within = 1 - (double) (nowMillis - began) / windowMillis;
    return current + (long) (previous * within);
  }

  void clear() {
    current = 0;
    previous = 0;
  }

  /** Begins another window when this one is over. */
  private void turn(long nowMillis) {
    long passed = nowMillis - began;
    if (passed < 0) {
      // The clock was set back.
      began = nowMillis;
    } else if (passed >= 2 * windowMillis) {
      began = nowMillis;
      previous = 0;
      current = 0;
    } else if (passed >= windowMillis) {
      began += windowMillis;
      previous = current;
      current = 0;
    }
  }
}
