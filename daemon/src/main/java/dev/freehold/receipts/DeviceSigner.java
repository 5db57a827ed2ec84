package dev.freehold.receipts;

import dev.freehold.identity.Identity;
import java.security.PrivateKey;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Objects;

/**
 * The box's device key and the chain that vouches for it. Secret: prints the certificate's hash.
 *
 * @param key P-256
 * @param chain the device certificate, its authority's, and at last the root's
 */
public record DeviceSigner(PrivateKey key, List<X509Certificate> chain) {

  public DeviceSigner {
    Objects.requireNonNull(key, "key");
    chain = List.copyOf(chain);
  }

  /** The signer of an enrolled box. */
  public static DeviceSigner of(Identity identity) {
    List<X509Certificate> chain = new ArrayList<>(identity.chain());
    chain.add(identity.roots().classical());
    return new DeviceSigner(identity.key(), chain);
  }

  Entry.Certificate certificate() {
    return new Entry.Certificate(sha256(chain.getFirst()), chainDer());
  }

  List<String> chainDer() {
    return chain.stream()
        .map(certificate -> Base64.getEncoder().encodeToString(der(certificate)))
        .toList();
  }

  static String sha256(X509Certificate certificate) {
    return LineFormat.hash(der(certificate));
  }

  private static byte[] der(X509Certificate certificate) {
    try {
      return certificate.getEncoded();
    } catch (CertificateEncodingException e) {
      throw new IllegalStateException("a device certificate cannot be encoded", e);
    }
  }

  @Override
  public String toString() {
    return "DeviceSigner[certificate=" + sha256(chain.getFirst()) + "]";
  }
}
