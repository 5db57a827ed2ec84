package dev.freehold.provider.remote;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
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
   * Towards a provider that asks for no certificate.
   *
   * @param caPem the only authorities to trust; where empty, the machine's
   * @throws IllegalArgumentException if the authorities are no certificates
   */
  public RemoteTls(Optional<String> caPem) {
    this(caPem.map(RemoteTls::store), Optional.empty(), Optional.empty());
  }

  /**
   * Towards another box: each shows its certificate.
   *
   * @param chain this box's certificate and its issuer's
   * @param caPem the only authorities to trust; where empty, those of this box's own chain
   * @param name what the other box's certificate must name, whatever the host of its URL; where
   *     empty, that host
   */
  public static RemoteTls mutual(
      PrivateKey key, List<X509Certificate> chain, Optional<String> caPem, Optional<String> name) {
    List<X509Certificate> issuers = chain.subList(1, chain.size());
    if (caPem.isEmpty() && issuers.isEmpty()) {
      throw new IllegalArgumentException("this box's certificate comes without its issuer's");
    }
    return new RemoteTls(
        Optional.of(caPem.map(RemoteTls::store).orElseGet(() -> store(issuers))),
        name,
        Optional.of(keys(key, chain)));
  }

  private RemoteTls(
      Optional<KeyStore> authorities, Optional<String> name, Optional<KeyManager[]> keys) {
    try {
      TrustManagerFactory factory =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      factory.init(authorities.orElse(null));
      this.trust =
          new Noting(
              Arrays.stream(factory.getTrustManagers())
                  .filter(X509ExtendedTrustManager.class::isInstance)
                  .map(X509ExtendedTrustManager.class::cast)
                  .findFirst()
                  .orElseThrow(),
              name);
      this.context = SSLContext.getInstance("TLS");
      context.init(keys.orElse(null), new TrustManager[] {trust}, null);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has TLS", e);
    }
  }

  SSLContext context() {
    return context;
  }

  /** The SHA-256 in hex of the public key of the last handshake, if there was one. */
  Optional<String> keySha256() {
    return trust.noted;
  }

  private static KeyStore store(String pem) {
    try {
      return store(
          CertificateFactory.getInstance("X.509")
              .generateCertificates(
                  new ByteArrayInputStream(pem.getBytes(StandardCharsets.US_ASCII))));
    } catch (CertificateException e) {
      throw new IllegalArgumentException("the ca of a provider is no PEM certificate", e);
    }
  }

  private static KeyStore store(Collection<? extends Certificate> certificates) {
    try {
      KeyStore store = emptyStore();
      int number = 0;
      for (Certificate certificate : certificates) {
        store.setCertificateEntry("ca-" + number++, certificate);
      }
      return store;
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalArgumentException("the ca of a provider cannot be used", e);
    }
  }

  private static KeyManager[] keys(PrivateKey key, List<X509Certificate> chain) {
    try {
      KeyStore store = emptyStore();
      // The store lives in memory only; its password protects nothing.
      char[] password = new char[0];
      store.setKeyEntry("box", key, password, chain.toArray(X509Certificate[]::new));
      KeyManagerFactory factory = KeyManagerFactory.getInstance("PKIX");
      factory.init(store, password);
      return factory.getKeyManagers();
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalArgumentException("this box's certificate and key cannot be shown", e);
    }
  }

  private static KeyStore emptyStore() throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    return store;
  }

  /** Trusts whom the JDK trusts; where a name is given, it counts instead of the host's. */
  private static final class Noting extends X509ExtendedTrustManager {

    /** The type of a host's name among a certificate's alternative names (RFC 5280). */
    private static final int DNS_NAME = 2;

    private final X509ExtendedTrustManager trust;
    private final Optional<String> name;
    private volatile Optional<String> noted = Optional.empty();

    Noting(X509ExtendedTrustManager trust, Optional<String> name) {
      this.trust = trust;
      this.name = name;
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket)
        throws CertificateException {
      if (name.isPresent()) {
        checkServerTrusted(chain, type);
        return;
      }
      trust.checkServerTrusted(chain, type, socket);
      note(chain);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine)
        throws CertificateException {
      if (name.isPresent()) {
        checkServerTrusted(chain, type);
        return;
      }
      trust.checkServerTrusted(chain, type, engine);
      note(chain);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type)
        throws CertificateException {
      trust.checkServerTrusted(chain, type);
      if (name.isPresent() && !names(chain[0]).contains(name.get().toLowerCase(Locale.ROOT))) {
        throw new CertificateException("the certificate is another's than of " + name.get());
      }
      note(chain);
    }

    /** The common name and the hosts' names, in lower case. */
    private static Set<String> names(X509Certificate certificate) throws CertificateException {
      Set<String> names = new HashSet<>();
      Collection<List<?>> alternatives = certificate.getSubjectAlternativeNames();
      for (List<?> alternative : alternatives == null ? List.<List<?>>of() : alternatives) {
        if (alternative.get(0).equals(DNS_NAME)) {
          names.add(alternative.get(1).toString().toLowerCase(Locale.ROOT));
        }
      }
      try {
        for (Rdn rdn : new LdapName(certificate.getSubjectX500Principal().getName()).getRdns()) {
          if (rdn.getType().equalsIgnoreCase("CN")) {
            names.add(rdn.getValue().toString().toLowerCase(Locale.ROOT));
          }
        }
      } catch (InvalidNameException e) {
        throw new CertificateException("the certificate's subject is no name", e);
      }
      return names;
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
