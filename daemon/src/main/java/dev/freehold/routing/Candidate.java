package dev.freehold.routing;

import dev.freehold.bundle.policy.ProviderSpec;
import dev.freehold.locality.Permit;
import dev.freehold.provider.Provider;
import java.util.Objects;

/**
 * A provider that a request may go to.
 *
 * @param permit that it may
 */
public record Candidate(Provider provider, Permit permit) {

  public Candidate {
    Objects.requireNonNull(provider, "provider");
    Objects.requireNonNull(permit, "permit");
  }

  public ProviderSpec spec() {
    return permit.provider();
  }

  public String name() {
    return spec().name();
  }

  /** Whether a model of this box answers. */
  public boolean isLocalEngine() {
    return spec().kind() == ProviderSpec.Kind.ENGINE;
  }
}
