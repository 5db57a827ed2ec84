package dev.freehold.sync;

import java.time.Clock;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;

/**
 * How the box keeps in touch.
 *
 * @param daemonVersion this daemon's, as {@code major.minor.patch}
 * @param poll how long at most, with a fifth of jitter, until the controller is asked without a
 *     hint
 * @param retryMin the first pause after a failure; it doubles up to {@code retryMax}
 * @param silenceMax how long the hints may be silent, heartbeats included, before the connection
 *     counts as lost
 */
public record SyncSettings(
    String daemonVersion,
    Duration poll,
    Duration retryMin,
    Duration retryMax,
    Duration silenceMax,
    Clock clock) {

  private static final String UNPACKAGED = "0.1.0";

  public SyncSettings {
    Objects.requireNonNull(daemonVersion, "daemonVersion");
    Objects.requireNonNull(clock, "clock");
    if (!poll.isPositive() || !retryMin.isPositive() || !silenceMax.isPositive()) {
      throw new IllegalArgumentException("Expected positive durations.");
    }
    if (retryMin.compareTo(retryMax) > 0) {
      throw new IllegalArgumentException("Expected retryMin to be at most retryMax.");
    }
  }

  public static SyncSettings defaults() {
    return new SyncSettings(
        Optional.ofNullable(SyncSettings.class.getPackage().getImplementationVersion())
            .orElse(UNPACKAGED),
        Duration.ofMinutes(5),
        Duration.ofSeconds(1),
        Duration.ofMinutes(1),
        Duration.ofSeconds(45),
        Clock.systemUTC());
  }
}
