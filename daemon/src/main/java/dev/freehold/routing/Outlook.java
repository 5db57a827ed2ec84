package dev.freehold.routing;

import dev.freehold.limits.Cost;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * What is to be expected of a candidate, by the policy's prices and by what its answers took
 * lately.
 *
 * @param cost what is reserved for the request there; empty where the policy has no price
 * @param firstTokenSeconds to its first token; empty where it was not measured lately
 * @param tokensPerSecond after that, likewise
 */
public record Outlook(
    Candidate candidate,
    Optional<Cost> cost,
    OptionalDouble firstTokenSeconds,
    OptionalDouble tokensPerSecond) {

  public Outlook {
    Objects.requireNonNull(candidate, "candidate");
    Objects.requireNonNull(cost, "cost");
    Objects.requireNonNull(firstTokenSeconds, "firstTokenSeconds");
    Objects.requireNonNull(tokensPerSecond, "tokensPerSecond");
  }
}
