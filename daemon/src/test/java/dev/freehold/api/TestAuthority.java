package dev.freehold.api;

import java.io.IOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.CertIOException;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** A certificate authority of one test. */
public final class TestAuthority {

  private static final AtomicLong SERIALS = new AtomicLong(1);

  private final KeyPair keys;
  private final X509Certificate certificate;

  private TestAuthority(KeyPair keys, X509Certificate certificate) {
    this.keys = keys;
    this.certificate = certificate;
  }

  /** A key and the chain that belongs to it, the issuer last. */
  public record Credential(KeyPair keys, List<X509Certificate> chain) {

    /** For a server that shows this certificate and asks for none. */
    public SSLContext serverContext() throws GeneralSecurityException, IOException {
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(null, null);
      store.setKeyEntry(
          "server", keys.getPrivate(), new char[0], chain.toArray(X509Certificate[]::new));
      KeyManagerFactory managers =
          KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      managers.init(store, new char[0]);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(managers.getKeyManagers(), null, null);
      return context;
    }
  }

  public static TestAuthority create(String name) {
    KeyPair keys = keyPair();
    try {
      JcaX509v3CertificateBuilder builder =
          builder("CN=" + name, keys, "CN=" + name, Duration.ofDays(1));
      builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(0));
      builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign));
      return new TestAuthority(keys, sign(builder, keys));
    } catch (CertIOException e) {
      throw new AssertionError(e);
    }
  }

  public X509Certificate certificate() {
    return certificate;
  }

  public Credential client(String subject) {
    return client(subject, Duration.ofHours(1));
  }

  public Credential client(String subject, Duration validity) {
    return issue(subject, KeyPurposeId.id_kp_clientAuth, validity);
  }

  /** For localhost and 127.0.0.1. */
  public Credential server() {
    return issue("CN=box", KeyPurposeId.id_kp_serverAuth, Duration.ofHours(1));
  }

  private Credential issue(String subject, KeyPurposeId purpose, Duration validity) {
    KeyPair own = keyPair();
    try {
      JcaX509v3CertificateBuilder builder =
          builder(certificate.getSubjectX500Principal().getName(), own, subject, validity);
      builder.addExtension(Extension.extendedKeyUsage, false, new ExtendedKeyUsage(purpose));
      builder.addExtension(
          Extension.subjectAlternativeName,
          false,
          new GeneralNames(
              new GeneralName[] {
                new GeneralName(GeneralName.dNSName, "localhost"),
                new GeneralName(GeneralName.iPAddress, "127.0.0.1")
              }));
      return new Credential(own, List.of(sign(builder, keys), certificate));
    } catch (CertIOException e) {
      throw new AssertionError(e);
    }
  }

  private static JcaX509v3CertificateBuilder builder(
      String issuer, KeyPair subjectKeys, String subject, Duration validity) {
    Instant now = Instant.now();
    return new JcaX509v3CertificateBuilder(
        new X500Principal(issuer),
        BigInteger.valueOf(SERIALS.getAndIncrement()),
        Date.from(now.minusSeconds(60)),
        Date.from(now.plus(validity)),
        new X500Principal(subject),
        subjectKeys.getPublic());
  }

  private static X509Certificate sign(JcaX509v3CertificateBuilder builder, KeyPair signer) {
    try {
      return new JcaX509CertificateConverter()
          .getCertificate(
              builder.build(
                  new JcaContentSignerBuilder("SHA256withECDSA").build(signer.getPrivate())));
    } catch (OperatorCreationException | GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  private static KeyPair keyPair() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"));
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }
}
