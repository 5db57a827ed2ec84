package dev.freehold.provider.remote;

import dev.freehold.bundle.policy.ProviderSpec;
import dev.freehold.locality.Permit;
import io.helidon.common.tls.Tls;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.webclient.api.ClientConnection;
import io.helidon.webclient.api.ConnectionKey;
import io.helidon.webclient.api.HttpClientRequest;
import io.helidon.webclient.api.HttpClientResponse;
import io.helidon.webclient.api.Proxy;
import io.helidon.webclient.api.WebClient;
import java.io.InputStream;
import java.net.URI;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;

/**
 * HTTP/1.1 to the one host of a provider. Redirects are not followed and no proxy is used: both
 * would take a request where the policy did not send it.
 */
public final class HttpTransport implements Transport {

  /** Time to notice on our side first that the provider's time is up. */
  private static final Duration READ_TIMEOUT_MARGIN = Duration.ofSeconds(5);

  /** The client sets as much aside for each request, to send its head with a small body at once. */
  private static final int WRITE_BUFFER_BYTES = 4 * 1024;

  static final String HTTP_1_1 = "http/1.1";

  private final ProviderSpec spec;
  private final URI base;
  private final RemoteTls tls;
  private final WebClient client;
  private final HostConnections connections;

  /**
   * Makes the client; nothing is sent before the first request.
   *
   * @param base a URL of the host that this may reach
   */
  public HttpTransport(ProviderSpec spec, URI base, RemoteTls tls) {
    this.spec = Objects.requireNonNull(spec, "spec");
    this.base = Objects.requireNonNull(base, "base");
    this.tls = Objects.requireNonNull(tls, "tls");
    Duration readTimeout = spec.timeouts().total().plus(READ_TIMEOUT_MARGIN);
    this.client =
        WebClient.builder()
            .followRedirects(false)
            .proxy(Proxy.noProxy())
            .sendExpectContinue(false)
            .shareConnectionCache(false)
            .connectTimeout(spec.timeouts().connect())
            .readTimeout(readTimeout)
            .socketOptions(
                options ->
                    options
                        .tcpNoDelay(true)
                        .connectTimeout(spec.timeouts().connect())
                        .readTimeout(readTimeout))
            .servicesDiscoverServices(false)
            .writeBufferSize(WRITE_BUFFER_BYTES)
            .tls(Tls.builder().sslContext(tls.context()).build())
            .build();
    this.connections = new HostConnections(client, key(base, client));
  }

  static ConnectionKey key(URI base, WebClient client) {
    boolean secure = base.getScheme().equals("https");
    return ConnectionKey.create(
        base.getScheme(),
        base.getHost(),
        base.getPort() >= 0 ? base.getPort() : secure ? 443 : 80,
        secure ? client.prototype().tls() : Tls.builder().enabled(false).build(),
        client.prototype().dnsResolver(),
        client.prototype().dnsAddressLookup(),
        Proxy.noProxy());
  }

  @Override
  public Reply send(Permit permit, Outgoing request) {
    permit.requireFor(spec);
    URI uri = request.uri();
    if (!base.getScheme().equals(uri.getScheme())
        || !base.getHost().equals(uri.getHost())
        || base.getPort() != uri.getPort()) {
      throw new IllegalStateException(
          "the transport of the provider '%s' was asked for another host".formatted(spec.name()));
    }
    HttpClientRequest out =
        client.post().protocolId(HTTP_1_1).uri(encodedOnceMore(uri)).skipUriEncoding(true);
    request.headers().forEach((name, value) -> out.header(HeaderNames.create(name), value));
    ClientConnection connection = connections.take();
    boolean answered = false;
    try {
      Reply reply =
          new HttpReply(out.connection(connection).submit(request.body()), tls.keySha256());
      answered = true;
      return reply;
    } finally {
      if (!answered) {
        connection.closeResource();
      }
    }
  }

  /**
   * The client decodes a URI, and would encode it again by its own rules: an encoded slash within a
   * model's name would go out as a slash. What is encoded once more goes out as it was written.
   */
  private static URI encodedOnceMore(URI uri) {
    String text = uri.toString();
    return text.indexOf('%') < 0 ? uri : URI.create(text.replace("%", "%25"));
  }

  @Override
  public void close() {
    connections.close();
    client.closeResource();
  }

  private record HttpReply(HttpClientResponse response, Optional<String> keySha256)
      implements Reply {

    @Override
    public int status() {
      return response.status().code();
    }

    @Override
    public Optional<String> header(String name) {
      HeaderName wanted = HeaderNames.create(name);
      return response.headers().contains(wanted)
          ? Optional.of(response.headers().get(wanted).get().strip())
          : Optional.empty();
    }

    @Override
    public InputStream body() {
      return response.inputStream();
    }

    @Override
    public void close() {
      response.close();
    }
  }
}
