package dev.freehold.routing;

import dev.freehold.bundle.policy.ClientGroup;
import dev.freehold.bundle.policy.Label;
import dev.freehold.bundle.policy.ModelSpec;
import dev.freehold.bundle.policy.PersonalData;
import dev.freehold.bundle.policy.Policy;
import dev.freehold.bundle.policy.ProviderSpec;
import dev.freehold.bundle.policy.RouteCondition;
import dev.freehold.bundle.policy.RouteSpec;
import dev.freehold.bundle.policy.TrustClass;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceException.Kind;
import dev.freehold.locality.Locality;
import dev.freehold.locality.Permit;
import dev.freehold.provider.Provider;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * One policy, made ready to use: conditions compiled, providers found by name. It never changes; a
 * new policy is a new table.
 */
public final class RoutingTable {

  private static final RouteSpec LOCAL_ONLY =
      new RouteSpec("local-only", Optional.empty(), List.of());

  private final Map<String, ModelSpec> models;
  private final Map<String, ModelSpec> byAskedName = new HashMap<>();
  private final Map<String, ClientGroup> clients;
  private final Locality locality;
  private final List<Route> routes;
  private final List<ProviderSpec> providers;
  private final List<Offer> local;
  private final Map<PersonalData, Label> detect;
  private final PolicyVersion version;
  private final Instant expiry;

  private RoutingTable(
      Map<String, ModelSpec> models,
      Map<String, ClientGroup> clients,
      Locality locality,
      List<Route> routes,
      List<ProviderSpec> providers,
      List<Offer> local,
      Map<PersonalData, Label> detect,
      PolicyVersion version,
      Instant expiry) {
    this.models = models;
    for (ModelSpec model : models.values()) {
      byAskedName.put(model.name(), model);
      model.aliases().forEach(alias -> byAskedName.put(alias, model));
    }
    this.clients = clients;
    this.locality = locality;
    this.routes = routes;
    this.providers = providers;
    this.local = local;
    this.detect = detect;
    this.version = version;
    this.expiry = expiry;
  }

  /**
   * Compiles a policy.
   *
   * @param version which policy this is, for the receipts
   * @param providers one for every provider of the policy, by its name there
   * @param expiry when the bundle that brought the policy expires; from then on the table allows
   *     the local engine only and treats every request as restricted
   * @throws IllegalArgumentException if a provider is missing or a condition does not compile
   */
  public static RoutingTable compile(
      Policy policy, PolicyVersion version, Map<String, Provider> providers, Instant expiry) {
    Map<String, Offer> offers = new LinkedHashMap<>();
    for (ProviderSpec spec : policy.providers().values()) {
      Provider provider = providers.get(spec.name());
      if (provider == null) {
        throw new IllegalArgumentException(
            "the policy's provider '%s' has no adapter, found adapters for %s"
                .formatted(spec.name(), providers.keySet()));
      }
      offers.put(spec.name(), new Offer(spec, provider));
    }
    List<Route> routes = new ArrayList<>();
    for (RouteSpec spec : policy.routes()) {
      routes.add(
          new Route(
              spec,
              spec.when().map(RoutingTable::condition),
              spec.use().stream().map(offers::get).toList()));
    }
    return new RoutingTable(
        policy.models(),
        policy.clients(),
        new Locality(policy.locality()),
        List.copyOf(routes),
        List.copyOf(policy.providers().values()),
        offers.values().stream().filter(RoutingTable::isLocal).toList(),
        policy.detect(),
        version,
        expiry);
  }

  /** A table that offers nothing: what a box has before its first bundle. */
  public static RoutingTable empty() {
    return new RoutingTable(
        Map.of(),
        Map.of(),
        Locality.localOnly(),
        List.of(),
        List.of(),
        List.of(),
        Map.of(),
        PolicyVersion.NONE,
        Instant.MAX);
  }

  /** What clients may ask for. */
  public Collection<ModelSpec> models() {
    return models.values();
  }

  /** The model that clients mean by a name: its own or one of its aliases. */
  public Optional<ModelSpec> model(String asked) {
    return Optional.ofNullable(byAskedName.get(asked));
  }

  /** Whether a request can be answered by this box itself, rather than by others only. */
  public boolean servesLocally() {
    return !local.isEmpty()
        || routes.stream().flatMap(route -> route.use().stream()).anyMatch(RoutingTable::isEngine);
  }

  /** The model that the policy names first, which answers those that name none. */
  public String firstModel() {
    return models.keySet().stream().findFirst().orElse("");
  }

  /**
   * The least sensitive label a caller's requests may have: the highest of its groups'.
   *
   * @throws InferenceException {@code FORBIDDEN} if no group of the caller is in the policy
   */
  Label labelOf(Caller caller, Instant now) throws InferenceException {
    Optional<Label> highest =
        caller.groups().stream()
            .map(clients::get)
            .filter(java.util.Objects::nonNull)
            .map(ClientGroup::label)
            .reduce(Label::atLeast);
    if (highest.isEmpty()) {
      throw new InferenceException(
          Kind.FORBIDDEN,
          ("The certificate of '%s' names no group that this box's policy serves. Ask the "
                  + "operator for a certificate of a group in the policy.")
              .formatted(caller.name()));
    }
    return isExpired(now) ? Label.RESTRICTED : highest.get();
  }

  /** The caller's groups that have a label. */
  List<String> groupsOf(Caller caller, Label label) {
    return caller.groups().stream()
        .filter(clients::containsKey)
        .filter(group -> clients.get(group).label() == label)
        .toList();
  }

  /**
   * The first route that applies, if one does. The prompt is counted at the first condition whose
   * outcome depends on its length.
   */
  Optional<Route> route(RequestFacts facts, Instant now) throws InferenceException {
    if (isExpired(now)) {
      return Optional.of(new Route(LOCAL_ONLY, Optional.empty(), local));
    }
    for (Route route : routes) {
      if (route.condition().isEmpty()) {
        return Optional.of(route);
      }
      RouteCondition condition = route.condition().get();
      if (condition.dependsOnPrompt(facts.promptTokensMax())) {
        facts.count();
      }
      if (condition.matches(facts.known())) {
        return Optional.of(route);
      }
    }
    return Optional.empty();
  }

  /** A request's permit for a provider of this table, if locality allows it. */
  Optional<Permit> permit(String requestId, Label label, Offer offer, Instant now) {
    Locality inForce = isExpired(now) ? Locality.localOnly() : locality;
    return inForce.permit(requestId, label, offer.spec());
  }

  /** Where requests of a label may go now. */
  Set<TrustClass> allowed(Label label, Instant now) {
    return (isExpired(now) ? Locality.localOnly() : locality).of(label);
  }

  /** The least label of a request in which a kind of personal data is found. */
  Map<PersonalData, Label> detect() {
    return detect;
  }

  /** Which policy this is. */
  PolicyVersion version() {
    return version;
  }

  /** What the policy says of its providers. */
  List<ProviderSpec> providers() {
    return providers;
  }

  /** What a million tokens of output cost that day, by the name of each provider with a price. */
  Map<String, BigDecimal> outPerMillion(LocalDate day) {
    Map<String, BigDecimal> prices = new HashMap<>();
    for (ProviderSpec spec : providers) {
      spec.prices().at(day).ifPresent(price -> prices.put(spec.name(), price.outPerMillion()));
    }
    return prices;
  }

  /** Whether it allows the local engine only. */
  boolean isExpired(Instant now) {
    return now.isAfter(expiry);
  }

  private static boolean isEngine(Offer offer) {
    return offer.spec().kind() == ProviderSpec.Kind.ENGINE;
  }

  private static boolean isLocal(Offer offer) {
    return isEngine(offer) && offer.spec().trust() == TrustClass.LOCAL;
  }

  private static RouteCondition condition(String cel) {
    try {
      return RouteCondition.compile(cel);
    } catch (RouteCondition.InvalidCondition e) {
      throw new IllegalArgumentException(
          "the condition '%s' of a checked policy does not compile".formatted(cel), e);
    }
  }

  /** A route with its condition compiled. */
  record Route(RouteSpec spec, Optional<RouteCondition> condition, List<Offer> use) {}

  /** A provider of the policy, which a request may be permitted to reach. */
  record Offer(ProviderSpec spec, Provider provider) {}
}
