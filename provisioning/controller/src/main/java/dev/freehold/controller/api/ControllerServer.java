package dev.freehold.controller.api;

import dev.freehold.bundle.uplink.ClientIdentity;
import dev.freehold.controller.authority.Authority;
import dev.freehold.controller.enrolment.Enrolment;
import dev.freehold.controller.enrolment.EnrolmentTokens;
import dev.freehold.controller.fleet.Heartbeats;
import dev.freehold.controller.publishing.PublicationHints;
import dev.freehold.controller.publishing.Publisher;
import dev.freehold.controller.store.ControllerStore;
import io.helidon.common.tls.Tls;
import io.helidon.common.tls.TlsClientAuth;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.http.HttpRouting;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.time.Duration;
import java.util.List;

/** The listener: TLS 1.3, HTTP/1.1, and the routes behind it. */
public final class ControllerServer implements AutoCloseable {

  private static final int CONNECTIONS_MAX = 25_000;
  private static final long BODY_BYTES_MAX = 16_777_216;
  private static final Duration GRACE = Duration.ofSeconds(2);

  private final WebServer server;

  private ControllerServer(WebServer server) {
    this.server = server;
  }

  /** What the routes work with. */
  public record Services(
      Authority authority,
      ControllerStore store,
      EnrolmentTokens tokens,
      Enrolment enrolment,
      Publisher publisher,
      PublicationHints hints,
      Heartbeats heartbeats,
      Clock clock) {}

  /** Starts to listen; port 0 takes a free one. */
  public static ControllerServer start(
      InetSocketAddress address, ClientIdentity identity, Services services) {
    Authority authority = services.authority();
    Tls tls =
        Tls.builder()
            .privateKey(identity.key())
            .privateKeyCertChain(identity.chain())
            .trust(List.of(authority.devices(), authority.service()))
            .clientAuth(TlsClientAuth.OPTIONAL)
            .enabledProtocols(List.of("TLSv1.3"))
            .build();
    WebServer server =
        WebServer.builder()
            .bindAddress(address)
            .tls(tls)
            .shutdownHook(false)
            .featuresDiscoverServices(false)
            .maxTcpConnections(CONNECTIONS_MAX)
            .maxPayloadSize(BODY_BYTES_MAX)
            .shutdownGracePeriod(GRACE)
            // Without it a small chunk waits for the other side's delayed acknowledgement.
            .connectionOptions(options -> options.tcpNoDelay(true))
            .routing(routing -> routes(routing, services))
            .build()
            .start();
    return new ControllerServer(server);
  }

  public int port() {
    return server.port();
  }

  @Override
  public void close() {
    server.stop();
  }

  private static void routes(HttpRouting.Builder routing, Services services) {
    Callers callers = new Callers(services.authority(), services.store(), services.clock());
    routing.register(
        "/.well-known/est", new EstRoutes(services.authority(), services.enrolment(), callers));
    routing.register(
        "/v1/operator/fleet", new FleetRoutes(services.store(), callers, services.clock()));
    routing.register(
        "/v1/operator",
        new OperatorRoutes(
            services.authority(),
            services.store(),
            services.tokens(),
            services.publisher(),
            callers,
            services.clock()));
    routing.register(
        "/v1",
        new BundleRoutes(
            services.publisher(), services.hints(), services.store(), callers, services.clock()));
    routing.register("/v1", new HeartbeatRoutes(services.heartbeats(), callers));
    HttpErrors.register(routing);
  }
}
