package dev.freehold.api;

import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * Who the box is to its LAN clients, and whose clients it knows. Boxes whose certificates have the
 * same issuer as its own are clients too, of a group of their own.
 *
 * @param key the key of the first certificate
 * @param chain the box's certificate first, its issuers after it
 * @param clientAuthorities the trust anchors of client certificates, from the bundle
 */
public record LanIdentity(
    PrivateKey key, List<X509Certificate> chain, List<X509Certificate> clientAuthorities) {

  public LanIdentity {
    Objects.requireNonNull(key, "key");
    chain = List.copyOf(chain);
    clientAuthorities = List.copyOf(clientAuthorities);
    if (chain.isEmpty()) {
      throw new IllegalArgumentException("the box needs a certificate, found an empty chain");
    }
    if (clientAuthorities.isEmpty()) {
      throw new IllegalArgumentException(
          "client certificates need an authority, found none: no client could connect");
    }
  }

  /** The authority of this box's own certificate, which issues those of its peers as well. */
  Optional<X509Certificate> boxAuthority() {
    return chain.size() > 1 ? Optional.of(chain.get(1)) : Optional.empty();
  }

  @Override
  public String toString() {
    return "LanIdentity[" + chain.getFirst().getSubjectX500Principal() + "]";
  }
}
