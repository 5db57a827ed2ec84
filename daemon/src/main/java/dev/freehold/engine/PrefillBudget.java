package dev.freehold.engine;

/**
 * How many prompt tokens may enter a step beside running streams, so that the step keeps the
 * inter-token target. The cost of a prompt token is measured as the box runs, smoothed over some
 * ten steps.
 */
final class PrefillBudget {

  private static final int TOKENS_MIN = 16;
  private static final double SMOOTHING = 0.1;

  private final long targetNanos;
  private final int tokensMax;
  private double nanosPerToken;

  PrefillBudget(long targetNanos, int tokensMax) {
    this.targetNanos = targetNanos;
    this.tokensMax = tokensMax;
    this.nanosPerToken = (double) targetNanos / TOKENS_MIN;
  }

  int tokens() {
    return (int)
        Math.clamp(targetNanos / nanosPerToken, Math.min(TOKENS_MIN, tokensMax), tokensMax);
  }

  /** Small chunks say more of the step's fixed cost than of a token's: they are not counted. */
  void measured(int prefillTokens, long stepNanos) {
    if (prefillTokens >= TOKENS_MIN) {
      nanosPerToken += SMOOTHING * ((double) stepNanos / prefillTokens - nanosPerToken);
    }
  }
}
