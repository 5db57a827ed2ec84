package dev.freehold.bundle;

import dev.freehold.bundle.BundleException.Reason;
import java.io.IOException;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.cms.CMSObjectIdentifiers;
import org.bouncycastle.asn1.cms.ContentInfo;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extensions;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.CertException;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateHolder;
import org.bouncycastle.cms.CMSException;
import org.bouncycastle.cms.CMSProcessable;
import org.bouncycastle.cms.CMSSignedData;
import org.bouncycastle.cms.SignerInformation;
import org.bouncycastle.cms.jcajce.JcaSimpleSignerInfoVerifierBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentVerifierProviderBuilder;

/**
 * The inner layer: exactly two signatures, one by each algorithm, each by a certificate that its
 * own root issued for signing bundles. Counting valid signatures would not do: a stripped one would
 * not be missed, and a duplicated one would count twice.
 */
final class SignatureCheck {

  private static final int SIGNERS = 2;

  private final CMSSignedData signed;
  private final Instant time;
  private final boolean kept;

  private SignatureCheck(CMSSignedData signed, Instant time, boolean kept) {
    this.signed = signed;
    this.time = time;
    this.kept = kept;
  }

  /** The bytes that both signers signed. */
  static byte[] verify(byte[] signedData, TrustRoots roots, Instant time, boolean kept)
      throws BundleException {
    ContentInfo info =
        new ContentInfo(CMSObjectIdentifiers.signedData, EnvelopeReader.canonical(signedData));
    CMSSignedData signed;
    try {
      signed = new CMSSignedData(info);
    } catch (CMSException e) {
      throw new BundleException(Reason.MALFORMED, "expected signed data, found another", e);
    }
    return new SignatureCheck(signed, time, kept).verify(roots);
  }

  private byte[] verify(TrustRoots roots) throws BundleException {
    CMSProcessable content = signed.getSignedContent();
    if (content == null
        || !ObjectIdentifiers.BUNDLE_CONTENT.getId().equals(signed.getSignedContentTypeOID())) {
      throw new BundleException(
          Reason.MALFORMED, "expected the content of a bundle to be signed, found another");
    }
    List<SignerInformation> classical = new ArrayList<>();
    List<SignerInformation> postQuantum = new ArrayList<>();
    for (SignerInformation signer : signed.getSignerInfos().getSigners()) {
      if (uses(signer, EnvelopeFormat.CLASSICAL_SIGNATURE, EnvelopeFormat.CLASSICAL_DIGEST)) {
        classical.add(signer);
      } else if (uses(
          signer, EnvelopeFormat.POST_QUANTUM_SIGNATURE, EnvelopeFormat.POST_QUANTUM_DIGEST)) {
        postQuantum.add(signer);
      } else {
        throw new BundleException(
            Reason.ALGORITHM_NOT_ALLOWED,
            "expected signatures by ECDSA with SHA-256 and by ML-DSA-65, found another");
      }
    }
    if (classical.size() > 1 || postQuantum.size() > 1) {
      throw new BundleException(
          Reason.SIGNATURE_DUPLICATED, "expected each signature once, found one twice");
    }
    if (classical.size() + postQuantum.size() != SIGNERS) {
      throw new BundleException(
          Reason.SIGNATURE_MISSING,
          "expected both signatures, the one by "
              + (classical.isEmpty() ? "ECDSA" : "ML-DSA-65")
              + " is missing");
    }
    verify(classical.getFirst(), roots.classical(), EnvelopeFormat.CLASSICAL_SIGNATURE);
    verify(postQuantum.getFirst(), roots.postQuantum(), EnvelopeFormat.POST_QUANTUM_SIGNATURE);
    return (byte[]) content.getContent();
  }

  private static boolean uses(
      SignerInformation signer, ASN1ObjectIdentifier signature, ASN1ObjectIdentifier digest) {
    return signature.getId().equals(signer.getEncryptionAlgOID())
        && digest.getId().equals(signer.getDigestAlgOID());
  }

  private void verify(
      SignerInformation signer, X509Certificate root, ASN1ObjectIdentifier signature)
      throws BundleException {
    X509CertificateHolder certificate = certificate(signer);
    try {
      checkIssued(certificate, new JcaX509CertificateHolder(root), root, signature);
      checkTime(certificate);
      boolean valid =
          signer.getSignedAttributes() != null
              && signer.getUnsignedAttributes() == null
              && signer.verify(
                  new JcaSimpleSignerInfoVerifierBuilder()
                      .setProvider(Keys.bouncyCastle())
                      .build(certificate));
      if (!valid) {
        throw new BundleException(Reason.SIGNATURE_INVALID, "a signature does not verify");
      }
    } catch (CMSException | OperatorCreationException | CertificateException | IOException e) {
      throw new BundleException(Reason.SIGNATURE_INVALID, "a signature does not verify", e);
    }
  }

  private X509CertificateHolder certificate(SignerInformation signer) throws BundleException {
    @SuppressWarnings("unchecked")
    Collection<X509CertificateHolder> matches =
        signed.getCertificates().getMatches(signer.getSID());
    if (matches.size() != 1) {
      throw new BundleException(
          Reason.SIGNER_NOT_TRUSTED,
          "expected one certificate of each signer, found " + matches.size());
    }
    return matches.iterator().next();
  }

  /** A root issues its signers itself: a certificate authority below it cannot make one. */
  private static void checkIssued(
      X509CertificateHolder certificate,
      X509CertificateHolder rootHolder,
      X509Certificate root,
      ASN1ObjectIdentifier signature)
      throws BundleException, OperatorCreationException, IOException {
    Extensions extensions = certificate.getExtensions();
    boolean forBundles =
        extensions != null
            && ExtendedKeyUsage.fromExtensions(extensions) != null
            && ExtendedKeyUsage.fromExtensions(extensions)
                .hasKeyPurposeId(KeyPurposeId.getInstance(ObjectIdentifiers.BUNDLE_SIGNING))
            && KeyUsage.fromExtensions(extensions) != null
            && KeyUsage.fromExtensions(extensions).hasUsages(KeyUsage.digitalSignature)
            && !isAuthority(extensions);
    boolean issued =
        certificate.getIssuer().equals(rootHolder.getSubject())
            && certificate.getSignatureAlgorithm().getAlgorithm().equals(signature);
    try {
      issued =
          issued
              && certificate.isSignatureValid(
                  new JcaContentVerifierProviderBuilder()
                      .setProvider(Keys.bouncyCastle())
                      .build(root));
    } catch (CertException e) {
      issued = false;
    }
    if (!issued || !forBundles) {
      throw new BundleException(
          Reason.SIGNER_NOT_TRUSTED,
          issued
              ? "a signer's certificate is not for signing bundles"
              : "a signer's certificate was not issued by the box's trust root");
    }
  }

  private static boolean isAuthority(Extensions extensions) {
    BasicConstraints constraints = BasicConstraints.fromExtensions(extensions);
    return constraints != null && constraints.isCA();
  }

  private void checkTime(X509CertificateHolder certificate) throws BundleException {
    if (time.isBefore(certificate.getNotBefore().toInstant())) {
      throw new BundleException(
          Reason.NOT_YET_VALID, "a signer's certificate is not valid yet; check the box's clock");
    }
    if (!kept && time.isAfter(certificate.getNotAfter().toInstant())) {
      throw new BundleException(Reason.EXPIRED, "a signer's certificate has expired");
    }
  }
}
