package dev.freehold.controller.authority;

import dev.freehold.bundle.Keys;
import dev.freehold.bundle.Pem;
import java.io.IOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** A key that issues certificates, with its own certificate. Secret. */
record Issuer(PrivateKey key, X509Certificate certificate) {

  /** Clocks of the machines that check differ: a certificate is valid a while before it is made. */
  static final Duration BACKDATED = Duration.ofHours(1);

  private static final int SERIAL_BITS = 127;
  private static final SecureRandom RANDOM = new SecureRandom();

  /** A root: it issues its own certificate. */
  static Issuer root(KeyPair keys, CertificateProfile profile, Instant now) {
    return new Issuer(
        keys.getPrivate(),
        sign(keys.getPrivate(), profile.subject(), null, profile, keys.getPublic(), now));
  }

  Issuer authority(KeyPair keys, CertificateProfile profile, Instant now) {
    return new Issuer(keys.getPrivate(), issue(profile, keys.getPublic(), now));
  }

  /** A certificate for the key; it never outlives this issuer's own. */
  X509Certificate issue(CertificateProfile profile, PublicKey subject, Instant now) {
    X500Name issuer = X500Name.getInstance(certificate.getSubjectX500Principal().getEncoded());
    return sign(key, issuer, certificate, profile, subject, now);
  }

  @Override
  public String toString() {
    return "Issuer[" + certificate.getSubjectX500Principal() + "]";
  }

  private static X509Certificate sign(
      PrivateKey key,
      X500Name issuer,
      X509Certificate issuerCertificate,
      CertificateProfile profile,
      PublicKey subject,
      Instant now) {
    Instant end = now.plus(profile.validity());
    if (issuerCertificate != null && end.isAfter(issuerCertificate.getNotAfter().toInstant())) {
      end = issuerCertificate.getNotAfter().toInstant();
    }
    SubjectPublicKeyInfo subjectKey = SubjectPublicKeyInfo.getInstance(subject.getEncoded());
    try {
      X509v3CertificateBuilder builder =
          new X509v3CertificateBuilder(
              issuer,
              new BigInteger(SERIAL_BITS, RANDOM).setBit(SERIAL_BITS - 1),
              Date.from(now.minus(BACKDATED)),
              Date.from(end),
              profile.subject(),
              subjectKey);
      addExtensions(builder, profile, subjectKey, issuerCertificate);
      String algorithm = key.getAlgorithm().equals("EC") ? "SHA256withECDSA" : "ML-DSA-65";
      return Pem.certificate(
          builder
              .build(
                  new JcaContentSignerBuilder(algorithm)
                      .setProvider(Keys.bouncyCastle())
                      .build(key))
              .getEncoded());
    } catch (IOException | OperatorCreationException | GeneralSecurityException e) {
      throw new IllegalStateException("A certificate cannot be issued.", e);
    }
  }

  private static void addExtensions(
      X509v3CertificateBuilder builder,
      CertificateProfile profile,
      SubjectPublicKeyInfo subjectKey,
      X509Certificate issuerCertificate)
      throws IOException, GeneralSecurityException {
    JcaX509ExtensionUtils extensions = new JcaX509ExtensionUtils();
    boolean authority = profile.authorityDepth().isPresent();
    builder.addExtension(
        Extension.basicConstraints,
        true,
        authority
            ? new BasicConstraints(profile.authorityDepth().get())
            : new BasicConstraints(false));
    builder.addExtension(
        Extension.keyUsage,
        true,
        new KeyUsage(
            authority ? KeyUsage.keyCertSign | KeyUsage.cRLSign : KeyUsage.digitalSignature));
    builder.addExtension(
        Extension.subjectKeyIdentifier, false, extensions.createSubjectKeyIdentifier(subjectKey));
    if (issuerCertificate != null) {
      builder.addExtension(
          Extension.authorityKeyIdentifier,
          false,
          extensions.createAuthorityKeyIdentifier(issuerCertificate.getPublicKey()));
    }
    if (!profile.purposes().isEmpty()) {
      builder.addExtension(
          Extension.extendedKeyUsage,
          false,
          new ExtendedKeyUsage(profile.purposes().toArray(KeyPurposeId[]::new)));
    }
    if (profile.names().isPresent()) {
      builder.addExtension(Extension.subjectAlternativeName, false, profile.names().get());
    }
  }
}
