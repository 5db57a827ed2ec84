package dev.freehold.bundle.policy;

import java.net.URI;
import java.util.Objects;
import java.util.Optional;

/**
 * Where a short-lived token is had for the credential, which is then the client's secret (OAuth
 * 2.0's client credentials, RFC 6749, section 4.4).
 */
public record OAuthSpec(URI tokenUrl, String clientId, Optional<String> scope) {

  public OAuthSpec {
    Objects.requireNonNull(tokenUrl, "tokenUrl");
    Objects.requireNonNull(clientId, "clientId");
    Objects.requireNonNull(scope, "scope");
  }
}
