package dev.freehold.locality;

import dev.freehold.bundle.policy.Label;
import dev.freehold.bundle.policy.ProviderSpec;
import java.util.Objects;

/** The proof that one request may go to one provider. It cannot be made outside this package. */
public final class Permit {

  private final String requestId;
  private final Label label;
  private final ProviderSpec provider;

  Permit(String requestId, Label label, ProviderSpec provider) {
    this.requestId = Objects.requireNonNull(requestId, "requestId");
    this.label = Objects.requireNonNull(label, "label");
    this.provider = Objects.requireNonNull(provider, "provider");
  }

  /** The request that may go. */
  public String requestId() {
    return requestId;
  }

  /** How sensitive it was found to be when this was decided. */
  public Label label() {
    return label;
  }

  /** Where it may go. */
  public ProviderSpec provider() {
    return provider;
  }

  /**
   * Called by whoever is about to send something.
   *
   * @throws IllegalStateException if this permit is for another provider
   */
  public void requireFor(ProviderSpec spec) {
    if (!provider.equals(spec)) {
      throw new IllegalStateException(
          "a permit for the provider '%s' was shown at '%s'"
              .formatted(provider.name(), spec.name()));
    }
  }

  @Override
  public String toString() {
    return "Permit[request=%s, label=%s, provider=%s]"
        .formatted(requestId, label.text(), provider.name());
  }
}
