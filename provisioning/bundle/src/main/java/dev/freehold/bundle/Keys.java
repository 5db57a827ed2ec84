package dev.freehold.bundle;

import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.PublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import org.bouncycastle.asn1.nist.NISTObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;
import org.bouncycastle.jce.provider.BouncyCastleProvider;

/**
 * The three kinds of key in use: ECDSA on P-256 for identities and classical signatures, ML-DSA-65
 * for post-quantum signatures, ML-KEM-768 for encryption to a box. Elliptic-curve keys are the
 * JDK's, so that its TLS takes them; post-quantum keys are Bouncy Castle's.
 */
public final class Keys {

  private static final Provider BOUNCY_CASTLE = new BouncyCastleProvider();

  private Keys() {}

  /** Bouncy Castle, passed as an object and never registered: the JVM's defaults stay its own. */
  public static Provider bouncyCastle() {
    return BOUNCY_CASTLE;
  }

  public static KeyPair generateP256() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"));
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("This JVM has no P-256.", e);
    }
  }

  public static KeyPair generateMlDsa65() {
    return generate("ML-DSA-65");
  }

  public static KeyPair generateMlKem768() {
    return generate("ML-KEM-768");
  }

  /**
   * A private key from PKCS#8.
   *
   * @throws GeneralSecurityException if the bytes are no key of one of the three kinds
   */
  public static PrivateKey decodePrivate(byte[] pkcs8) throws GeneralSecurityException {
    try {
      AlgorithmIdentifier algorithm = PrivateKeyInfo.getInstance(pkcs8).getPrivateKeyAlgorithm();
      return factory(algorithm).generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
    } catch (IllegalArgumentException | IllegalStateException e) {
      throw new GeneralSecurityException("Expected a private key as PKCS#8.", e);
    }
  }

  /**
   * A public key from a SubjectPublicKeyInfo.
   *
   * @throws GeneralSecurityException if the bytes are no key of one of the three kinds
   */
  public static PublicKey decodePublic(byte[] spki) throws GeneralSecurityException {
    try {
      AlgorithmIdentifier algorithm = SubjectPublicKeyInfo.getInstance(spki).getAlgorithm();
      return factory(algorithm).generatePublic(new X509EncodedKeySpec(spki));
    } catch (IllegalArgumentException | IllegalStateException e) {
      throw new GeneralSecurityException("Expected a public key as SubjectPublicKeyInfo.", e);
    }
  }

  /** Whether it is an elliptic-curve key on P-256. */
  public static boolean isP256(PublicKey key) {
    AlgorithmIdentifier algorithm =
        SubjectPublicKeyInfo.getInstance(key.getEncoded()).getAlgorithm();
    return algorithm.getAlgorithm().equals(X9ObjectIdentifiers.id_ecPublicKey)
        && X9ObjectIdentifiers.prime256v1.equals(algorithm.getParameters());
  }

  public static boolean isMlDsa65(PublicKey key) {
    return is(key, NISTObjectIdentifiers.id_ml_dsa_65);
  }

  public static boolean isMlKem768(PublicKey key) {
    return is(key, NISTObjectIdentifiers.id_alg_ml_kem_768);
  }

  private static boolean is(PublicKey key, org.bouncycastle.asn1.ASN1ObjectIdentifier algorithm) {
    return SubjectPublicKeyInfo.getInstance(key.getEncoded())
        .getAlgorithm()
        .getAlgorithm()
        .equals(algorithm);
  }

  private static KeyFactory factory(AlgorithmIdentifier algorithm) throws GeneralSecurityException {
    if (algorithm.getAlgorithm().equals(X9ObjectIdentifiers.id_ecPublicKey)) {
      return KeyFactory.getInstance("EC");
    } else if (algorithm.getAlgorithm().equals(NISTObjectIdentifiers.id_ml_dsa_65)) {
      return KeyFactory.getInstance("ML-DSA-65", BOUNCY_CASTLE);
    } else if (algorithm.getAlgorithm().equals(NISTObjectIdentifiers.id_alg_ml_kem_768)) {
      return KeyFactory.getInstance("ML-KEM-768", BOUNCY_CASTLE);
    }
    throw new GeneralSecurityException(
        "Expected a key for P-256, ML-DSA-65 or ML-KEM-768, found algorithm "
            + algorithm.getAlgorithm());
  }

  private static KeyPair generate(String algorithm) {
    try {
      return KeyPairGenerator.getInstance(algorithm, BOUNCY_CASTLE).generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("Bouncy Castle lacks " + algorithm + ".", e);
    }
  }
}
