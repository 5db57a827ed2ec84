package dev.freehold.identity;

import dev.freehold.bundle.Keys;
import dev.freehold.bundle.ObjectIdentifiers;
import dev.freehold.bundle.Pem;
import dev.freehold.bundle.TrustRoots;
import dev.freehold.bundle.files.DurableFiles;
import dev.freehold.bundle.uplink.ControllerTls;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1Primitive;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x500.style.IETFUtils;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.ExtensionsGenerator;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cms.CMSException;
import org.bouncycastle.cms.CMSSignedData;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.PKCS10CertificationRequestBuilder;

/**
 * A box's first proof of identity, by EST (RFC 7030): it checks that the controller is the pinned
 * one, learns its trust roots, sends a request signed by a new key with its one-time token, and
 * keeps the certificate. The keys never leave the box. Nothing secret is sent before TLS has shown
 * the pinned root.
 */
public final class Enrolment {

  private static final Duration TIMEOUT = Duration.ofSeconds(30);
  private static final int ANSWER_BYTES_MAX = 262_144;
  private static final int AUTHORITIES_MAX = 32;
  private static final int MESSAGE_CHARACTERS_MAX = 500;

  private final EnrolmentRequest request;
  private final Clock clock;

  private Enrolment(EnrolmentRequest request, Clock clock) {
    this.request = request;
    this.clock = clock;
  }

  /**
   * Enrols the box and writes its identity.
   *
   * @param folder {@code identity} in the daemon's state folder; must not exist yet
   * @throws EnrolmentException if the controller is not the pinned one, refuses, or cannot be
   *     reached; the folder is then not there
   */
  public static Identity enrol(Path folder, EnrolmentRequest request, Clock clock)
      throws EnrolmentException, InterruptedException {
    if (Identity.exists(folder)) {
      throw new EnrolmentException(
          "This box is enrolled already: "
              + folder
              + " has its identity. To enrol it again, move that folder away first.");
    }
    Identity identity = new Enrolment(request, clock).run();
    try {
      DurableFiles.createPrivateFolder(folder.toAbsolutePath().getParent());
      IdentityFiles.write(folder, identity);
    } catch (IOException e) {
      throw new EnrolmentException(
          "The identity cannot be written to "
              + folder
              + ": "
              + e.getMessage()
              + ". The token is used up: make a new one once the folder can be written.",
          e);
    }
    return identity;
  }

  private Identity run() throws EnrolmentException, InterruptedException {
    KeyPair keys = Keys.generateP256();
    KeyPair encryptionKeys = Keys.generateMlKem768();
    HttpClient http = ControllerTls.client(request.pin(), Optional.empty(), clock::instant);
    try {
      TrustRoots roots = roots(certificates(send(http, get("cacerts"))));
      List<X509Certificate> issued =
          certificates(send(http, simpleEnrol(certificationRequest(keys, encryptionKeys))));
      List<X509Certificate> chain = chain(issued, keys, roots);
      return new Identity(
          request.serial(),
          organisation(chain.getFirst()),
          keys.getPrivate(),
          chain,
          encryptionKeys,
          roots,
          request.controller());
    } finally {
      http.shutdownNow();
    }
  }

  private HttpRequest.Builder get(String operation) {
    return HttpRequest.newBuilder(request.controller().resolve("/.well-known/est/" + operation))
        .timeout(TIMEOUT);
  }

  private HttpRequest.Builder simpleEnrol(byte[] certificationRequest) {
    String credentials = request.serial() + ":" + request.token();
    return get("simpleenroll")
        .header(
            "Authorization",
            "Basic "
                + Base64.getEncoder().encodeToString(credentials.getBytes(StandardCharsets.UTF_8)))
        .header("Content-Type", "application/pkcs10")
        .header("Content-Transfer-Encoding", "base64")
        .POST(
            HttpRequest.BodyPublishers.ofString(
                Base64.getEncoder().encodeToString(certificationRequest)));
  }

  private byte[] send(HttpClient http, HttpRequest.Builder builder)
      throws EnrolmentException, InterruptedException {
    HttpResponse<byte[]> response;
    try {
      response =
          http.send(
              builder.build(), BodyHandlers.limiting(BodyHandlers.ofByteArray(), ANSWER_BYTES_MAX));
    } catch (IOException e) {
      throw notReached(e);
    }
    if (response.statusCode() != 200) {
      throw new EnrolmentException(
          "The controller at "
              + request.controller()
              + " refused (status "
              + response.statusCode()
              + "): "
              + message(response.body()));
    }
    return response.body();
  }

  /** The request, with the encryption key inside what the new key signs. */
  private byte[] certificationRequest(KeyPair keys, KeyPair encryptionKeys) {
    try {
      ExtensionsGenerator extensions = new ExtensionsGenerator();
      extensions.addExtension(
          Extension.subjectAlternativeName, false, BoxNames.of(request.serial()));
      X500Name subject =
          new X500NameBuilder(BCStyle.INSTANCE).addRDN(BCStyle.CN, request.serial()).build();
      return new PKCS10CertificationRequestBuilder(
              subject, SubjectPublicKeyInfo.getInstance(keys.getPublic().getEncoded()))
          .addAttribute(
              ObjectIdentifiers.BOX_ENCRYPTION_KEY,
              ASN1Primitive.fromByteArray(encryptionKeys.getPublic().getEncoded()))
          .addAttribute(PKCSObjectIdentifiers.pkcs_9_at_extensionRequest, extensions.generate())
          .build(
              new JcaContentSignerBuilder("SHA256withECDSA")
                  .setProvider(Keys.bouncyCastle())
                  .build(keys.getPrivate()))
          .getEncoded();
    } catch (IOException | OperatorCreationException e) {
      throw new IllegalStateException("A certification request cannot be made.", e);
    }
  }

  /** The classical root is the pinned one; the other is believed because that one's TLS said it. */
  private TrustRoots roots(List<X509Certificate> authorities) throws EnrolmentException {
    X509Certificate classical = null;
    X509Certificate postQuantum = null;
    for (X509Certificate authority : authorities) {
      if (isRoot(authority)) {
        if (request.pin().matches(authority)) {
          classical = authority;
        } else if (Keys.isMlDsa65(authority.getPublicKey())) {
          postQuantum = authority;
        }
      }
    }
    if (classical == null || postQuantum == null || !Keys.isP256(classical.getPublicKey())) {
      throw new EnrolmentException(
          "Expected the controller's two trust roots, found "
              + (classical == null ? "not the pinned one." : "no post-quantum one.")
              + " Check the pin, and that the controller is a Freehold controller.");
    }
    return new TrustRoots(classical, postQuantum);
  }

  private static boolean isRoot(X509Certificate certificate) {
    try {
      // The JDK verifies P-256 and ML-DSA alike.
      certificate.verify(certificate.getPublicKey());
      return certificate.getBasicConstraints() >= 0;
    } catch (GeneralSecurityException e) {
      return false;
    }
  }

  /** The issued certificate and its authority, checked up to the pinned root. */
  private List<X509Certificate> chain(List<X509Certificate> issued, KeyPair keys, TrustRoots roots)
      throws EnrolmentException {
    for (X509Certificate leaf : issued) {
      if (!leaf.getPublicKey().equals(keys.getPublic())) {
        continue;
      }
      for (X509Certificate authority : issued) {
        if (authority.getSubjectX500Principal().equals(leaf.getIssuerX500Principal())
            && isIssuedBy(leaf, authority)
            && isIssuedBy(authority, roots.classical())
            && commonName(leaf).equals(request.serial())) {
          return List.of(leaf, authority);
        }
      }
    }
    throw new EnrolmentException(
        "Expected a certificate for this box's key and serial, issued below the pinned root,"
            + " found another. Check that the controller is the one the pin belongs to.");
  }

  private static boolean isIssuedBy(X509Certificate certificate, X509Certificate issuer) {
    try {
      certificate.verify(issuer.getPublicKey());
      return issuer.getBasicConstraints() >= 0;
    } catch (GeneralSecurityException e) {
      return false;
    }
  }

  private List<X509Certificate> certificates(byte[] base64) throws EnrolmentException {
    try {
      CMSSignedData bag = new CMSSignedData(Base64.getMimeDecoder().decode(base64));
      List<X509Certificate> certificates = new ArrayList<>();
      for (X509CertificateHolder holder : bag.getCertificates().getMatches(null)) {
        if (certificates.size() == AUTHORITIES_MAX) {
          throw new EnrolmentException(
              "Expected at most " + AUTHORITIES_MAX + " certificates from the controller.");
        }
        certificates.add(Pem.certificate(holder.getEncoded()));
      }
      return certificates;
    } catch (CMSException | IOException | GeneralSecurityException | RuntimeException e) {
      throw new EnrolmentException(
          "Expected certificates from "
              + request.controller()
              + ", found an answer that is none. Check that it is a Freehold controller.",
          e);
    }
  }

  private static String commonName(X509Certificate certificate) {
    return attribute(certificate, BCStyle.CN);
  }

  private static String organisation(X509Certificate certificate) {
    return attribute(certificate, BCStyle.O);
  }

  private static String attribute(X509Certificate certificate, ASN1ObjectIdentifier type) {
    X500Name subject = X500Name.getInstance(certificate.getSubjectX500Principal().getEncoded());
    return subject.getRDNs(type).length == 0
        ? ""
        : IETFUtils.valueToString(subject.getRDNs(type)[0].getFirst().getValue());
  }

  /** What the controller said, as one line of bounded length. */
  private static String message(byte[] body) {
    String text = new String(body, StandardCharsets.UTF_8);
    String message = text.replaceFirst("(?s)^.*\"message\":\"([^\"]*)\".*$", "$1");
    message = message.replaceAll("\\p{Cntrl}+", " ").strip();
    return message.substring(0, Math.min(message.length(), MESSAGE_CHARACTERS_MAX));
  }

  /** TLS wraps what the pin check said; the innermost reason is the one that helps. */
  private EnrolmentException notReached(IOException failure) {
    Throwable root = failure;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    String reason = root.getMessage() == null ? root.getClass().getSimpleName() : root.getMessage();
    return new EnrolmentException(
        root instanceof CertificateException
            ? "The server at " + request.controller() + " is not believed: " + reason
            : "The controller at " + request.controller() + " was not reached: " + reason);
  }
}
