package dev.freehold.routing;

import dev.freehold.bundle.policy.Label;
import dev.freehold.bundle.policy.ProviderSpec;
import dev.freehold.bundle.policy.RouteDecision;
import dev.freehold.bundle.policy.RouteFacts;
import dev.freehold.bundle.policy.RouteSpec;
import dev.freehold.bundle.policy.TrustClass;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * Where one request may go, and why. It is complete before the first attempt.
 *
 * @param facts what the routes' conditions saw
 * @param promptTokensExact whether the local model counted the prompt; if not, the number is an
 *     estimate
 * @param raisedBy what made the label what it is, such as {@code group legal}, {@code header} or
 *     {@code detected iban}
 * @param allowed the trust classes that the policy in force allows the label
 * @param route the first route whose condition held, if any
 * @param candidates the route's providers that may and can answer, in the order in which they are
 *     asked
 * @param rejections the route's other providers
 */
public record Decision(
    RouteFacts facts,
    boolean promptTokensExact,
    List<String> raisedBy,
    Set<TrustClass> allowed,
    Optional<RouteSpec> route,
    List<Candidate> candidates,
    List<Rejection> rejections) {

  public Decision {
    Objects.requireNonNull(facts, "facts");
    raisedBy = List.copyOf(raisedBy);
    allowed = Set.copyOf(allowed);
    Objects.requireNonNull(route, "route");
    candidates = List.copyOf(candidates);
    rejections = List.copyOf(rejections);
  }

  public Label label() {
    return facts.label();
  }

  /** The route's name. */
  public Optional<String> routeName() {
    return route.map(RouteSpec::name);
  }

  /**
   * A provider that the route names and the request does not reach.
   *
   * @param explanation in words that follow its name
   * @param retryAfter when it may be asked again, where that is known
   */
  public record Rejection(
      ProviderSpec spec,
      RouteDecision.Reason reason,
      String explanation,
      Optional<Duration> retryAfter) {

    public Rejection {
      Objects.requireNonNull(spec, "spec");
      Objects.requireNonNull(reason, "reason");
      Objects.requireNonNull(explanation, "explanation");
      Objects.requireNonNull(retryAfter, "retryAfter");
    }

    Rejection(ProviderSpec spec, RouteDecision.Reason reason, String explanation) {
      this(spec, reason, explanation, Optional.empty());
    }

    /** One that the policy alone explains. */
    Rejection(RouteDecision.Rejection rejection) {
      this(rejection.provider(), rejection.reason(), rejection.explanation());
    }

    public String provider() {
      return spec.name();
    }
  }
}
