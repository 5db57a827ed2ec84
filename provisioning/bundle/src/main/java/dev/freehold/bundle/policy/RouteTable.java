package dev.freehold.bundle.policy;

import dev.freehold.bundle.policy.RouteDecision.Reason;
import dev.freehold.bundle.policy.RouteDecision.Rejection;
import java.math.BigDecimal;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * One policy as a function: from what is known of a request to where it may go. Conditions are
 * compiled once. It reads no clock, measures nothing and sends nothing. A box asks it about every
 * request and a dry run about those of the past, so that they decide alike. It never changes and
 * may be used from any thread.
 */
public final class RouteTable {

  private final Policy policy;
  private final Map<String, ModelSpec> byAskedName = new HashMap<>();
  private final List<Route> routes;

  private RouteTable(Policy policy) {
    this.policy = policy;
    for (ModelSpec model : policy.models().values()) {
      byAskedName.put(model.name(), model);
      model.aliases().forEach(alias -> byAskedName.put(alias, model));
    }
    routes =
        policy.routes().stream()
            .map(
                route ->
                    new Route(
                        route,
                        route.when().map(RouteCondition::compile),
                        route.use().stream().map(policy.providers()::get).toList()))
            .toList();
  }

  /**
   * Compiles a policy.
   *
   * @throws IllegalArgumentException if a condition does not compile, which a parsed policy's do
   */
  public static RouteTable of(Policy policy) {
    return new RouteTable(Objects.requireNonNull(policy, "policy"));
  }

  public Policy policy() {
    return policy;
  }

  /** The model that clients mean by a name: its own or one of its aliases. */
  public Optional<ModelSpec> model(String asked) {
    return Optional.ofNullable(byAskedName.get(asked));
  }

  /**
   * The least sensitive label a client's requests may have, the highest of its groups'; empty if
   * the policy has none of its groups, and the client is then refused.
   */
  public Optional<Label> labelOf(Collection<String> groups) {
    return groups.stream()
        .map(policy.clients()::get)
        .filter(Objects::nonNull)
        .map(ClientGroup::label)
        .reduce(Label::atLeast);
  }

  /** The label raised to what each kind of personal data found in the request calls for. */
  public Label raised(Label label, Collection<PersonalData> detected) {
    return detected.stream()
        .map(policy.detect()::get)
        .filter(Objects::nonNull)
        .reduce(label, Label::atLeast);
  }

  /** What a million tokens of an answer cost on a day, by provider, for {@link RouteFacts}. */
  public Map<String, BigDecimal> outPerMillion(LocalDate day) {
    Map<String, BigDecimal> prices = new LinkedHashMap<>();
    for (ProviderSpec provider : policy.providers().values()) {
      provider
          .prices()
          .at(day)
          .ifPresent(price -> prices.put(provider.name(), price.outPerMillion()));
    }
    return prices;
  }

  /** Its routes. The first that matches a request applies, and no other. */
  public List<Route> routes() {
    return routes;
  }

  /** The first route that applies, with its providers sorted into allowed and rejected. */
  public RouteDecision decide(RouteFacts facts) {
    return routes.stream()
        .filter(route -> route.matches(facts))
        .findFirst()
        .map(route -> decide(route, facts))
        .orElseGet(() -> new RouteDecision(facts, Optional.empty(), List.of(), List.of()));
  }

  private RouteDecision decide(Route route, RouteFacts facts) {
    List<ProviderSpec> allowed = new ArrayList<>();
    List<Rejection> rejected = new ArrayList<>();
    for (ProviderSpec provider : route.use()) {
      against(provider, facts)
          .or(() -> againstCost(route.spec(), provider, facts))
          .ifPresentOrElse(rejected::add, () -> allowed.add(provider));
    }
    return new RouteDecision(facts, Optional.of(route.spec()), allowed, rejected);
  }

  /**
   * What the policy has against a provider for a request, its cost apart. Locality comes first:
   * nobody needs to know what else speaks against a provider then.
   */
  public Optional<Rejection> against(ProviderSpec provider, RouteFacts facts) {
    if (!policy.allowed(facts.label()).contains(provider.trust())) {
      return Optional.of(
          new Rejection(
              provider,
              Reason.LOCALITY,
              "locality of '%s' does not allow '%s'"
                  .formatted(facts.label().text(), provider.trust().text())));
    }
    Set<Feature> lacking = EnumSet.noneOf(Feature.class);
    lacking.addAll(facts.needs());
    lacking.retainAll(provider.cannot());
    if (!lacking.isEmpty()) {
      return Optional.of(
          new Rejection(
              provider,
              Reason.FEATURE,
              "it cannot do "
                  + lacking.stream().map(Feature::text).collect(Collectors.joining(", "))));
    }
    long tokens = (long) facts.promptTokens() + facts.completionTokensMax();
    if (provider.contextTokens().isPresent() && tokens > provider.contextTokens().getAsInt()) {
      return Optional.of(
          new Rejection(
              provider,
              Reason.CONTEXT,
              "its context has %d tokens and the request needs %d"
                  .formatted(provider.contextTokens().getAsInt(), tokens)));
    }
    return Optional.empty();
  }

  /** By the longest answer that the client allows; without a limit, by the prompt alone. */
  private Optional<Rejection> againstCost(
      RouteSpec route, ProviderSpec provider, RouteFacts facts) {
    Optional<BigDecimal> cost =
        provider
            .prices()
            .at(facts.time().toLocalDate())
            .map(price -> price.cost(facts.promptTokens(), 0, facts.completionTokensMax()));
    if (route.costMax().isEmpty()
        || cost.isEmpty()
        || cost.get().compareTo(route.costMax().get()) <= 0) {
      return Optional.empty();
    }
    return Optional.of(
        new Rejection(
            provider,
            Reason.COST,
            "it may cost %s and the route allows %s"
                .formatted(
                    cost.get().stripTrailingZeros().toPlainString(),
                    route.costMax().get().toPlainString())));
  }

  /**
   * A route with its condition compiled.
   *
   * @param use its providers, in order of preference
   */
  public record Route(RouteSpec spec, Optional<RouteCondition> condition, List<ProviderSpec> use) {

    public Route {
      Objects.requireNonNull(spec, "spec");
      Objects.requireNonNull(condition, "condition");
      use = List.copyOf(use);
    }

    /** Whether its condition holds; without one it always does. */
    public boolean matches(RouteFacts facts) {
      return condition.isEmpty() || condition.get().matches(facts);
    }

    /** Whether the length of a prompt of at most so many tokens decides if it matches. */
    public boolean dependsOnPrompt(long promptTokensMax) {
      return condition.isPresent() && condition.get().dependsOnPrompt(promptTokensMax);
    }
  }
}
