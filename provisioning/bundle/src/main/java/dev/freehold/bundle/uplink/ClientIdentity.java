package dev.freehold.bundle.uplink;

import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Objects;

/** A private key and its certificate's chain, the leaf first. Secret: prints its name only. */
public record ClientIdentity(PrivateKey key, List<X509Certificate> chain) {

  public ClientIdentity {
    Objects.requireNonNull(key, "key");
    chain = List.copyOf(chain);
    if (chain.isEmpty()) {
      throw new IllegalArgumentException("An identity needs at least its own certificate.");
    }
  }

  @Override
  public String toString() {
    return "ClientIdentity[" + chain.getFirst().getSubjectX500Principal() + "]";
  }
}
