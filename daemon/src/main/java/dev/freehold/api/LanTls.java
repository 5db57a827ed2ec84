package dev.freehold.api;

import dev.freehold.abuse.Watch;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.KeyManagementException;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLContextSpi;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocketFactory;
import javax.net.ssl.SSLSessionContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * The TLS of the LAN port: TLS 1.3 and nothing else, a client certificate always, HTTP/1.1.
 *
 * <p>The web server is given an {@link SSLContext} of our own for two reasons. It makes its sockets
 * through the context's factory, which is the one clean place to set time limits on them; and the
 * identity behind the context can change while the server listens, for connections that begin after
 * it.
 */
final class LanTls {

  private static final String PROTOCOL = "TLSv1.3";
  private static final String[] PROTOCOLS = {PROTOCOL};
  private static final String[] APPLICATION_PROTOCOLS = {"http/1.1"};

  private final SSLContext context;
  private final Watch watch;
  private volatile Current current;

  /**
   * The TLS of a listener.
   *
   * @param watch asked which addresses are shut out, and told of certificates that are refused
   */
  LanTls(LanIdentity identity, Watch watch) {
    this.current = Current.of(identity, 0);
    this.watch = watch;
    this.context = new SwitchingContext(new Spi());
  }

  /** What the web server is built with. */
  SSLContext context() {
    return context;
  }

  /** Takes effect for connections that begin from now on. */
  synchronized void identity(LanIdentity identity) {
    current = Current.of(identity, current.epoch() + 1);
  }

  /**
   * Changes whenever the identity does, so that whoever checked a certificate before knows to check
   * again.
   */
  long epoch() {
    return current.epoch();
  }

  /** Whether the authorities in force stand behind a client's chain, now. */
  boolean isTrusted(X509Certificate[] chain) {
    try {
      current.trust().checkClientTrusted(chain, "UNKNOWN");
      return true;
    } catch (CertificateException e) {
      return false;
    }
  }

  /** Whether a certificate that is trusted is another box's, rather than a client's. */
  boolean isBox(X509Certificate certificate) {
    return current.boxes().map(authority -> isIssuedBy(certificate, authority)).orElse(false);
  }

  private static boolean isIssuedBy(X509Certificate certificate, X509Certificate authority) {
    if (!certificate.getIssuerX500Principal().equals(authority.getSubjectX500Principal())) {
      return false;
    }
    try {
      certificate.verify(authority.getPublicKey());
      return true;
    } catch (GeneralSecurityException e) {
      return false;
    }
  }

  static SSLParameters parameters(SSLContext context) {
    SSLParameters parameters = context.getDefaultSSLParameters();
    parameters.setProtocols(PROTOCOLS);
    parameters.setApplicationProtocols(APPLICATION_PROTOCOLS);
    parameters.setNeedClientAuth(true);
    return parameters;
  }

  private record Current(
      SSLContext context,
      X509ExtendedTrustManager trust,
      Optional<X509Certificate> boxes,
      long epoch) {

    static Current of(LanIdentity identity, long epoch) {
      try {
        SSLContext context = SSLContext.getInstance(PROTOCOL);
        List<X509Certificate> authorities = new ArrayList<>(identity.clientAuthorities());
        identity.boxAuthority().ifPresent(authorities::add);
        X509ExtendedTrustManager trust = trustManager(authorities);
        context.init(keyManagers(identity), new TrustManager[] {trust}, new SecureRandom());
        return new Current(context, trust, identity.boxAuthority(), epoch);
      } catch (GeneralSecurityException | IOException e) {
        throw new IllegalArgumentException(
            "the box's certificate and key cannot serve TLS: check that they belong together", e);
      }
    }

    private static KeyManager[] keyManagers(LanIdentity identity)
        throws GeneralSecurityException, IOException {
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(null, null);
      // The store lives in memory only; its password protects nothing.
      char[] password = new char[0];
      store.setKeyEntry(
          "lan", identity.key(), password, identity.chain().toArray(X509Certificate[]::new));
      KeyManagerFactory factory = KeyManagerFactory.getInstance("PKIX");
      factory.init(store, password);
      return factory.getKeyManagers();
    }

    private static X509ExtendedTrustManager trustManager(List<X509Certificate> authorities)
        throws GeneralSecurityException, IOException {
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(null, null);
      for (int i = 0; i < authorities.size(); i++) {
        store.setCertificateEntry("authority-" + i, authorities.get(i));
      }
      TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
      factory.init(store);
      for (TrustManager manager : factory.getTrustManagers()) {
        if (manager instanceof X509ExtendedTrustManager extended) {
          return extended;
        }
      }
      throw new GeneralSecurityException("the platform has no PKIX trust manager");
    }
  }

  private static final class SwitchingContext extends SSLContext {
    SwitchingContext(Spi spi) {
      super(spi, null, PROTOCOL);
    }
  }

  private final class Spi extends SSLContextSpi {

    @Override
    protected void engineInit(KeyManager[] keys, TrustManager[] trust, SecureRandom random)
        throws KeyManagementException {
      throw new KeyManagementException("this context is made ready");
    }

    @Override
    protected SSLSocketFactory engineGetSocketFactory() {
      return new Sockets();
    }

    @Override
    protected SSLParameters engineGetDefaultSSLParameters() {
      return current.context().getDefaultSSLParameters();
    }

    @Override
    protected SSLParameters engineGetSupportedSSLParameters() {
      return current.context().getSupportedSSLParameters();
    }

    @Override
    protected SSLServerSocketFactory engineGetServerSocketFactory() {
      return current.context().getServerSocketFactory();
    }

    @Override
    protected SSLEngine engineCreateSSLEngine() {
      return current.context().createSSLEngine();
    }

    @Override
    protected SSLEngine engineCreateSSLEngine(String host, int port) {
      return current.context().createSSLEngine(host, port);
    }

    @Override
    protected SSLSessionContext engineGetServerSessionContext() {
      return current.context().getServerSessionContext();
    }

    @Override
    protected SSLSessionContext engineGetClientSessionContext() {
      return current.context().getClientSessionContext();
    }
  }

  /** Layers TLS over an accepted socket; it makes no connections of its own. */
  private final class Sockets extends SSLSocketFactory {

    @Override
    public Socket createSocket(Socket socket, InputStream consumed, boolean autoClose)
        throws IOException {
      SSLContext now = current.context();
      // A handshake that fails must not close the connection before its alert has been read.
      SSLSocket secured = (SSLSocket) now.getSocketFactory().createSocket(socket, consumed, false);
      secured.setUseClientMode(false);
      secured.setSSLParameters(parameters(now));
      return new AdmittingSocket(socket, secured, watch);
    }

    @Override
    public String[] getDefaultCipherSuites() {
      return current.context().getSocketFactory().getDefaultCipherSuites();
    }

    @Override
    public String[] getSupportedCipherSuites() {
      return current.context().getSocketFactory().getSupportedCipherSuites();
    }

    @Override
    public Socket createSocket(Socket socket, String host, int port, boolean autoClose) {
      throw serverOnly();
    }

    @Override
    public Socket createSocket(String host, int port) {
      throw serverOnly();
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress local, int localPort) {
      throw serverOnly();
    }

    @Override
    public Socket createSocket(InetAddress host, int port) {
      throw serverOnly();
    }

    @Override
    public Socket createSocket(InetAddress host, int port, InetAddress local, int localPort) {
      throw serverOnly();
    }

    private static UnsupportedOperationException serverOnly() {
      return new UnsupportedOperationException("these sockets serve, they do not connect");
    }
  }
}
