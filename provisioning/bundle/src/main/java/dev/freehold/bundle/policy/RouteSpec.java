package dev.freehold.bundle.policy;

import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * A rule that turns a request into an ordered list of candidates.
 *
 * @param when a condition in CEL that compiles; a route without one always matches
 * @param use names of providers, in order of preference; locality decides which of them remain
 */
public record RouteSpec(String name, Optional<String> when, List<String> use) {

  public RouteSpec {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(when, "when");
    use = List.copyOf(use);
  }
}
