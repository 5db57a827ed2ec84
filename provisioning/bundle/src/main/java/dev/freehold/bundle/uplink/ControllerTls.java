package dev.freehold.bundle.uplink;

import dev.freehold.bundle.SpkiPin;
import java.io.IOException;
import java.net.http.HttpClient;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManager;

/**
 * Connections to the controller. The server's chain must lead to the root whose key is pinned, its
 * certificate must be a controller's and must name the host; the machine's own list of public
 * authorities plays no part.
 */
public final class ControllerTls {

  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);
  private static final char[] IN_MEMORY = "in-memory".toCharArray();

  private ControllerTls() {}

  /**
   * A client that knows the controller by its pin.
   *
   * @param identity what to present, if the server asks
   * @param time the time certificates are judged at; a box passes one that is never before its own
   *     build
   */
  public static HttpClient client(
      SpkiPin pin, Optional<ClientIdentity> identity, Supplier<Instant> time) {
    SSLParameters parameters = new SSLParameters();
    parameters.setProtocols(new String[] {"TLSv1.3"});
    return HttpClient.newBuilder()
        .version(HttpClient.Version.HTTP_1_1)
        .followRedirects(HttpClient.Redirect.NEVER)
        .connectTimeout(CONNECT_TIMEOUT)
        .sslContext(context(pin, identity, time))
        .sslParameters(parameters)
        .executor(Executors.newVirtualThreadPerTaskExecutor())
        .build();
  }

  static SSLContext context(
      SpkiPin pin, Optional<ClientIdentity> identity, Supplier<Instant> time) {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(
          identity.isPresent() ? keyManagers(identity.get()) : new KeyManager[0],
          new TrustManager[] {new PinnedTrust(pin, time)},
          null);
      return context;
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalStateException("TLS cannot be set up with this identity.", e);
    }
  }

  private static KeyManager[] keyManagers(ClientIdentity identity)
      throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    store.setKeyEntry(
        "client", identity.key(), IN_MEMORY, identity.chain().toArray(X509Certificate[]::new));
    KeyManagerFactory factory = KeyManagerFactory.getInstance("PKIX");
    factory.init(store, IN_MEMORY);
    return factory.getKeyManagers();
  }
}
