package dev.freehold.bundle.policy;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * Where one request may go by the policy alone, and why not elsewhere: before any health, any
 * limit, any measurement.
 *
 * @param facts what the conditions saw
 * @param route the first route whose condition holds; without one nothing may answer
 * @param allowed the route's providers that may answer, in the order of the policy
 * @param rejected the route's other providers
 */
public record RouteDecision(
    RouteFacts facts,
    Optional<RouteSpec> route,
    List<ProviderSpec> allowed,
    List<Rejection> rejected) {

  public RouteDecision {
    Objects.requireNonNull(facts, "facts");
    Objects.requireNonNull(route, "route");
    allowed = List.copyOf(allowed);
    rejected = List.copyOf(rejected);
  }

  /**
   * What the request is expected to cost at a provider; empty where it has no price that day.
   *
   * @param completionTokens how long the answer is expected to be
   */
  public Optional<BigDecimal> expectedCost(ProviderSpec provider, int completionTokens) {
    return provider
        .prices()
        .at(facts.time().toLocalDate())
        .map(price -> price.cost(facts.promptTokens(), 0, completionTokens));
  }

  /**
   * The allowed providers in the order in which they are expected to be asked. A provider without a
   * price costs nothing; one that was never measured comes after those that were; of weights, which
   * are drawn anew for each request, the heaviest comes first.
   *
   * @param completionTokens how long the answer is expected to be
   */
  public List<ProviderSpec> expectedOrder(int completionTokens) {
    List<ProviderSpec> order = new ArrayList<>(allowed);
    if (route.isEmpty()) {
      return order;
    }
    Map<String, Integer> weights = route.get().weights();
    switch (route.get().order()) {
      case WRITTEN -> {}
      case CHEAPEST ->
          order.sort(
              Comparator.comparing(
                  provider -> expectedCost(provider, completionTokens).orElse(BigDecimal.ZERO)));
      case FASTEST ->
          order.sort(
              Comparator.comparingDouble(
                  provider ->
                      facts
                          .firstTokenSeconds()
                          .getOrDefault(provider.name(), Double.POSITIVE_INFINITY)));
      case WEIGHTED ->
          order.sort(
              Comparator.comparingInt(provider -> -weights.getOrDefault(provider.name(), 0)));
    }
    boolean engineFirst =
        route.get().cascade().isPresent()
            && !allowed.isEmpty()
            && allowed.getFirst().kind() == ProviderSpec.Kind.ENGINE;
    if (engineFirst) {
      order.remove(allowed.getFirst());
      order.addFirst(allowed.getFirst());
    }
    return order;
  }

  /** A provider that the route names and the request must not reach. */
  public record Rejection(ProviderSpec provider, Reason reason, String explanation) {

    public Rejection {
      Objects.requireNonNull(provider, "provider");
      Objects.requireNonNull(reason, "reason");
      Objects.requireNonNull(explanation, "explanation");
    }
  }

  /** What speaks against a provider. */
  public enum Reason {
    /** The label may not reach its trust class. */
    LOCALITY,
    /** It lacks a feature that the request needs. */
    FEATURE,
    /** Prompt and answer are longer than it takes. */
    CONTEXT,
    /**
     * It might cost more than the route allows, by the longest answer that the client allows. Only
     * a dry run rejects for it: a box asks another question, at each attempt, by what it reserves
     * for that one and what those before have cost.
     */
    COST,
    /** It failed lately, or asked for a wait: only a box knows. */
    HEALTH;

    /** The name as tables show it. */
    public String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }
}
