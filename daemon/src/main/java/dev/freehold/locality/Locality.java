package dev.freehold.locality;

import dev.freehold.bundle.policy.Label;
import dev.freehold.bundle.policy.ProviderSpec;
import dev.freehold.bundle.policy.TrustClass;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** A policy's statement of which trust classes a label may reach. What it leaves out, none may. */
public final class Locality {

  private final Map<Label, Set<TrustClass>> allowed = new EnumMap<>(Label.class);

  /** The statement of a policy. */
  public Locality(Map<Label, Set<TrustClass>> allowed) {
    allowed.forEach((label, classes) -> this.allowed.put(label, Set.copyOf(classes)));
  }

  /** What holds without a valid policy: nothing leaves the box. */
  public static Locality localOnly() {
    Map<Label, Set<TrustClass>> local = new EnumMap<>(Label.class);
    for (Label label : Label.values()) {
      local.put(label, Set.of(TrustClass.LOCAL));
    }
    return new Locality(local);
  }

  /** Where requests of a label may go. */
  public Set<TrustClass> of(Label label) {
    return allowed.getOrDefault(label, Set.of());
  }

  /** The permit of a request for a provider, if its label may reach the provider's trust class. */
  public Optional<Permit> permit(String requestId, Label label, ProviderSpec provider) {
    return of(label).contains(provider.trust())
        ? Optional.of(new Permit(requestId, label, provider))
        : Optional.empty();
  }
}
