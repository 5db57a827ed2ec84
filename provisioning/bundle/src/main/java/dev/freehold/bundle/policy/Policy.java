package dev.freehold.bundle.policy;

import dev.freehold.bundle.catalogue.Catalogue;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * What one site's policy file says. The maps keep the order of the file.
 *
 * @param locality the trust classes each label may reach; every label is present
 * @param routes tried in order; the first whose condition holds applies
 * @param detect the least label of a request in which a kind of personal data is found
 * @param currency of prices and budgets, three letters of ISO 4217; present where there are some:
 *     prices without a currency are in {@link #NO_CURRENCY}
 */
public record Policy(
    String site,
    Map<String, ModelSpec> models,
    Map<String, ProviderSpec> providers,
    Map<Label, Set<TrustClass>> locality,
    Map<String, ClientGroup> clients,
    List<RouteSpec> routes,
    Map<PersonalData, Label> detect,
    Optional<String> currency) {

  /** A policy file may be this long. */
  public static final int CHARACTERS_MAX = 262_144;

  /** ISO 4217's code for amounts in no currency: of prices that are only compared. */
  public static final String NO_CURRENCY = "XXX";

  public Policy {
    Objects.requireNonNull(site, "site");
    models = Collections.unmodifiableMap(new LinkedHashMap<>(models));
    providers = Collections.unmodifiableMap(new LinkedHashMap<>(providers));
    clients = Collections.unmodifiableMap(new LinkedHashMap<>(clients));
    routes = List.copyOf(routes);
    detect = Map.copyOf(detect);
    Objects.requireNonNull(currency, "currency");
    Map<Label, Set<TrustClass>> complete = new LinkedHashMap<>();
    for (Label label : Label.values()) {
      complete.put(label, Set.copyOf(locality.getOrDefault(label, Set.of(TrustClass.LOCAL))));
    }
    locality = Collections.unmodifiableMap(complete);
  }

  /**
   * Reads and checks a policy file against this version's catalogue.
   *
   * @throws PolicyException with every problem found, each with its line and column
   */
  public static Policy parse(String yaml) throws PolicyException {
    return parse(yaml, Catalogue.load());
  }

  /** As {@link #parse(String)}, with another catalogue. */
  public static Policy parse(String yaml, Catalogue catalogue) throws PolicyException {
    return new PolicyParser(yaml, catalogue).parse();
  }

  /** The trust classes a request of that label may reach. */
  public Set<TrustClass> allowed(Label label) {
    return locality.get(label);
  }
}
