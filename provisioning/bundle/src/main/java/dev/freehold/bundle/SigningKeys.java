package dev.freehold.bundle;

import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.Objects;

/** The controller's two signers of bundles. Secret: never printed. */
public record SigningKeys(
    PrivateKey classicalKey,
    X509Certificate classicalCertificate,
    PrivateKey postQuantumKey,
    X509Certificate postQuantumCertificate) {

  public SigningKeys {
    Objects.requireNonNull(classicalKey, "classicalKey");
    Objects.requireNonNull(classicalCertificate, "classicalCertificate");
    Objects.requireNonNull(postQuantumKey, "postQuantumKey");
    Objects.requireNonNull(postQuantumCertificate, "postQuantumCertificate");
  }

  @Override
  public String toString() {
    return "SigningKeys[" + classicalCertificate.getSubjectX500Principal() + "]";
  }
}
