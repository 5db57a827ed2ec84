package dev.freehold.sync;

import java.time.Duration;
import java.time.InstantSource;
import java.util.Objects;

/**
 * How often the box reports.
 *
 * @param daemonVersion this daemon's, as {@code major.minor.patch}
 * @param every the time between two reports, with a fifth of jitter
 * @param retryMin the first pause after a failure; it doubles up to {@code retryMax}
 * @param clock what the controller's certificate is judged at, and which hours are over; the sync's
 *     {@link BundleSync#time}
 */
public record HeartbeatSettings(
    String daemonVersion,
    Duration every,
    Duration retryMin,
    Duration retryMax,
    InstantSource clock) {

  public static final Duration DEFAULT_EVERY = Duration.ofMinutes(1);
  public static final Duration DEFAULT_RETRY_MIN = Duration.ofSeconds(2);
  public static final Duration DEFAULT_RETRY_MAX = Duration.ofMinutes(5);

  public HeartbeatSettings {
    Objects.requireNonNull(daemonVersion, "daemonVersion");
    Objects.requireNonNull(clock, "clock");
    if (!every.isPositive() || !retryMin.isPositive()) {
      throw new IllegalArgumentException("Expected positive durations.");
    }
    if (retryMin.compareTo(retryMax) > 0) {
      throw new IllegalArgumentException("Expected retryMin to be at most retryMax.");
    }
  }

  public static HeartbeatSettings defaults(InstantSource clock) {
    return new HeartbeatSettings(
        SyncSettings.defaults().daemonVersion(),
        DEFAULT_EVERY,
        DEFAULT_RETRY_MIN,
        DEFAULT_RETRY_MAX,
        clock);
  }
}
