package dev.freehold.controller.enrolment;

import dev.freehold.bundle.Keys;
import dev.freehold.bundle.ObjectIdentifiers;
import dev.freehold.controller.enrolment.EnrolmentRefused.Kind;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.util.Optional;
import org.bouncycastle.asn1.pkcs.Attribute;
import org.bouncycastle.asn1.x500.RDN;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x500.style.IETFUtils;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.Extensions;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentVerifierProviderBuilder;
import org.bouncycastle.pkcs.PKCS10CertificationRequest;
import org.bouncycastle.pkcs.PKCSException;

/**
 * A certification request (PKCS#10, RFC 2986) whose own signature holds: who sent it has the
 * private key.
 *
 * @param commonName what it asks to be called
 * @param key a P-256 key
 * @param encryptionKey the ML-KEM-768 key it carries as a signed attribute, if any
 * @param names the alternative names it asks for, unchecked
 */
public record CertificationRequest(
    String commonName,
    PublicKey key,
    Optional<PublicKey> encryptionKey,
    Optional<GeneralNames> names) {

  /** Longer requests are refused unread. */
  public static final int BYTES_MAX = 32_768;

  /**
   * Reads a request.
   *
   * @throws EnrolmentRefused if it is none, or its signature does not hold, or its key is of
   *     another kind
   */
  public static CertificationRequest parse(byte[] der) throws EnrolmentRefused {
    if (der.length > BYTES_MAX) {
      throw invalid("expected at most " + BYTES_MAX + " bytes, found " + der.length);
    }
    try {
      PKCS10CertificationRequest request = new PKCS10CertificationRequest(der);
      PublicKey key = Keys.decodePublic(request.getSubjectPublicKeyInfo().getEncoded());
      if (!Keys.isP256(key)) {
        throw invalid("expected a P-256 key");
      }
      boolean proven =
          request.isSignatureValid(
              new JcaContentVerifierProviderBuilder().setProvider(Keys.bouncyCastle()).build(key));
      if (!proven) {
        throw invalid("the request's own signature does not hold");
      }
      return new CertificationRequest(
          commonName(request), key, encryptionKey(request), names(request));
    } catch (IOException
        | GeneralSecurityException
        | OperatorCreationException
        | PKCSException
        | RuntimeException e) {
      throw invalid("expected a PKCS#10 request in DER");
    }
  }

  private static String commonName(PKCS10CertificationRequest request) throws EnrolmentRefused {
    RDN[] names = request.getSubject().getRDNs(BCStyle.CN);
    if (names.length != 1 || names[0].isMultiValued()) {
      throw invalid("expected one common name in the subject");
    }
    return IETFUtils.valueToString(names[0].getFirst().getValue());
  }

  private static Optional<PublicKey> encryptionKey(PKCS10CertificationRequest request)
      throws EnrolmentRefused, IOException, GeneralSecurityException {
    Attribute[] attributes = request.getAttributes(ObjectIdentifiers.BOX_ENCRYPTION_KEY);
    if (attributes.length == 0) {
      return Optional.empty();
    }
    if (attributes.length > 1 || attributes[0].getAttrValues().size() != 1) {
      throw invalid("expected one encryption key");
    }
    PublicKey key =
        Keys.decodePublic(
            attributes[0].getAttrValues().getObjectAt(0).toASN1Primitive().getEncoded());
    if (!Keys.isMlKem768(key)) {
      throw invalid("expected the encryption key to be of ML-KEM-768");
    }
    return Optional.of(key);
  }

  private static Optional<GeneralNames> names(PKCS10CertificationRequest request) {
    Extensions extensions = request.getRequestedExtensions();
    return extensions == null
        ? Optional.empty()
        : Optional.ofNullable(
            GeneralNames.fromExtensions(extensions, Extension.subjectAlternativeName));
  }

  private static EnrolmentRefused invalid(String message) {
    return new EnrolmentRefused(
        Kind.INVALID_REQUEST, "The certification request was refused: " + message + ".");
  }
}
