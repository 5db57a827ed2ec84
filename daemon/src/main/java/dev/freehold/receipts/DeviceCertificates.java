package dev.freehold.receipts;

import dev.freehold.bundle.Keys;
import dev.freehold.bundle.Pem;
import dev.freehold.bundle.SpkiPin;
import java.security.GeneralSecurityException;
import java.security.cert.CertPathValidator;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Date;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x500.style.IETFUtils;
import org.bouncycastle.asn1.x509.KeyPurposeId;

/**
 * The device certificates of one box, below one pinned root, and what is signed by them. A device
 * is known by its two purposes, server and client: under the same root, LAN clients have the second
 * only and controllers another besides.
 */
final class DeviceCertificates {

  /** Renewed every two weeks, these are enough for decades. */
  static final int CERTIFICATES_MAX = 4_096;

  private static final int CHAIN_MAX = 4;
  private static final Set<String> PURPOSES =
      Set.of(KeyPurposeId.id_kp_serverAuth.getId(), KeyPurposeId.id_kp_clientAuth.getId());

  private final SpkiPin root;
  private final Optional<String> expectedBox;
  private final Map<String, List<X509Certificate>> chains = new HashMap<>();
  private String box = "";

  DeviceCertificates(SpkiPin root, Optional<String> expectedBox) {
    this.root = root;
    this.expectedBox = expectedBox;
  }

  /** Not what the root vouches for. */
  static final class Untrusted extends Exception {

    private static final long serialVersionUID = 1L;

    Untrusted(String message) {
      super(message);
    }
  }

  String box() {
    return box;
  }

  void add(Entry.Certificate stored) throws Untrusted {
    List<X509Certificate> chain = chain(stored.chainDer());
    X509Certificate device = chain.getFirst();
    if (!DeviceSigner.sha256(device).equals(stored.sha256())) {
      throw new Untrusted("the certificate has another hash than the line says");
    }
    String serial = serial(device);
    String expected = box.isEmpty() ? expectedBox.orElse(serial) : box;
    if (!serial.equals(expected)) {
      throw new Untrusted(
          "expected a certificate of box " + expected + ", found one of " + Entry.bounded(serial));
    }
    if (chains.size() == CERTIFICATES_MAX) {
      throw new Untrusted("expected at most " + CERTIFICATES_MAX + " certificates");
    }
    box = serial;
    chains.put(stored.sha256(), chain);
  }

  boolean knows(String sha256) {
    return chains.containsKey(sha256);
  }

  /** Adds the chain that a head brought along, unless it brought none or it is known. */
  void add(SignedHead head) throws Untrusted {
    if (!head.chainDer().isEmpty() && !knows(head.certificate())) {
      add(new Entry.Certificate(head.certificate(), head.chainDer()));
    }
  }

  /**
   * Checks a head's signature.
   *
   * @return whether the certificate was valid at the head's time. A box goes on serving, and
   *     signing, when its certificate has expired.
   */
  boolean verify(SignedHead head) throws Untrusted {
    List<X509Certificate> chain = chains.get(head.certificate());
    if (chain == null) {
      throw new Untrusted(
          "the head names the certificate " + head.certificate() + ", which no line before it has");
    }
    if (!head.head().isSignedBy(chain.getFirst().getPublicKey())) {
      throw new Untrusted("the head's signature is not by the key of box " + box);
    }
    try {
      for (X509Certificate certificate : chain) {
        certificate.checkValidity(Date.from(head.time()));
      }
      return true;
    } catch (CertificateException e) {
      return false;
    }
  }

  private List<X509Certificate> chain(List<String> chainDer) throws Untrusted {
    if (chainDer.size() < 2 || chainDer.size() > CHAIN_MAX) {
      throw new Untrusted("the certificate's chain has " + chainDer.size() + " members");
    }
    List<X509Certificate> chain = new ArrayList<>();
    try {
      for (String der : chainDer) {
        chain.add(Pem.certificate(Base64.getDecoder().decode(der)));
      }
      validate(chain);
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      throw new Untrusted("the certificate's chain does not lead to the root: " + reason(e));
    }
    return chain;
  }

  private static String reason(Exception e) {
    return String.valueOf(e.getMessage()).lines().findFirst().orElse("it is damaged");
  }

  private void validate(List<X509Certificate> chain) throws GeneralSecurityException, Untrusted {
    X509Certificate anchor = chain.getLast();
    if (!root.matches(anchor)) {
      throw new Untrusted(
          "expected a chain up to the root " + root + ", found one up to " + SpkiPin.of(anchor));
    }
    PKIXParameters parameters = new PKIXParameters(Set.of(new TrustAnchor(anchor, null)));
    parameters.setRevocationEnabled(false);
    // Whether it was valid when it signed is asked of each head.
    parameters.setDate(chain.getFirst().getNotBefore());
    CertPathValidator.getInstance("PKIX")
        .validate(
            CertificateFactory.getInstance("X.509")
                .generateCertPath(chain.subList(0, chain.size() - 1)),
            parameters);
    List<String> purposes = chain.getFirst().getExtendedKeyUsage();
    if (purposes == null
        || !Set.copyOf(purposes).equals(PURPOSES)
        || !Keys.isP256(chain.getFirst().getPublicKey())) {
      throw new Untrusted("the certificate is not a box's");
    }
  }

  private static String serial(X509Certificate certificate) {
    X500Name subject = X500Name.getInstance(certificate.getSubjectX500Principal().getEncoded());
    return subject.getRDNs(BCStyle.CN).length == 0
        ? ""
        : IETFUtils.valueToString(subject.getRDNs(BCStyle.CN)[0].getFirst().getValue());
  }
}
