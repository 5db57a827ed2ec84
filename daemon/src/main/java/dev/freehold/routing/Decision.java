package dev.freehold.routing;

import dev.freehold.bundle.policy.Label;
import dev.freehold.bundle.policy.RouteFacts;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * Where one request may go, and why. It is complete before the first attempt.
 *
 * @param facts what the routes' conditions saw
 * @param promptTokensExact whether the local model counted the prompt; if not, the number is an
 *     estimate
 * @param route the first route whose condition held, if any
 * @param candidates the route's providers that locality allows, in order
 * @param rejections the route's other providers
 */
public record Decision(
    RouteFacts facts,
    boolean promptTokensExact,
    Optional<String> route,
    List<Candidate> candidates,
    List<Rejection> rejections) {

  public Decision {
    Objects.requireNonNull(facts, "facts");
    Objects.requireNonNull(route, "route");
    candidates = List.copyOf(candidates);
    rejections = List.copyOf(rejections);
  }

  public Label label() {
    return facts.label();
  }

  /** A provider that the route names and the request must not reach. */
  public record Rejection(String provider, String reason) {

    public Rejection {
      Objects.requireNonNull(provider, "provider");
      Objects.requireNonNull(reason, "reason");
    }
  }
}
