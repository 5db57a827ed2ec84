package dev.freehold.routing;

import dev.freehold.bundle.policy.ProviderSpec;
import dev.freehold.inference.Traffic;
import dev.freehold.inference.Usage;
import dev.freehold.limits.Cost;
import java.util.Objects;

/**
 * What one attempt came to.
 *
 * @param end in one word, such as {@code answered} or {@code timed-out}
 */
public record Attempted(
    ProviderSpec provider, Usage usage, Traffic traffic, Cost cost, String end) {

  public Attempted {
    Objects.requireNonNull(provider, "provider");
    Objects.requireNonNull(usage, "usage");
    Objects.requireNonNull(traffic, "traffic");
    Objects.requireNonNull(cost, "cost");
    Objects.requireNonNull(end, "end");
  }
}
