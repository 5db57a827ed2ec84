package dev.freehold.bundle.uplink;

import dev.freehold.bundle.ObjectIdentifiers;
import dev.freehold.bundle.SpkiPin;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateException;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import javax.net.ssl.CertPathTrustManagerParameters;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * Trusts a chain that holds the pinned root. The pin alone is not enough: the JDK's own manager
 * then validates the chain up to that root, and the host's name.
 */
final class PinnedTrust extends X509ExtendedTrustManager {

  private static final int CHAIN_MAX = 8;

  private final SpkiPin pin;
  private final Supplier<Instant> time;

  PinnedTrust(SpkiPin pin, Supplier<Instant> time) {
    this.pin = pin;
    this.time = time;
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
      throws CertificateException {
    pkix(chain).checkServerTrusted(chain, authType, engine);
    requireController(chain[0]);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
      throws CertificateException {
    pkix(chain).checkServerTrusted(chain, authType, socket);
    requireController(chain[0]);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    throw new CertificateException("A connection without a host name to check is not trusted.");
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
      throws CertificateException {
    throw new CertificateException("This side is a client only.");
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
      throws CertificateException {
    throw new CertificateException("This side is a client only.");
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    throw new CertificateException("This side is a client only.");
  }

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return new X509Certificate[0];
  }

  private X509ExtendedTrustManager pkix(X509Certificate[] chain) throws CertificateException {
    X509Certificate root = pinned(chain);
    try {
      PKIXBuilderParameters parameters =
          new PKIXBuilderParameters(Set.of(new TrustAnchor(root, null)), new X509CertSelector());
      parameters.setRevocationEnabled(false);
      parameters.setDate(Date.from(time.get()));
      TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
      factory.init(new CertPathTrustManagerParameters(parameters));
      for (TrustManager manager : factory.getTrustManagers()) {
        if (manager instanceof X509ExtendedTrustManager extended) {
          return extended;
        }
      }
    } catch (GeneralSecurityException e) {
      throw new CertificateException("The pinned root cannot be used.", e);
    }
    throw new CertificateException("This JVM has no PKIX trust manager.");
  }

  private X509Certificate pinned(X509Certificate[] chain) throws CertificateException {
    if (chain.length <= CHAIN_MAX) {
      for (X509Certificate certificate : chain) {
        if (pin.matches(certificate)) {
          return certificate;
        }
      }
    }
    throw new CertificateException(
        "Expected a controller with the pin "
            + pin
            + ", found a server with another root. Check the address, and the pin that"
            + " the controller prints when it starts.");
  }

  private static void requireController(X509Certificate leaf) throws CertificateException {
    List<String> usages = leaf.getExtendedKeyUsage();
    if (usages == null || !usages.contains(ObjectIdentifiers.CONTROLLER.getId())) {
      throw new CertificateException(
          "Expected a controller's certificate, found one that the same root issued for another"
              + " purpose.");
    }
  }
}
