package dev.freehold.controller.authority;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;

/**
 * What kind of certificate is issued.
 *
 * @param authorityDepth empty for an end entity; else how many authorities may follow below
 * @param purposes extended key usages; none for an authority
 * @param names alternative names of a server
 */
record CertificateProfile(
    X500Name subject,
    Duration validity,
    Optional<Integer> authorityDepth,
    List<KeyPurposeId> purposes,
    Optional<GeneralNames> names) {

  static CertificateProfile authority(X500Name subject, Duration validity, int depth) {
    return new CertificateProfile(
        subject, validity, Optional.of(depth), List.of(), Optional.empty());
  }

  static CertificateProfile endEntity(
      X500Name subject, Duration validity, List<KeyPurposeId> purposes) {
    return new CertificateProfile(subject, validity, Optional.empty(), purposes, Optional.empty());
  }

  CertificateProfile named(GeneralNames names) {
    return new CertificateProfile(subject, validity, authorityDepth, purposes, Optional.of(names));
  }
}
