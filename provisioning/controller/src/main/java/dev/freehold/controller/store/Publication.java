package dev.freehold.controller.store;

import java.time.Instant;
import java.util.Map;
import java.util.Objects;

/**
 * One published policy with the credentials it uses. The credentials are secret: it prints without
 * them.
 */
public record Publication(
    long version,
    String policyYaml,
    Map<String, String> credentials,
    Instant notBefore,
    Instant notAfter,
    String createdBy) {

  public Publication {
    Objects.requireNonNull(policyYaml, "policyYaml");
    credentials = Map.copyOf(credentials);
    Objects.requireNonNull(notBefore, "notBefore");
    Objects.requireNonNull(notAfter, "notAfter");
    Objects.requireNonNull(createdBy, "createdBy");
  }

  @Override
  public String toString() {
    return "Publication[version=" + version + ", credentials=" + credentials.size() + "]";
  }
}
