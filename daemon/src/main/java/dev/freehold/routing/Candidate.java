package dev.freehold.routing;

import dev.freehold.bundle.policy.ProviderSpec;
import dev.freehold.provider.Provider;
import java.util.Objects;

/** A provider that a request may go to. */
public record Candidate(ProviderSpec spec, Provider provider) {

  public Candidate {
    Objects.requireNonNull(spec, "spec");
    Objects.requireNonNull(provider, "provider");
  }

  public String name() {
    return spec.name();
  }

  /** Whether a model of this box answers. */
  public boolean isLocalEngine() {
    return spec.kind() == ProviderSpec.Kind.ENGINE;
  }
}
