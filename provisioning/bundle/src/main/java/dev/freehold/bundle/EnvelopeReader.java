package dev.freehold.bundle;

import dev.freehold.bundle.BundleException.Reason;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.security.KeyPair;
import java.util.Arrays;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.ASN1InputStream;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.ASN1Primitive;
import org.bouncycastle.asn1.ASN1Set;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.cms.Attribute;
import org.bouncycastle.asn1.cms.AuthEnvelopedData;
import org.bouncycastle.asn1.cms.CMSAttributes;
import org.bouncycastle.asn1.cms.CMSObjectIdentifiers;
import org.bouncycastle.asn1.cms.ContentInfo;
import org.bouncycastle.asn1.cms.EncryptedContentInfo;
import org.bouncycastle.asn1.cms.GCMParameters;
import org.bouncycastle.asn1.cms.KEMRecipientInfo;
import org.bouncycastle.asn1.cms.OtherRecipientInfo;
import org.bouncycastle.asn1.cms.RecipientIdentifier;
import org.bouncycastle.asn1.cms.RecipientInfo;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.cms.CMSAuthEnvelopedData;
import org.bouncycastle.cms.CMSException;
import org.bouncycastle.cms.RecipientInformation;
import org.bouncycastle.cms.jcajce.JceKEMAuthEnvelopedRecipient;

/**
 * The outer layer. CMS does not authenticate the content type, the recipient's name or the
 * parameters of the algorithms, so each is compared with the only value it may have.
 */
final class EnvelopeReader {

  private EnvelopeReader() {}

  static byte[] decrypt(byte[] sealed, KeyPair box) throws BundleException {
    ContentInfo info = ContentInfo.getInstance(canonical(sealed));
    if (!info.getContentType().equals(CMSObjectIdentifiers.authEnvelopedData)) {
      throw new BundleException(
          Reason.MALFORMED, "expected authenticated-enveloped data, found another type");
    }
    AuthEnvelopedData data = AuthEnvelopedData.getInstance(info.getContent());
    checkShape(data);
    checkRecipient(data, box);
    checkEncryption(data);
    try {
      RecipientInformation recipient =
          new CMSAuthEnvelopedData(info).getRecipientInfos().iterator().next();
      return recipient.getContent(
          new JceKEMAuthEnvelopedRecipient(box.getPrivate()).setProvider(Keys.bouncyCastle()));
    } catch (CMSException | RuntimeException e) {
      // Which step failed is not told apart: an attacker learns nothing from it.
      throw new BundleException(Reason.DECRYPTION_FAILED, "the bundle was changed on its way", e);
    }
  }

  /** Exactly one value in DER, to the last byte: there is no second way to write a bundle. */
  static ASN1Primitive canonical(byte[] bytes) throws BundleException {
    try (ASN1InputStream in = new ASN1InputStream(new ByteArrayInputStream(bytes), bytes.length)) {
      ASN1Primitive value = in.readObject();
      if (value != null && Arrays.equals(value.getEncoded(ASN1Encoding.DER), bytes)) {
        return value;
      }
    } catch (IOException | RuntimeException e) {
      throw new BundleException(Reason.MALFORMED, "expected DER, found bytes that are not", e);
    }
    throw new BundleException(
        Reason.MALFORMED, "expected one value in DER, found none or more, or another encoding");
  }

  private static void checkShape(AuthEnvelopedData data) throws BundleException {
    if (!data.getVersion().hasValue(0)
        || data.getOriginatorInfo() != null
        || data.getUnauthAttrs() != null
        || data.getRecipientInfos().size() != 1) {
      throw new BundleException(
          Reason.MALFORMED, "expected one recipient and nothing unauthenticated");
    }
    if (!isContentTypeAlone(data.getAuthAttrs(), CMSObjectIdentifiers.signedData)) {
      throw new BundleException(
          Reason.MALFORMED, "expected the content type as the one authenticated attribute");
    }
  }

  private static boolean isContentTypeAlone(ASN1Set attributes, ASN1ObjectIdentifier type) {
    if (attributes == null || attributes.size() != 1) {
      return false;
    }
    Attribute attribute = Attribute.getInstance(attributes.getObjectAt(0));
    return attribute.getAttrType().equals(CMSAttributes.contentType)
        && attribute.getAttrValues().size() == 1
        && attribute.getAttrValues().getObjectAt(0).equals(type);
  }

  private static void checkRecipient(AuthEnvelopedData data, KeyPair box) throws BundleException {
    RecipientInfo info = RecipientInfo.getInstance(data.getRecipientInfos().getObjectAt(0));
    if (!(info.getInfo() instanceof OtherRecipientInfo other)
        || !other.getType().equals(CMSObjectIdentifiers.id_ori_kem)) {
      throw new BundleException(
          Reason.ALGORITHM_NOT_ALLOWED, "expected a key-encapsulation recipient, found another");
    }
    KEMRecipientInfo kem = KEMRecipientInfo.getInstance(other.getValue());
    boolean allowed =
        isPlain(kem.getKem(), EnvelopeFormat.KEM)
            && isPlain(kem.getWrap(), EnvelopeFormat.KEY_WRAP)
            && kem.getKdf().equals(EnvelopeFormat.KEY_DERIVATION)
            && kem.getKekLength() == EnvelopeFormat.KEY_ENCRYPTION_KEY_BYTES
            && kem.getUkm() == null;
    if (!allowed) {
      throw new BundleException(
          Reason.ALGORITHM_NOT_ALLOWED,
          "expected ML-KEM-768 with HKDF-SHA256 and AES-256 key wrap, found another");
    }
    byte[] recipientId = EnvelopeFormat.recipientId(box.getPublic());
    boolean ours =
        kem.getRecipientIdentifier().isTagged()
            && Arrays.equals(
                ASN1OctetString.getInstance(kem.getRecipientIdentifier().getId()).getOctets(),
                recipientId);
    if (!ours) {
      throw new BundleException(
          Reason.WRONG_RECIPIENT,
          "encrypted to another key than this box's; enrol the box again if it was re-installed");
    }
    if (!other.getValue().toASN1Primitive().equals(rebuilt(kem, recipientId).toASN1Primitive())) {
      throw new BundleException(Reason.MALFORMED, "expected a recipient as every bundle has it");
    }
  }

  /** Versions and tags that Bouncy Castle reads and forgets are what the comparison is for. */
  private static KEMRecipientInfo rebuilt(KEMRecipientInfo kem, byte[] recipientId) {
    return new KEMRecipientInfo(
        new RecipientIdentifier(new DEROctetString(recipientId)),
        new AlgorithmIdentifier(EnvelopeFormat.KEM),
        kem.getKemct(),
        EnvelopeFormat.KEY_DERIVATION,
        new ASN1Integer(EnvelopeFormat.KEY_ENCRYPTION_KEY_BYTES),
        null,
        new AlgorithmIdentifier(EnvelopeFormat.KEY_WRAP),
        kem.getEncryptedKey());
  }

  private static void checkEncryption(AuthEnvelopedData data) throws BundleException {
    EncryptedContentInfo content = data.getAuthEncryptedContentInfo();
    if (!content.getContentType().equals(CMSObjectIdentifiers.signedData)
        || content.getEncryptedContent() == null) {
      throw new BundleException(Reason.MALFORMED, "expected signed data inside, found another");
    }
    AlgorithmIdentifier algorithm = content.getContentEncryptionAlgorithm();
    boolean allowed =
        algorithm.getAlgorithm().equals(EnvelopeFormat.CONTENT_ENCRYPTION)
            && algorithm.getParameters() != null;
    if (allowed) {
      GCMParameters parameters = GCMParameters.getInstance(algorithm.getParameters());
      allowed =
          parameters.getIcvLen() == EnvelopeFormat.GCM_TAG_BYTES
              && parameters.getNonce().length == EnvelopeFormat.GCM_NONCE_BYTES
              && data.getMac().getOctets().length == EnvelopeFormat.GCM_TAG_BYTES;
    }
    if (!allowed) {
      throw new BundleException(
          Reason.ALGORITHM_NOT_ALLOWED,
          "expected AES-256-GCM with a full tag, found another or a shorter one");
    }
  }

  static boolean isPlain(AlgorithmIdentifier algorithm, ASN1ObjectIdentifier expected) {
    return algorithm.getAlgorithm().equals(expected) && algorithm.getParameters() == null;
  }
}
