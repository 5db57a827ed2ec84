package dev.freehold.api;

import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Objects;

/**
 * Who the box is to its LAN clients, and whose clients it knows.
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

  @Override
  public String toString() {
    return "LanIdentity[" + chain.getFirst().getSubjectX500Principal() + "]";
  }
}
