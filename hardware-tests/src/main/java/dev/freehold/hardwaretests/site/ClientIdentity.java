package dev.freehold.hardwaretests.site;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Duration;
import java.util.Base64;
import java.util.Collection;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/**
 * What a LAN client was given: its certificate with the chain, its key, and the root that verifies
 * the box; each a PEM file.
 */
public record ClientIdentity(Path certificate, Path key, Path authority) {

  private static final Duration CONNECT_MAX = Duration.ofSeconds(10);
  private static final char[] NO_PASSWORD = new char[0];

  /** The files that {@code freeholdctl client issue} left in a folder. */
  public static ClientIdentity in(Path folder) {
    return new ClientIdentity(
        folder.resolve("client.pem"), folder.resolve("client.key"), folder.resolve("ca.pem"));
  }

  /** A client that verifies the box by this identity's root and shows this certificate. */
  public HttpClient httpClient() {
    return HttpClient.newBuilder()
        .version(HttpClient.Version.HTTP_1_1)
        .connectTimeout(CONNECT_MAX)
        .sslContext(sslContext())
        .build();
  }

  public SSLContext sslContext() {
    return context(keyManagers());
  }

  /** Verifies the box and shows no certificate. */
  public SSLContext sslContextWithoutCertificate() {
    return context(null);
  }

  /** Verifies by this identity's root and shows another's certificate. */
  public SSLContext sslContextShowing(ClientIdentity other) {
    return context(other.keyManagers());
  }

  public X509TrustManager trustManager() {
    return (X509TrustManager) trustManagers()[0];
  }

  private SSLContext context(KeyManager[] keyManagers) {
    try {
      SSLContext context = SSLContext.getInstance("TLSv1.3");
      context.init(keyManagers, trustManagers(), null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new SiteException("TLS cannot be set up: " + e, e);
    }
  }

  private KeyManager[] keyManagers() {
    try {
      KeyStore store = emptyStore();
      Certificate[] chain = certificates(certificate).toArray(Certificate[]::new);
      store.setKeyEntry("client", privateKey(), NO_PASSWORD, chain);
      KeyManagerFactory factory =
          KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      factory.init(store, NO_PASSWORD);
      return factory.getKeyManagers();
    } catch (GeneralSecurityException | IOException e) {
      throw new SiteException("The client's identity cannot be read: " + e, e);
    }
  }

  private TrustManager[] trustManagers() {
    try {
      KeyStore store = emptyStore();
      int index = 0;
      for (Certificate root : certificates(authority)) {
        store.setCertificateEntry("root" + index++, root);
      }
      TrustManagerFactory factory =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      factory.init(store);
      return factory.getTrustManagers();
    } catch (GeneralSecurityException | IOException e) {
      throw new SiteException("The box's root cannot be read: " + e, e);
    }
  }

  private static KeyStore emptyStore() throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    return store;
  }

  private static Collection<? extends Certificate> certificates(Path pem)
      throws GeneralSecurityException, IOException {
    return CertificateFactory.getInstance("X.509")
        .generateCertificates(new ByteArrayInputStream(Files.readAllBytes(pem)));
  }

  private PrivateKey privateKey() throws GeneralSecurityException, IOException {
    String body = Files.readString(key).replaceAll("-----[A-Z ]+-----", "").replaceAll("\\s", "");
    return KeyFactory.getInstance("EC")
        .generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(body)));
  }
}
