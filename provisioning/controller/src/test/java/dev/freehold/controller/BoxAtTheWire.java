package dev.freehold.controller;

import dev.freehold.bundle.BundleOpener;
import dev.freehold.bundle.Expectation;
import dev.freehold.bundle.Keys;
import dev.freehold.bundle.ObjectIdentifiers;
import dev.freehold.bundle.OpenedBundle;
import dev.freehold.bundle.Pem;
import dev.freehold.bundle.SpkiPin;
import dev.freehold.bundle.TrustRoots;
import dev.freehold.bundle.VersionFloor;
import dev.freehold.bundle.uplink.ClientIdentity;
import dev.freehold.bundle.uplink.ControllerTls;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import org.bouncycastle.asn1.ASN1Primitive;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.ExtensionsGenerator;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cms.CMSSignedData;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.PKCS10CertificationRequestBuilder;

/** A box reduced to what it sends: each step by itself, so that a test can do one wrongly. */
final class BoxAtTheWire implements AutoCloseable {

  final String serial;
  final KeyPair keys = Keys.generateP256();
  final KeyPair encryptionKeys = Keys.generateMlKem768();

  private final URI controller;
  private final SpkiPin pin;
  private HttpClient http;
  private List<X509Certificate> chain = List.of();

  BoxAtTheWire(Controller controller, String serial) {
    this.controller = controller.url();
    this.pin = controller.pin();
    this.serial = serial;
    this.http = ControllerTls.client(pin, Optional.empty(), Instant::now);
  }

  byte[] request(String commonName, GeneralName... names) throws Exception {
    return request(commonName, Optional.of(encryptionKeys), names);
  }

  byte[] request(String commonName, Optional<KeyPair> encryption, GeneralName... names)
      throws Exception {
    PKCS10CertificationRequestBuilder builder =
        new PKCS10CertificationRequestBuilder(
            new X500Name("CN=" + commonName),
            SubjectPublicKeyInfo.getInstance(keys.getPublic().getEncoded()));
    if (encryption.isPresent()) {
      builder.addAttribute(
          ObjectIdentifiers.BOX_ENCRYPTION_KEY,
          ASN1Primitive.fromByteArray(encryption.get().getPublic().getEncoded()));
    }
    ExtensionsGenerator extensions = new ExtensionsGenerator();
    extensions.addExtension(Extension.subjectAlternativeName, false, new GeneralNames(names));
    builder.addAttribute(PKCSObjectIdentifiers.pkcs_9_at_extensionRequest, extensions.generate());
    return builder
        .build(
            new JcaContentSignerBuilder("SHA256withECDSA")
                .setProvider(Keys.bouncyCastle())
                .build(keys.getPrivate()))
        .getEncoded();
  }

  HttpResponse<byte[]> enrol(String token) throws Exception {
    return enrol(serial, token, request(serial));
  }

  HttpResponse<byte[]> enrol(String user, String token, byte[] request) throws Exception {
    String basic =
        Base64.getEncoder().encodeToString((user + ":" + token).getBytes(StandardCharsets.UTF_8));
    HttpResponse<byte[]> response =
        http.send(
            HttpRequest.newBuilder(controller.resolve("/.well-known/est/simpleenroll"))
                .header("Authorization", "Basic " + basic)
                .header("Content-Type", "application/pkcs10")
                .POST(
                    HttpRequest.BodyPublishers.ofString(
                        Base64.getEncoder().encodeToString(request)))
                .build(),
            HttpResponse.BodyHandlers.ofByteArray());
    if (response.statusCode() == 200) {
      use(certificates(response.body()));
    }
    return response;
  }

  HttpResponse<byte[]> renew() throws Exception {
    return http.send(
        HttpRequest.newBuilder(controller.resolve("/.well-known/est/simplereenroll"))
            .POST(
                HttpRequest.BodyPublishers.ofString(
                    Base64.getEncoder().encodeToString(request(serial))))
            .build(),
        HttpResponse.BodyHandlers.ofByteArray());
  }

  HttpResponse<byte[]> get(String path, String... headers) throws Exception {
    HttpRequest.Builder request = HttpRequest.newBuilder(controller.resolve(path));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return http.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
  }

  HttpResponse<byte[]> post(String path, byte[] body) throws Exception {
    return http.send(
        HttpRequest.newBuilder(controller.resolve(path))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofByteArray(body))
            .build(),
        HttpResponse.BodyHandlers.ofByteArray());
  }

  HttpResponse<InputStream> open(String path) throws Exception {
    return http.send(
        HttpRequest.newBuilder(controller.resolve(path)).build(),
        HttpResponse.BodyHandlers.ofInputStream());
  }

  OpenedBundle openBundle(byte[] sealed, TrustRoots roots) throws Exception {
    return BundleOpener.open(
        sealed,
        encryptionKeys,
        roots,
        new Expectation(
            "freehold", serial, VersionFloor.NONE, "0.1.0", Instant.now(), Instant.EPOCH));
  }

  TrustRoots roots() throws Exception {
    X509Certificate classical = null;
    X509Certificate postQuantum = null;
    for (X509Certificate certificate : certificates(get("/.well-known/est/cacerts").body())) {
      if (pin.matches(certificate)) {
        classical = certificate;
      } else if (Keys.isMlDsa65(certificate.getPublicKey())) {
        postQuantum = certificate;
      }
    }
    return new TrustRoots(classical, postQuantum);
  }

  List<X509Certificate> chain() {
    return chain;
  }

  static List<X509Certificate> certificates(byte[] base64) throws Exception {
    CMSSignedData bag = new CMSSignedData(Base64.getMimeDecoder().decode(base64));
    List<X509Certificate> certificates = new ArrayList<>();
    for (X509CertificateHolder holder : bag.getCertificates().getMatches(null)) {
      certificates.add(Pem.certificate(holder.getEncoded()));
    }
    return certificates;
  }

  private void use(List<X509Certificate> issued) {
    List<X509Certificate> ordered = new ArrayList<>(issued);
    // A bag has no order: the leaf is the one that is no authority.
    ordered.sort((a, b) -> Integer.compare(a.getBasicConstraints(), b.getBasicConstraints()));
    chain = List.copyOf(ordered);
    http.shutdownNow();
    http =
        ControllerTls.client(
            pin, Optional.of(new ClientIdentity(keys.getPrivate(), chain)), Instant::now);
  }

  @Override
  public void close() {
    http.shutdownNow();
  }
}
