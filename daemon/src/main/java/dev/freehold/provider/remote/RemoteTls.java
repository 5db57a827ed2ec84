package dev.freehold.provider.remote;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * TLS towards one provider: whom to trust, what to show, and a note of the key that the other side
 * showed at the last handshake.
 */
public final class RemoteTls {

  private final SSLContext context;
  private final Noting trust;

  /**
   * @param caPem the only authorities to trust; where empty, the machine's
   * @param keys what this box shows of itself; none for providers that ask for no certificate
   * @throws IllegalArgumentException if the authorities are no certificates
   */
  public RemoteTls(Optional<String> caPem, KeyManager... keys) {
    try {
      TrustManagerFactory factory =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      factory.init(caPem.isPresent() ? store(caPem.get()) : null);
      this.trust =
          new Noting(
              Arrays.stream(factory.getTrustManagers())
                  .filter(X509ExtendedTrustManager.class::isInstance)
                  .map(X509ExtendedTrustManager.class::cast)
                  .findFirst()
                  .orElseThrow());
      this.context = SSLContext.getInstance("TLS");
      context.init(keys.length == 0 ? null : keys, new TrustManager[] {trust}, null);
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalArgumentException("the ca of a provider is no PEM certificate", e);
    }
  }

  SSLContext context() {
    return context;
  }

  /** The SHA-256 in hex of the public key of the last handshake, if there was one. */
  Optional<String> keySha256() {
    return trust.noted;
  }

  private static KeyStore store(String pem) throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    int number = 0;
    for (Certificate certificate :
        CertificateFactory.getInstance("X.509")
            .generateCertificates(
                new ByteArrayInputStream(pem.getBytes(StandardCharsets.US_ASCII)))) {
      store.setCertificateEntry("ca-" + number++, certificate);
    }
    return store;
  }

  /** Trusts whom the JDK trusts. */
  private static final class Noting extends X509ExtendedTrustManager {

    private final X509ExtendedTrustManager trust;
    private volatile Optional<String> noted = Optional.empty();

    Noting(X509ExtendedTrustManager trust) {
      this.trust = trust;
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket)
        throws CertificateException {
      trust.checkServerTrusted(chain, type, socket);
      note(chain);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine)
        throws CertificateException {
      trust.checkServerTrusted(chain, type, engine);
      note(chain);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type)
        throws CertificateException {
      trust.checkServerTrusted(chain, type);
      note(chain);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket)
        throws CertificateException {
      trust.checkClientTrusted(chain, type, socket);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine)
        throws CertificateException {
      trust.checkClientTrusted(chain, type, engine);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type)
        throws CertificateException {
      trust.checkClientTrusted(chain, type);
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return trust.getAcceptedIssuers();
    }

    private void note(X509Certificate[] chain) {
      try {
        byte[] digest =
            MessageDigest.getInstance("SHA-256").digest(chain[0].getPublicKey().getEncoded());
        noted = Optional.of(HexFormat.of().formatHex(digest));
      } catch (NoSuchAlgorithmException e) {
        throw new IllegalStateException("every JDK has SHA-256", e);
      }
    }
  }
}
