package dev.freehold.routing;

import dev.freehold.bundle.policy.ClientGroup;
import dev.freehold.bundle.policy.Label;
import dev.freehold.bundle.policy.Limits;
import dev.freehold.bundle.policy.ModelSpec;
import dev.freehold.bundle.policy.PersonalData;
import dev.freehold.bundle.policy.Policy;
import dev.freehold.bundle.policy.ProviderSpec;
import dev.freehold.bundle.policy.RouteDecision;
import dev.freehold.bundle.policy.RouteFacts;
import dev.freehold.bundle.policy.RouteSpec;
import dev.freehold.bundle.policy.RouteTable;
import dev.freehold.bundle.policy.TrustClass;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceException.Kind;
import dev.freehold.locality.Locality;
import dev.freehold.locality.Permit;
import dev.freehold.provider.Provider;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * One policy in force on this box: what a {@link RouteTable} decides of it alone, with the
 * providers to ask, the permits to ask them and what is left of it once it has expired. It never
 * changes; a new policy is a new table.
 */
public final class RoutingTable {

  private final Policy policy;
  private final Rules valid;
  private final Rules expired;
  private final Map<String, Provider> providers;
  private final PolicyVersion version;
  private final Instant expiry;

  private RoutingTable(
      Policy policy, PolicyVersion version, Map<String, Provider> providers, Instant expiry) {
    this.policy = policy;
    this.valid = Rules.of(policy);
    this.expired = Rules.of(localOnly(policy));
    this.providers = Map.copyOf(providers);
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
    for (String name : policy.providers().keySet()) {
      if (!providers.containsKey(name)) {
        throw new IllegalArgumentException(
            "the policy's provider '%s' has no adapter, found adapters for %s"
                .formatted(name, providers.keySet()));
      }
    }
    return new RoutingTable(policy, version, providers, expiry);
  }

  /** A table that offers nothing: what a box has before its first bundle. */
  public static RoutingTable empty() {
    Policy nothing =
        new Policy(
            "", Map.of(), Map.of(), Map.of(), Map.of(), List.of(), Map.of(), Optional.empty());
    return new RoutingTable(nothing, PolicyVersion.NONE, Map.of(), Instant.MAX);
  }

  /** What an expired policy is still good for: the local engine, for the most sensitive. */
  private static Policy localOnly(Policy policy) {
    Map<String, ProviderSpec> local = new LinkedHashMap<>(policy.providers());
    local.values().removeIf(spec -> !isEngine(spec) || spec.trust() != TrustClass.LOCAL);
    Map<String, ClientGroup> clients = new LinkedHashMap<>(policy.clients());
    clients.replaceAll((name, _) -> new ClientGroup(name, Label.RESTRICTED, Limits.NONE));
    RouteSpec route = new RouteSpec("local-only", Optional.empty(), List.copyOf(local.keySet()));
    // A locality that says nothing allows every label this box alone.
    return new Policy(
        policy.site(),
        policy.models(),
        local,
        Map.of(),
        clients,
        List.of(route),
        policy.detect(),
        policy.currency());
  }

  /** What clients may ask for. */
  public Collection<ModelSpec> models() {
    return policy.models().values();
  }

  /** The model that clients mean by a name: its own or one of its aliases. */
  public Optional<ModelSpec> model(String asked) {
    return valid.table().model(asked);
  }

  /** Whether a request can be answered by this box itself, rather than by others only. */
  public boolean servesLocally() {
    return !expired.table().policy().providers().isEmpty()
        || valid.table().routes().stream()
            .flatMap(route -> route.use().stream())
            .anyMatch(RoutingTable::isEngine);
  }

  /** The model that the policy names first, which answers those that name none. */
  public String firstModel() {
    return policy.models().keySet().stream().findFirst().orElse("");
  }

  /**
   * The least sensitive label a caller's requests may have: the highest of its groups'.
   *
   * @throws InferenceException {@code FORBIDDEN} if no group of the caller is in the policy
   */
  Label labelOf(Caller caller, Instant now) throws InferenceException {
    return rules(now)
        .table()
        .labelOf(caller.groups())
        .orElseThrow(
            () ->
                new InferenceException(
                    Kind.FORBIDDEN,
                    ("The certificate of '%s' names no group that this box's policy serves. Ask"
                            + " the operator for a certificate of a group in the policy.")
                        .formatted(caller.name())));
  }

  /** The caller's groups that have a label. */
  List<String> groupsOf(Caller caller, Label label) {
    Map<String, ClientGroup> clients = policy.clients();
    return caller.groups().stream()
        .filter(clients::containsKey)
        .filter(group -> clients.get(group).label() == label)
        .toList();
  }

  /**
   * The first route that applies, if one does. The prompt is counted at the first condition whose
   * outcome depends on its length.
   */
  Optional<RouteTable.Route> route(RequestFacts facts, Instant now) throws InferenceException {
    for (RouteTable.Route route : rules(now).table().routes()) {
      if (route.dependsOnPrompt(facts.promptTokensMax())) {
        facts.count();
      }
      if (route.matches(facts.known())) {
        return Optional.of(route);
      }
    }
    return Optional.empty();
  }

  /** What the policy has against a provider for a request. */
  Optional<RouteDecision.Rejection> against(ProviderSpec provider, RouteFacts facts, Instant now) {
    return rules(now).table().against(provider, facts);
  }

  /**
   * A request's permit for a provider that the policy has nothing against.
   *
   * @throws IllegalStateException if locality does not allow it all the same
   */
  Permit permit(String requestId, Label label, ProviderSpec provider, Instant now) {
    return rules(now)
        .locality()
        .permit(requestId, label, provider)
        .orElseThrow(
            () ->
                new IllegalStateException(
                    "the provider '%s' was chosen for a '%s' request that locality keeps from it"
                        .formatted(provider.name(), label.text())));
  }

  /** Who is asked where the policy names a provider. */
  Provider provider(ProviderSpec spec) {
    return Objects.requireNonNull(providers.get(spec.name()), spec.name());
  }

  /** Where requests of a label may go now. */
  Set<TrustClass> allowed(Label label, Instant now) {
    return rules(now).locality().of(label);
  }

  /** The least label of a request in which a kind of personal data is found. */
  Map<PersonalData, Label> detect() {
    return policy.detect();
  }

  /** Which policy this is. */
  PolicyVersion version() {
    return version;
  }

  /** What the policy says of its providers. */
  Collection<ProviderSpec> providers() {
    return policy.providers().values();
  }

  /** What a million tokens of output cost that day, by the name of each provider with a price. */
  Map<String, BigDecimal> outPerMillion(LocalDate day) {
    return valid.table().outPerMillion(day);
  }

  /** Whether it allows the local engine only. */
  boolean isExpired(Instant now) {
    return now.isAfter(expiry);
  }

  private Rules rules(Instant now) {
    return isExpired(now) ? expired : valid;
  }

  private static boolean isEngine(ProviderSpec spec) {
    return spec.kind() == ProviderSpec.Kind.ENGINE;
  }

  /** A policy as a function, and its statement of locality, which alone makes permits. */
  private record Rules(RouteTable table, Locality locality) {

    static Rules of(Policy policy) {
      return new Rules(RouteTable.of(policy), new Locality(policy.locality()));
    }
  }
}
