package dev.freehold.bundle;

import java.security.PublicKey;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.nist.NISTObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;

/** The one set of algorithms and sizes that a bundle has. There is no negotiation. */
final class EnvelopeFormat {

  /** Longer input is not even parsed. */
  static final int SEALED_BYTES_MAX = 4_194_304;

  static final int GCM_TAG_BYTES = 16;
  static final int GCM_NONCE_BYTES = 12;
  static final int KEY_ENCRYPTION_KEY_BYTES = 32;

  static final ASN1ObjectIdentifier KEM = NISTObjectIdentifiers.id_alg_ml_kem_768;
  static final ASN1ObjectIdentifier KEY_WRAP = NISTObjectIdentifiers.id_aes256_wrap;
  static final ASN1ObjectIdentifier CONTENT_ENCRYPTION = NISTObjectIdentifiers.id_aes256_GCM;
  static final AlgorithmIdentifier KEY_DERIVATION =
      new AlgorithmIdentifier(PKCSObjectIdentifiers.id_alg_hkdf_with_sha256);

  static final ASN1ObjectIdentifier CLASSICAL_SIGNATURE = X9ObjectIdentifiers.ecdsa_with_SHA256;
  static final ASN1ObjectIdentifier CLASSICAL_DIGEST = NISTObjectIdentifiers.id_sha256;
  static final ASN1ObjectIdentifier POST_QUANTUM_SIGNATURE = NISTObjectIdentifiers.id_ml_dsa_65;
  static final ASN1ObjectIdentifier POST_QUANTUM_DIGEST = NISTObjectIdentifiers.id_sha512;

  private EnvelopeFormat() {}

  /** A box's key is named by its SHA-256, as a subject key identifier. */
  static byte[] recipientId(PublicKey recipient) {
    return SpkiPin.sha256(recipient.getEncoded());
  }
}
