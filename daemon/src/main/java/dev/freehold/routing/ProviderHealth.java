package dev.freehold.routing;

import dev.freehold.bundle.policy.BreakerSpec;
import dev.freehold.inference.InferenceException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * What the requests so far tell of one provider: whether it is worth asking, and how fast it is.
 * Nothing is ever sent only to find out.
 *
 * <p>The breaker is the usual one (M. Nygard, "Release It!"): so many failures in a row open it,
 * and after a while one request tries. A provider that asks for a wait gets it, which is no
 * failure.
 */
final class ProviderHealth {

  /** How old a measure is when it counts half. */
  private static final Duration HALF_LIFE = Duration.ofMinutes(5);

  /** A measure that has faded to this is none any more. */
  private static final double WEIGHT_MIN = 0.05;

  private final BreakerSpec breaker;
  private final boolean ours;
  private final InstantSource clock;
  private final Faded firstTokenSeconds = new Faded();
  private final Faded tokensPerSecond = new Faded();

  private int failuresInRow;
  private boolean trialRunning;

  /** Until when nobody asks; in the past once one may try. */
  private Instant closedUntil = Instant.MIN;

  /**
   * Of a provider about which nothing is known.
   *
   * @param ours whether it is this box's engine, which is only measured: it tells each request
   *     itself whether it has room, and a model that is loading is not unwell
   */
  ProviderHealth(BreakerSpec breaker, boolean ours, InstantSource clock) {
    this.breaker = breaker;
    this.ours = ours;
    this.clock = clock;
  }

  /**
   * Why nobody should ask it now.
   *
   * @param reason in words that follow its name
   */
  record Closed(String reason, Duration retryAfter) {}

  /** Whether and why it should be passed over. */
  synchronized Optional<Closed> rejection() {
    Instant now = clock.instant();
    if (!now.isBefore(closedUntil)) {
      return Optional.empty();
    }
    Duration wait = Duration.between(now, closedUntil);
    long seconds = Math.max(1, wait.toSeconds());
    String reason =
        failuresInRow >= breaker.failures()
            ? "it failed %d times in a row and is tried again in %d s"
                .formatted(failuresInRow, seconds)
            : "it asked to be left alone for another %d s".formatted(seconds);
    return Optional.of(new Closed(reason, wait));
  }

  /**
   * Takes leave to ask. Of a provider that failed too often, one request at a time tries.
   *
   * @return false if it should be passed over
   */
  synchronized boolean mayTry() {
    Instant now = clock.instant();
    if (now.isBefore(closedUntil)) {
      return false;
    }
    if (failuresInRow < breaker.failures()) {
      return true;
    }
    if (trialRunning) {
      return false;
    }
    trialRunning = true;
    return true;
  }

  /** An attempt gave its first output. */
  synchronized void began(Duration firstToken) {
    trialRunning = false;
    firstTokenSeconds.add(seconds(firstToken), clock.instant());
  }

  /** An answer came to its end. Who only ever begins is not well. */
  synchronized void finished(int tokens, Duration sinceFirstToken) {
    failuresInRow = 0;
    double seconds = seconds(sinceFirstToken);
    if (tokens > 1 && seconds > 0) {
      tokensPerSecond.add((tokens - 1) / seconds, clock.instant());
    }
  }

  /** An attempt ended without fault of the provider. */
  synchronized void leftAlone() {
    trialRunning = false;
  }

  /** An attempt failed. */
  synchronized void failed(InferenceException e) {
    trialRunning = false;
    if (ours) {
      return;
    }
    Instant now = clock.instant();
    e.retryAfter().map(now::plus).ifPresent(until -> closedUntil = later(closedUntil, until));
    switch (e.kind()) {
      case PROVIDER_FAILED, PROVIDER_REFUSED, TIMED_OUT, INTERNAL -> {
        failuresInRow++;
        if (failuresInRow >= breaker.failures()) {
          closedUntil = later(closedUntil, now.plus(breaker.openFor()));
        }
      }
      case PROVIDER_LIMITED,
          OVERLOADED,
          UNAVAILABLE,
          INVALID_REQUEST,
          UNSUPPORTED,
          CONTEXT_TOO_LONG,
          MODEL_NOT_FOUND,
          FORBIDDEN,
          CANCELLED -> {
        // It is well: it answered that it will not, or not now.
      }
    }
  }

  /** The usual time to the first token, if it was measured lately. */
  synchronized OptionalDouble firstTokenSeconds() {
    return firstTokenSeconds.mean(clock.instant());
  }

  /** The usual speed after that, if it was measured lately. */
  synchronized OptionalDouble tokensPerSecond() {
    return tokensPerSecond.mean(clock.instant());
  }

  private static double seconds(Duration time) {
    return time.toNanos() / 1e9;
  }

  private static Instant later(Instant a, Instant b) {
    return a.isAfter(b) ? a : b;
  }

  /** A mean in which older measures count less, by {@link #HALF_LIFE}. */
  private static final class Faded {

    private double sum;
    private double weight;
    private Instant at = Instant.EPOCH;

    void add(double measure, Instant now) {
      fade(now);
      sum += measure;
      weight += 1;
    }

    OptionalDouble mean(Instant now) {
      fade(now);
      return weight < WEIGHT_MIN ? OptionalDouble.empty() : OptionalDouble.of(sum / weight);
    }

    private void fade(Instant now) {
      double age = Math.max(0, seconds(Duration.between(at, now)));
      double factor = Math.pow(0.5, age / seconds(HALF_LIFE));
      sum *= factor;
      weight *= factor;
      at = now;
    }
  }
}
