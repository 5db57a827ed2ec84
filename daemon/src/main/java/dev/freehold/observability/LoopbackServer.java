package dev.freehold.observability;

import io.helidon.health.HealthCheckResponse;
import io.helidon.health.HealthCheckType;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.observe.ObserveFeature;
import io.helidon.webserver.observe.health.HealthObserver;
import io.helidon.webserver.observe.metrics.MetricsObserver;
import java.net.InetSocketAddress;
import java.util.Objects;
import java.util.function.Supplier;

/**
 * Plain HTTP for the box itself: {@code /health/live}, {@code /health/ready} and {@code /metrics}.
 * It binds to a loopback address only, because it asks nobody who he is.
 */
public final class LoopbackServer implements AutoCloseable {

  private static final int CONNECTIONS_MAX = 64;

  private final WebServer server;
  private final InetSocketAddress address;

  private LoopbackServer(WebServer server, InetSocketAddress address) {
    this.server = server;
    this.address = address;
  }

  /**
   * Starts to listen.
   *
   * @param address where; port 0 takes a free one
   * @param readiness asked at every request for {@code /health/ready}
   * @throws IllegalArgumentException if the address is not a loopback address
   */
  public static LoopbackServer start(
      InetSocketAddress address, Supplier<Readiness> readiness, RequestMetrics metrics) {
    Objects.requireNonNull(readiness, "readiness");
    if (address.isUnresolved() || !address.getAddress().isLoopbackAddress()) {
      throw new IllegalArgumentException(
          "The health address must be a loopback address, found %s. Use 127.0.0.1 or [::1]."
              .formatted(address.getHostString()));
    }
    HealthObserver health =
        HealthObserver.builder()
            .endpoint("health")
            .useSystemServices(false)
            .details(true)
            .addCheck(() -> response(true, "running"), HealthCheckType.LIVENESS, "daemon")
            .addCheck(
                () -> response(readiness.get().ready(), readiness.get().reason()),
                HealthCheckType.READINESS,
                "serving")
            .build();
    MetricsObserver observer =
        MetricsObserver.builder().endpoint("metrics").meterRegistry(metrics.registry()).build();
    ObserveFeature observe =
        ObserveFeature.builder()
            .endpoint("/")
            .observersDiscoverServices(false)
            .addObserver(health)
            .addObserver(observer)
            .build();
    WebServer server =
        WebServer.builder()
            .bindAddress(address)
            .maxTcpConnections(CONNECTIONS_MAX)
            .shutdownHook(false)
            .connectionOptions(options -> options.tcpNoDelay(true))
            .featuresDiscoverServices(false)
            .addFeature(observe)
            .build()
            .start();
    return new LoopbackServer(server, new InetSocketAddress(address.getAddress(), server.port()));
  }

  /** Where it listens. */
  public InetSocketAddress address() {
    return address;
  }

  @Override
  public void close() {
    server.stop();
  }

  private static HealthCheckResponse response(boolean up, String reason) {
    return HealthCheckResponse.builder().status(up).detail("state", reason).build();
  }

  /**
   * Whether the box serves.
   *
   * @param reason what it waits for, in a few words
   */
  public record Readiness(boolean ready, String reason) {

    public Readiness {
      Objects.requireNonNull(reason, "reason");
    }
  }
}
