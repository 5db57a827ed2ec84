package dev.freehold.bundle.policy;

import java.time.Duration;
import java.util.Objects;

/**
 * When a provider that fails is left alone for a while.
 *
 * @param failures how many in a row open the breaker
 * @param openFor how long it stays open; then one request tries
 */
public record BreakerSpec(int failures, Duration openFor) {

  public static final BreakerSpec DEFAULT = new BreakerSpec(5, Duration.ofSeconds(30));

  public BreakerSpec {
    if (failures < 1) {
      throw new IllegalArgumentException("a breaker opens after at least 1 failure");
    }
    Objects.requireNonNull(openFor, "openFor");
  }
}
