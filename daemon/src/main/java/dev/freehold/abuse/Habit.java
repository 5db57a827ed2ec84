package dev.freehold.abuse;

/**
 * How many tokens a client usually has in a window: an average that decays. Windows without any
 * count too, as nothing. Lives in memory: after a restart it is learnt anew. Not safe for use from
 * two threads at once.
 */
final class Habit {

  private static final double DECAY = Math.pow(0.5, 1.0 / AbuseRules.HABIT_HALF_LIFE_WINDOWS);

  private final long windowMillis;
  private long began;
  private long current;
  private double sum;
  private double weight;
  private long windows;

  Habit(long windowMillis, long nowMillis) {
    this.windowMillis = windowMillis;
    this.began = nowMillis;
  }

  /** Adds tokens and returns what this window has. */
  long add(long tokens, long nowMillis) {
    long passed = Math.max(0, (nowMillis - began) / windowMillis);
    if (passed > 0) {
      learn(current);
      double quiet = Math.pow(DECAY, (double) (passed - 1));
      weight = weight * quiet + (1 - quiet) / (1 - DECAY);
      sum *= quiet;
      windows += passed - 1;
      began += passed * windowMillis;
      current = 0;
    }
    current += tokens;
    return current;
  }

  /** Begins this window's count anew; what was learnt stays. */
  void clear() {
    current = 0;
  }

  /** Whether enough windows are known to speak of a habit. */
  boolean isKnown() {
    return windows >= AbuseRules.HABIT_WINDOWS_MIN;
  }

  /** Tokens of a usual window. */
  double usual() {
    return weight == 0 ? 0 : sum / weight;
  }

  private void learn(long tokens) {
    sum = sum * DECAY + tokens;
    weight = weight * DECAY + 1;
    windows++;
  }
}
