package dev.freehold.bundle;

import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Objects;

/**
 * The two keys a box believes: both must have vouched, through their certificates, for the two
 * signers of a bundle. Public.
 *
 * @param classical an ECDSA P-256 root
 * @param postQuantum an ML-DSA-65 root
 */
public record TrustRoots(X509Certificate classical, X509Certificate postQuantum) {

  public TrustRoots {
    Objects.requireNonNull(classical, "classical");
    Objects.requireNonNull(postQuantum, "postQuantum");
    if (!Keys.isP256(classical.getPublicKey()) || !Keys.isMlDsa65(postQuantum.getPublicKey())) {
      throw new IllegalArgumentException(
          "Expected a P-256 root and an ML-DSA-65 root, found "
              + classical.getPublicKey().getAlgorithm()
              + " and "
              + postQuantum.getPublicKey().getAlgorithm()
              + ".");
    }
  }

  /** The classical root first, as {@link #fromPem} reads them. */
  public String toPem() {
    return Pem.encode(classical, postQuantum);
  }

  public static TrustRoots fromPem(String text) throws GeneralSecurityException {
    List<X509Certificate> roots = Pem.certificates(text);
    if (roots.size() != 2) {
      throw new GeneralSecurityException("Expected two trust roots, found " + roots.size() + ".");
    }
    try {
      return new TrustRoots(roots.get(0), roots.get(1));
    } catch (IllegalArgumentException e) {
      throw new GeneralSecurityException(e.getMessage(), e);
    }
  }
}
