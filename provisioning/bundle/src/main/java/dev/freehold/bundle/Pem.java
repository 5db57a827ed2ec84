package dev.freehold.bundle;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import org.bouncycastle.util.io.pem.PemObject;
import org.bouncycastle.util.io.pem.PemReader;

/** Certificates and private keys as text (RFC 7468). */
public final class Pem {

  /** No file of ours is longer. */
  public static final int CHARACTERS_MAX = 1_048_576;

  private static final int CERTIFICATES_MAX = 64;
  private static final Base64.Encoder LINES =
      Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII));

  private Pem() {}

  public static String encode(X509Certificate... certificates) {
    return encode(Arrays.asList(certificates));
  }

  public static String encode(Collection<X509Certificate> certificates) {
    StringBuilder text = new StringBuilder();
    for (X509Certificate certificate : certificates) {
      try {
        text.append(block("CERTIFICATE", certificate.getEncoded()));
      } catch (CertificateException e) {
        throw new IllegalArgumentException("A certificate cannot be encoded.", e);
      }
    }
    return text.toString();
  }

  /** As unencrypted PKCS#8: for files that only their owner may read. */
  public static String encode(PrivateKey key) {
    return block("PRIVATE KEY", key.getEncoded());
  }

  /**
   * The certificates in the text, in order; at least one.
   *
   * @throws GeneralSecurityException if there is none, or something that is no certificate
   */
  public static List<X509Certificate> certificates(String text) throws GeneralSecurityException {
    List<X509Certificate> certificates = new ArrayList<>();
    for (PemObject object : objects(text)) {
      if (!object.getType().equals("CERTIFICATE") || certificates.size() == CERTIFICATES_MAX) {
        throw new GeneralSecurityException(
            "Expected at most " + CERTIFICATES_MAX + " certificates, found a " + object.getType());
      }
      certificates.add(certificate(object.getContent()));
    }
    if (certificates.isEmpty()) {
      throw new GeneralSecurityException(
          "Expected certificates in PEM (-----BEGIN CERTIFICATE-----), found none.");
    }
    return certificates;
  }

  /** The one certificate of these bytes, as the JDK's own class. */
  public static X509Certificate certificate(byte[] der) throws GeneralSecurityException {
    return (X509Certificate)
        CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(der));
  }

  /**
   * The one private key in the text.
   *
   * @throws GeneralSecurityException if there is not exactly one; the text is never repeated
   */
  public static PrivateKey privateKey(String text) throws GeneralSecurityException {
    List<PemObject> objects = objects(text);
    if (objects.size() != 1 || !objects.getFirst().getType().equals("PRIVATE KEY")) {
      throw new GeneralSecurityException(
          "Expected one private key in PEM (-----BEGIN PRIVATE KEY-----), found something else.");
    }
    return Keys.decodePrivate(objects.getFirst().getContent());
  }

  private static List<PemObject> objects(String text) throws GeneralSecurityException {
    if (text.length() > CHARACTERS_MAX) {
      throw new GeneralSecurityException(
          "Expected at most " + CHARACTERS_MAX + " characters of PEM, found " + text.length());
    }
    List<PemObject> objects = new ArrayList<>();
    try (PemReader reader = new PemReader(new StringReader(text))) {
      PemObject object = reader.readPemObject();
      while (object != null) {
        objects.add(object);
        object = reader.readPemObject();
      }
    } catch (IOException | RuntimeException e) {
      throw new GeneralSecurityException("Expected PEM, found text that breaks off or is garbled.");
    }
    return objects;
  }

  private static String block(String type, byte[] der) {
    return "-----BEGIN "
        + type
        + "-----\n"
        + LINES.encodeToString(der)
        + "\n-----END "
        + type
        + "-----\n";
  }
}
