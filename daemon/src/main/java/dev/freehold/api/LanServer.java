package dev.freehold.api;

import dev.freehold.abuse.Watch;
import dev.freehold.observability.RequestMetrics;
import dev.freehold.routing.Router;
import dev.freehold.store.UsageLedger;
import io.helidon.common.tls.Tls;
import io.helidon.http.DirectHandler;
import io.helidon.http.DirectHandler.EventType;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.ServerResponseHeaders;
import io.helidon.http.Status;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.http.DirectHandlers;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http1.Http1Config;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * The LAN API: HTTPS with a client certificate, HTTP/1.1.
 *
 * <p>HTTP/2 is not spoken: the server cannot tell there that a client cancelled a stream.
 */
public final class LanServer implements AutoCloseable {

  /** Time for requests to tell their clients that they were ended. */
  private static final Duration LAST_WORDS = Duration.ofSeconds(5);

  /** A request that is over its time is ended by routing first, in words. */
  private static final Duration CUT_MARGIN = Duration.ofSeconds(30);

  private static final Duration IDLE_CONNECTION_TIMEOUT = Duration.ofMinutes(15);
  private static final String COUNT_TOKENS = MessageJson.PATH + "/count_tokens";
  private static final int HEADERS_BYTES_MAX = 32 * 1024;

  private final LanServerConfig config;
  private final Watch watch;
  private final Sightings sightings;
  private final LanTls tls;
  private final RunningAnswers running = new RunningAnswers();
  private final BodyMemory bodies;
  private final HangUpWatch hangUps;
  private final WebServer server;
  private volatile boolean stopping;

  private LanServer(
      LanServerConfig config,
      LanIdentity identity,
      Router router,
      UsageLedger ledger,
      RequestMetrics metrics,
      Watch watch,
      InstantSource clock) {
    this.config = config;
    this.watch = watch;
    this.sightings = new Sightings(watch);
    this.tls = new LanTls(identity, watch);
    this.bodies = new BodyMemory(Math.max(config.bodyBytesMax(), config.bodiesBytesMax()));
    this.hangUps = new HangUpWatch(config.requestTimeout().plus(CUT_MARGIN));
    HttpRouting.Builder routing = HttpRouting.builder();
    route(routing, router, new Settlement(ledger, metrics, sightings), clock);
    this.server = server(routing);
  }

  /**
   * Starts to listen.
   *
   * @param watch told of what may be abuse, and asked who is shut out
   * @param clock tells whether a client's certificate is valid still
   */
  public static LanServer start(
      LanServerConfig config,
      LanIdentity identity,
      Router router,
      UsageLedger ledger,
      RequestMetrics metrics,
      Watch watch,
      InstantSource clock) {
    Objects.requireNonNull(router, "router");
    Objects.requireNonNull(ledger, "ledger");
    Objects.requireNonNull(metrics, "metrics");
    Objects.requireNonNull(watch, "watch");
    Objects.requireNonNull(clock, "clock");
    LanServer lan = new LanServer(config, identity, router, ledger, metrics, watch, clock);
    lan.server.start();
    return lan;
  }

  /** Where it listens. */
  public InetSocketAddress address() {
    return new InetSocketAddress(config.address().getAddress(), server.port());
  }

  /** Answers that are on their way. */
  public int running() {
    return running.size();
  }

  /** Connections that are being read while their requests wait, for hang-ups. */
  int readInBackground() {
    return hangUps.reading();
  }

  /**
   * Shows another certificate, or trusts other authorities, from the next connection on. Open
   * connections go on if their client certificates stand under the new authorities too.
   */
  public void identity(LanIdentity identity) {
    tls.identity(identity);
  }

  /** Stops within the configured time. */
  @Override
  public void close() {
    close(config.drainTimeout());
  }

  /**
   * Stops: no connection is accepted from now on, requests on open connections are refused, running
   * answers may finish within the time given, and what is left is ended with an error event.
   *
   * @param drain how long to wait for running answers, at most what the configuration says
   */
  public void close(Duration drain) {
    if (stopping) {
      return;
    }
    stopping = true;
    Duration patience = drain.compareTo(config.drainTimeout()) > 0 ? config.drainTimeout() : drain;
    // The server's own stop waits for running requests, so it goes on beside us.
    Thread stop = Thread.ofVirtual().name("lan-server-stop").start(server::stop);
    try {
      if (!running.awaitNone(patience)) {
        running.endAll();
      }
      stop.join();
    } catch (InterruptedException e) {
      running.endAll();
      Thread.currentThread().interrupt();
    } finally {
      hangUps.close();
    }
  }

  private WebServer server(HttpRouting.Builder routing) {
    DirectHandlers.Builder direct = DirectHandlers.builder();
    for (EventType type : EventType.values()) {
      direct.addHandler(type, LanServer::protocolError);
    }
    return WebServer.builder()
        .bindAddress(config.address())
        .tls(
            Tls.builder()
                .sslContext(tls.context())
                .sslParameters(LanTls.parameters(tls.context()))
                .build())
        // The hang-up watch needs blocking sockets, whose idle reading the server supports.
        .useNio(false)
        .addProtocol(
            Http1Config.builder()
                .maxHeadersSize(HEADERS_BYTES_MAX)
                .log(log -> log.receiveLog(false).sendLog(false))
                .sendKeepAliveHeader(false)
                .addReceiveListener(new Connections())
                .build())
        .protocolsDiscoverServices(false)
        .featuresDiscoverServices(false)
        .connectionOptions(options -> options.tcpNoDelay(true))
        .maxTcpConnections(config.connectionsMax())
        .idleConnectionTimeout(IDLE_CONNECTION_TIMEOUT)
        .shutdownGracePeriod(config.drainTimeout().plus(LAST_WORDS))
        .shutdownHook(false)
        .writeBufferSize(0)
        .directHandlers(direct.build())
        .routing(routing)
        .build();
  }

  /** Every path of the API; each of them stands in the OpenAPI document, as a test makes sure. */
  void route(HttpRules rules, Router router, Settlement settlement, InstantSource clock) {
    ClientAdmission admission = new ClientAdmission(tls, watch, clock);
    ModelsEndpoint models = new ModelsEndpoint(router);
    TokenEndpoints tokens = new TokenEndpoints(router, hangUps, config.bodyBytesMax());
    OpenApiEndpoint document = OpenApiEndpoint.load();
    for (Surface surface : Surface.values()) {
      rules
          .post(surface.path(), inference(admission, settlement, router, surface))
          .any(surface.path(), onlyPost(admission, settlement, surface.dialect()));
    }
    rules
        .get(OpenApiEndpoint.JSON_PATH, plain(admission, settlement, document::json))
        .any(OpenApiEndpoint.JSON_PATH, plain(admission, settlement, wrongMethod("GET")))
        .get(OpenApiEndpoint.YAML_PATH, plain(admission, settlement, document::yaml))
        .any(OpenApiEndpoint.YAML_PATH, plain(admission, settlement, wrongMethod("GET")))
        .get("/v1/models", plain(admission, settlement, models::list))
        .any("/v1/models", plain(admission, settlement, wrongMethod("GET")))
        .get("/v1/models/{model}", plain(admission, settlement, models::one))
        .any("/v1/models/{model}", plain(admission, settlement, wrongMethod("GET")))
        .post("/tokenize", plain(admission, settlement, tokens::tokenize))
        .any("/tokenize", onlyPost(admission, settlement, Dialect.OPENAI))
        .post("/detokenize", plain(admission, settlement, tokens::detokenize))
        .any("/detokenize", onlyPost(admission, settlement, Dialect.OPENAI))
        .post("/apply-template", plain(admission, settlement, tokens::applyTemplate))
        .any("/apply-template", onlyPost(admission, settlement, Dialect.OPENAI))
        .get("/v1/responses/*", plain(admission, settlement, LanServer::nothingStored))
        .delete("/v1/responses/*", plain(admission, settlement, LanServer::nothingStored))
        .post(
            COUNT_TOKENS,
            handler(
                admission,
                settlement::log,
                Dialect.ANTHROPIC,
                new TokenCountEndpoint(router, hangUps, config.bodyBytesMax())))
        .any(COUNT_TOKENS, onlyPost(admission, settlement, Dialect.ANTHROPIC))
        .any(
            MessageJson.PATH + "/*",
            handler(admission, settlement::log, Dialect.ANTHROPIC, LanServer::notFound))
        .any(plain(admission, settlement, LanServer::notFound));
  }

  private ApiHandler inference(
      ClientAdmission admission, Settlement settlement, Router router, Surface surface) {
    return handler(
        admission,
        settlement::settle,
        surface.dialect(),
        new InferenceEndpoint(surface, router, sightings, running, hangUps, config.bodyBytesMax()));
  }

  private ApiHandler plain(
      ClientAdmission admission, Settlement settlement, ApiHandler.Endpoint endpoint) {
    return handler(admission, settlement::log, Dialect.OPENAI, endpoint);
  }

  private ApiHandler onlyPost(ClientAdmission admission, Settlement settlement, Dialect dialect) {
    return handler(admission, settlement::log, dialect, wrongMethod("POST"));
  }

  private ApiHandler handler(
      ClientAdmission admission,
      Consumer<Exchange> settle,
      Dialect dialect,
      ApiHandler.Endpoint endpoint) {
    return new ApiHandler(
        admission,
        request -> new RequestBody(request, bodies, config.bodyTimeout()),
        () -> stopping,
        settle,
        dialect,
        endpoint);
  }

  private static void notFound(Exchange exchange) throws ApiException {
    throw ApiErrors.notFound();
  }

  private static ApiHandler.Endpoint wrongMethod(String allowed) {
    return exchange -> {
      exchange.response().header(HeaderNames.ALLOW, allowed);
      throw ApiErrors.wrongMethod(allowed);
    };
  }

  /** Where OpenAI's API reads and deletes the responses that it keeps. */
  private static void nothingStored(Exchange exchange) throws ApiException {
    throw ApiErrors.nothingStored();
  }

  /** What HTTP itself forbids has the same form as every other error. */
  private static DirectHandler.TransportResponse protocolError(
      DirectHandler.TransportRequest request,
      EventType type,
      Status status,
      ServerResponseHeaders headers,
      String message) {
    headers.set(HeaderValues.CONTENT_TYPE_JSON);
    Dialect dialect = Dialect.of(request.path());
    String id = RequestIds.fresh();
    dialect.idHeaders().forEach(header -> headers.set(header, id));
    headers.set(Exchange.PROVIDER_HEADER, Exchange.NO_PROVIDER);
    return DirectHandler.TransportResponse.builder()
        .status(status)
        .headers(headers)
        .keepAlive(false)
        .entity(dialect.json(ApiErrors.protocol(status.code()), id))
        .build();
  }
}
