package dev.freehold.bundle;

import java.io.IOException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.util.List;
import org.bouncycastle.asn1.ASN1EncodableVector;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.DERSet;
import org.bouncycastle.asn1.cms.Attribute;
import org.bouncycastle.asn1.cms.AttributeTable;
import org.bouncycastle.asn1.cms.CMSAttributes;
import org.bouncycastle.asn1.cms.CMSObjectIdentifiers;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.cert.jcajce.JcaCertStore;
import org.bouncycastle.cms.CMSAuthEnvelopedDataGenerator;
import org.bouncycastle.cms.CMSException;
import org.bouncycastle.cms.CMSProcessableByteArray;
import org.bouncycastle.cms.CMSSignedDataGenerator;
import org.bouncycastle.cms.SignerInfoGenerator;
import org.bouncycastle.cms.SimpleAttributeTableGenerator;
import org.bouncycastle.cms.jcajce.JcaSignerInfoGeneratorBuilder;
import org.bouncycastle.cms.jcajce.JceCMSContentEncryptorBuilder;
import org.bouncycastle.cms.jcajce.JceKEMRecipientInfoGenerator;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.OutputAEADEncryptor;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.operator.jcajce.JcaDigestCalculatorProviderBuilder;

/**
 * Makes bundles: signs inside, encrypts outside, so that who reads the outside learns nothing and
 * who opens it knows that the content was made for its box.
 */
public final class BundleSealer {

  private BundleSealer() {}

  /** The signed and encrypted bundle, in DER. */
  public static byte[] seal(BundleContent content, SigningKeys signers, PublicKey recipient) {
    if (!Keys.isMlKem768(recipient)) {
      throw new IllegalArgumentException(
          "Expected an ML-KEM-768 key, found " + recipient.getAlgorithm() + ".");
    }
    try {
      byte[] sealed = envelop(sign(ContentFormat.write(content), signers), recipient);
      if (sealed.length > EnvelopeFormat.SEALED_BYTES_MAX) {
        throw new IllegalArgumentException(
            "Expected a bundle of at most "
                + EnvelopeFormat.SEALED_BYTES_MAX
                + " bytes, found "
                + sealed.length
                + ".");
      }
      return sealed;
    } catch (CMSException
        | OperatorCreationException
        | CertificateEncodingException
        | IOException e) {
      throw new IllegalStateException("A bundle cannot be sealed.", e);
    }
  }

  static byte[] sign(byte[] content, SigningKeys keys)
      throws CMSException, OperatorCreationException, CertificateEncodingException, IOException {
    CMSSignedDataGenerator generator = new CMSSignedDataGenerator();
    generator.addSignerInfoGenerator(
        signer(
            "SHA256withECDSA",
            EnvelopeFormat.CLASSICAL_DIGEST,
            keys.classicalKey(),
            keys.classicalCertificate()));
    generator.addSignerInfoGenerator(
        signer(
            "ML-DSA-65",
            EnvelopeFormat.POST_QUANTUM_DIGEST,
            keys.postQuantumKey(),
            keys.postQuantumCertificate()));
    generator.addCertificates(
        new JcaCertStore(List.of(keys.classicalCertificate(), keys.postQuantumCertificate())));
    return generator
        .generate(new CMSProcessableByteArray(ObjectIdentifiers.BUNDLE_CONTENT, content), true)
        .toASN1Structure()
        .getContent()
        .toASN1Primitive()
        .getEncoded(ASN1Encoding.DER);
  }

  static byte[] envelop(byte[] signedData, PublicKey recipient) throws CMSException, IOException {
    CMSAuthEnvelopedDataGenerator generator = new CMSAuthEnvelopedDataGenerator();
    generator.addRecipientInfoGenerator(
        new JceKEMRecipientInfoGenerator(
                EnvelopeFormat.recipientId(recipient), recipient, EnvelopeFormat.KEY_WRAP)
            .setKDF(EnvelopeFormat.KEY_DERIVATION)
            .setProvider(Keys.bouncyCastle()));
    ASN1EncodableVector attributes = new ASN1EncodableVector();
    attributes.add(
        new Attribute(CMSAttributes.contentType, new DERSet(CMSObjectIdentifiers.signedData)));
    generator.setAuthenticatedAttributeGenerator(
        new SimpleAttributeTableGenerator(new AttributeTable(attributes)));
    OutputAEADEncryptor encryptor =
        (OutputAEADEncryptor)
            new JceCMSContentEncryptorBuilder(EnvelopeFormat.CONTENT_ENCRYPTION)
                .setProvider(Keys.bouncyCastle())
                .build();
    return generator
        .generate(
            new CMSProcessableByteArray(CMSObjectIdentifiers.signedData, signedData), encryptor)
        .toASN1Structure()
        .getEncoded(ASN1Encoding.DER);
  }

  private static SignerInfoGenerator signer(
      String algorithm, ASN1ObjectIdentifier digest, PrivateKey key, X509Certificate certificate)
      throws OperatorCreationException, CertificateEncodingException {
    return new JcaSignerInfoGeneratorBuilder(
            new JcaDigestCalculatorProviderBuilder().setProvider(Keys.bouncyCastle()).build())
        .setContentDigest(new AlgorithmIdentifier(digest))
        .build(
            new JcaContentSignerBuilder(algorithm).setProvider(Keys.bouncyCastle()).build(key),
            certificate);
  }
}
