package dev.freehold.bundle;

import java.math.BigInteger;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Date;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** Two roots and two bundle signers, made in a test. */
final class TestAuthority {

  static final Instant FROM = Instant.parse("2026-01-01T00:00:00Z");
  static final Instant UNTIL = Instant.parse("2028-01-01T00:00:00Z");

  final KeyPair classicalRootKeys = Keys.generateP256();
  final KeyPair postQuantumRootKeys = Keys.generateMlDsa65();
  final TrustRoots roots;
  final SigningKeys signers;

  TestAuthority() throws Exception {
    X509Certificate classicalRoot =
        issue("classical root", classicalRootKeys.getPublic(), null, classicalRootKeys, true, null);
    X509Certificate postQuantumRoot =
        issue("pq root", postQuantumRootKeys.getPublic(), null, postQuantumRootKeys, true, null);
    roots = new TrustRoots(classicalRoot, postQuantumRoot);
    signers = signersFor(KeyPurposeId.getInstance(ObjectIdentifiers.BUNDLE_SIGNING));
  }

  SigningKeys signersFor(KeyPurposeId purpose) throws Exception {
    KeyPair classical = Keys.generateP256();
    KeyPair postQuantum = Keys.generateMlDsa65();
    return new SigningKeys(
        classical.getPrivate(),
        issue(
            "bundle signer",
            classical.getPublic(),
            roots.classical(),
            classicalRootKeys,
            false,
            purpose),
        postQuantum.getPrivate(),
        issue(
            "bundle signer pq",
            postQuantum.getPublic(),
            roots.postQuantum(),
            postQuantumRootKeys,
            false,
            purpose));
  }

  static X509Certificate issue(
      String name,
      PublicKey subject,
      X509Certificate issuer,
      KeyPair issuerKeys,
      boolean authority,
      KeyPurposeId purpose)
      throws Exception {
    X500Principal subjectName = new X500Principal("CN=" + name);
    X509v3CertificateBuilder builder =
        new JcaX509v3CertificateBuilder(
            issuer == null ? subjectName : issuer.getSubjectX500Principal(),
            new BigInteger(64, new SecureRandom()),
            Date.from(FROM),
            Date.from(UNTIL),
            subjectName,
            subject);
    builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(authority));
    builder.addExtension(
        Extension.keyUsage,
        true,
        new KeyUsage(authority ? KeyUsage.keyCertSign : KeyUsage.digitalSignature));
    if (purpose != null) {
      builder.addExtension(Extension.extendedKeyUsage, true, new ExtendedKeyUsage(purpose));
    }
    PrivateKey key = issuerKeys.getPrivate();
    String algorithm = Keys.isP256(issuerKeys.getPublic()) ? "SHA256withECDSA" : "ML-DSA-65";
    return Pem.certificate(
        builder
            .build(
                new JcaContentSignerBuilder(algorithm).setProvider(Keys.bouncyCastle()).build(key))
            .getEncoded());
  }
}
