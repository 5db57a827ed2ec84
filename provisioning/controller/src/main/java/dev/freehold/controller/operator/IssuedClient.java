package dev.freehold.controller.operator;

import java.security.PrivateKey;
import java.util.Objects;
import java.util.Optional;

/**
 * A LAN client's certificate and the key that was made for it here. Secret: prints nothing of it.
 *
 * @param certificatesPem the certificate and its chain
 * @param caPem the root that verifies boxes
 */
public record IssuedClient(
    PrivateKey key, String certificatesPem, String caPem, Optional<String> warning) {

  public IssuedClient {
    Objects.requireNonNull(key, "key");
    Objects.requireNonNull(certificatesPem, "certificatesPem");
    Objects.requireNonNull(caPem, "caPem");
    Objects.requireNonNull(warning, "warning");
  }

  @Override
  public String toString() {
    return "IssuedClient[]";
  }
}
