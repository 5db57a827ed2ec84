package dev.freehold.controller.api;

import dev.freehold.bundle.ObjectIdentifiers;
import dev.freehold.bundle.TrustRoots;
import dev.freehold.controller.authority.Authority;
import dev.freehold.controller.enrolment.CertificationRequest;
import dev.freehold.controller.enrolment.Enrolment;
import dev.freehold.controller.enrolment.EnrolmentRefused;
import dev.freehold.controller.store.Box;
import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.List;
import org.bouncycastle.asn1.ASN1EncodableVector;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.DERSequence;
import org.bouncycastle.asn1.DERSet;
import org.bouncycastle.asn1.pkcs.Attribute;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;
import org.bouncycastle.cert.jcajce.JcaCertStore;
import org.bouncycastle.cms.CMSAbsentContent;
import org.bouncycastle.cms.CMSException;
import org.bouncycastle.cms.CMSSignedDataGenerator;

/**
 * Enrolment over secure transport (RFC 7030, with the base64 of RFC 8951). A box without a
 * certificate proves itself by HTTP Basic with its serial and a one-time token, over TLS to a
 * server whose root it has pinned. The channel binding of RFC 7030 is not asked for: TLS 1.3 has
 * none of that kind.
 */
final class EstRoutes implements HttpService {

  private static final int BODY_BYTES_MAX = 2 * CertificationRequest.BYTES_MAX;
  private static final int CREDENTIALS_CHARACTERS_MAX = 512;
  private static final Base64.Encoder LINES =
      Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII));

  private final Authority authority;
  private final Enrolment enrolment;
  private final Callers callers;

  EstRoutes(Authority authority, Enrolment enrolment, Callers callers) {
    this.authority = authority;
    this.enrolment = enrolment;
    this.callers = callers;
  }

  @Override
  public void routing(HttpRules rules) {
    rules
        .get("/cacerts", this::authorities)
        .get("/csrattrs", this::requestAttributes)
        .post("/simpleenroll", this::enrol)
        .post("/simplereenroll", this::renew);
  }

  /** Both roots and the authorities below, as RFC 7030 section 4.1. */
  private void authorities(ServerRequest request, ServerResponse response) {
    TrustRoots roots = authority.roots();
    sendCertificates(
        response,
        List.of(
            roots.classical(),
            roots.postQuantum(),
            authority.devices(),
            authority.clients(),
            authority.service()));
  }

  /** What a request must have: a P-256 key, and an ML-KEM key as an attribute. */
  private void requestAttributes(ServerRequest request, ServerResponse response)
      throws IOException {
    ASN1EncodableVector attributes = new ASN1EncodableVector();
    attributes.add(
        new Attribute(
            X9ObjectIdentifiers.id_ecPublicKey, new DERSet(X9ObjectIdentifiers.prime256v1)));
    attributes.add(X9ObjectIdentifiers.ecdsa_with_SHA256);
    attributes.add(ObjectIdentifiers.BOX_ENCRYPTION_KEY);
    send(
        response, "application/csrattrs", new DERSequence(attributes).getEncoded(ASN1Encoding.DER));
  }

  private void enrol(ServerRequest request, ServerResponse response) throws EnrolmentRefused {
    byte[] body = decoded(request);
    if (!request.headers().contains(HeaderNames.AUTHORIZATION)) {
      // The challenge that RFC 7030 section 3.2.3 has, without a body: some clients stumble over
      // one.
      response.header(HttpErrors.CHALLENGE);
      response.status(Status.UNAUTHORIZED_401).send();
      return;
    }
    String[] credentials = credentials(request);
    sendCertificates(response, enrolment.enrol(credentials[0], credentials[1], body));
  }

  private void renew(ServerRequest request, ServerResponse response) throws EnrolmentRefused {
    Box box = callers.requireBox(request);
    sendCertificates(response, enrolment.renew(box.serial(), decoded(request)));
  }

  private static String[] credentials(ServerRequest request) throws EnrolmentRefused {
    String header = request.headers().first(HeaderNames.AUTHORIZATION).orElse("");
    if (header.regionMatches(true, 0, "Basic ", 0, 6)
        && header.length() <= CREDENTIALS_CHARACTERS_MAX) {
      try {
        String text =
            new String(
                Base64.getDecoder().decode(header.substring(6).strip()), StandardCharsets.UTF_8);
        int colon = text.indexOf(':');
        if (colon > 0) {
          return new String[] {text.substring(0, colon), text.substring(colon + 1)};
        }
      } catch (IllegalArgumentException e) {
        // Said below.
      }
    }
    throw new EnrolmentRefused(
        EnrolmentRefused.Kind.NOT_AUTHENTICATED,
        "Expected the box's serial and a one-time token by HTTP Basic, found others.");
  }

  private static byte[] decoded(ServerRequest request) {
    byte[] body = Json.bytes(request, BODY_BYTES_MAX);
    try {
      return Base64.getMimeDecoder().decode(body);
    } catch (IllegalArgumentException e) {
      throw new ApiException(
          Status.BAD_REQUEST_400, "Expected a PKCS#10 request in base64 as the body.");
    }
  }

  private static void sendCertificates(ServerResponse response, List<X509Certificate> chain) {
    try {
      CMSSignedDataGenerator generator = new CMSSignedDataGenerator();
      generator.addCertificates(new JcaCertStore(chain));
      send(
          response,
          "application/pkcs7-mime; smime-type=certs-only",
          generator.generate(new CMSAbsentContent()).getEncoded());
    } catch (CMSException | CertificateEncodingException | IOException e) {
      throw new IllegalStateException("Certificates cannot be written.", e);
    }
  }

  private static void send(ServerResponse response, String type, byte[] der) {
    response.header(HeaderNames.CONTENT_TYPE, type);
    response.header(HeaderNames.create("Content-Transfer-Encoding"), "base64");
    // Some clients read whole lines: the last one ends like the others.
    response.send((LINES.encodeToString(der) + "\n").getBytes(StandardCharsets.US_ASCII));
  }
}
