package dev.freehold.controller.api;

import dev.freehold.bundle.ObjectIdentifiers;
import dev.freehold.controller.authority.Authority;
import dev.freehold.controller.store.Box;
import dev.freehold.controller.store.ControllerStore;
import io.helidon.http.Status;
import io.helidon.webserver.http.ServerRequest;
import java.security.cert.Certificate;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Instant;
import java.util.Optional;
import org.bouncycastle.asn1.x500.RDN;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x500.style.IETFUtils;

/**
 * Who calls. TLS has validated the chain up to the authority of boxes or of the service; which of
 * them it was, and whether the certificate still holds, is asked at each request, since a
 * connection may outlive its certificate.
 */
final class Callers {

  private final Authority authority;
  private final ControllerStore store;
  private final Clock clock;

  Callers(Authority authority, ControllerStore store, Clock clock) {
    this.authority = authority;
    this.store = store;
    this.clock = clock;
  }

  /** The enrolled box that calls. */
  Box requireBox(ServerRequest request) {
    X509Certificate leaf = require(request, authority.devices(), "a box's certificate");
    return store
        .box(commonName(leaf))
        .filter(box -> box.enrolled().isPresent())
        .orElseThrow(
            () ->
                new ApiException(
                    Status.FORBIDDEN_403,
                    "This controller does not know the box. Enrol it again with a new token."));
  }

  /** The name of the operator that calls. */
  String requireOperator(ServerRequest request) {
    X509Certificate leaf = require(request, authority.service(), "an operator's certificate");
    try {
      if (leaf.getExtendedKeyUsage() != null
          && leaf.getExtendedKeyUsage().contains(ObjectIdentifiers.OPERATOR.getId())) {
        return commonName(leaf);
      }
    } catch (CertificateParsingException e) {
      // Said below.
    }
    throw forbidden("an operator's certificate");
  }

  /** What the caller presented, whoever it is. */
  Optional<X509Certificate> certificate(ServerRequest request) {
    return leaf(request);
  }

  /** Whether the certificate the caller came with still holds. */
  boolean isStillValid(ServerRequest request) {
    return leaf(request).filter(this::isValidNow).isPresent();
  }

  private X509Certificate require(ServerRequest request, X509Certificate issuer, String what) {
    X509Certificate leaf =
        leaf(request)
            .orElseThrow(
                () ->
                    new ApiException(
                        Status.UNAUTHORIZED_401,
                        "Expected " + what + ", found a connection without one."));
    if (!leaf.getIssuerX500Principal().equals(issuer.getSubjectX500Principal())) {
      throw forbidden(what);
    }
    if (!isValidNow(leaf)) {
      throw new ApiException(
          Status.UNAUTHORIZED_401, "The certificate has expired. Connect with a newer one.");
    }
    return leaf;
  }

  private boolean isValidNow(X509Certificate leaf) {
    Instant now = clock.instant();
    return !now.isBefore(leaf.getNotBefore().toInstant())
        && !now.isAfter(leaf.getNotAfter().toInstant());
  }

  private static Optional<X509Certificate> leaf(ServerRequest request) {
    Optional<Certificate[]> chain = request.remotePeer().tlsCertificates();
    return chain
        .filter(certificates -> certificates.length > 0)
        .map(certificates -> (X509Certificate) certificates[0]);
  }

  private static ApiException forbidden(String what) {
    return new ApiException(
        Status.FORBIDDEN_403, "Expected " + what + ", found a certificate of another kind.");
  }

  private static String commonName(X509Certificate certificate) {
    X500Name subject = X500Name.getInstance(certificate.getSubjectX500Principal().getEncoded());
    RDN[] names = subject.getRDNs(BCStyle.CN);
    return names.length == 0 ? "" : IETFUtils.valueToString(names[0].getFirst().getValue());
  }
}
