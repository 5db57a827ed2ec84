package dev.freehold.api;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.freehold.abuse.Quarantine;
import dev.freehold.bundle.policy.Feature;
import dev.freehold.bundle.policy.Label;
import dev.freehold.bundle.policy.PersonalData;
import dev.freehold.inference.InferenceException;
import dev.freehold.limits.Cost;
import dev.freehold.routing.Caller;
import dev.freehold.routing.Decision;
import dev.freehold.routing.Inquiry;
import dev.freehold.routing.Outlook;
import dev.freehold.routing.RoutedRequest;
import dev.freehold.routing.Router;
import dev.freehold.store.UsageLedger;
import dev.freehold.store.UsageRecord;
import io.helidon.http.HeaderValues;
import io.helidon.http.Status;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Supplier;

/**
 * Answers the command line over a Unix socket that only the daemon's own user can open: {@code GET
 * /status}, {@code GET /usage}, {@code GET /usage/report}, {@code POST /route/explain}, {@code GET
 * /quarantine} and {@code POST /quarantine/release}.
 */
public final class ControlServer implements AutoCloseable {

  /** The kernel keeps a Unix socket's path in so many bytes. */
  private static final int PATH_BYTES_MAX = 107;

  private static final int BODY_BYTES_MAX = 8 << 20;
  private static final Duration BODY_TIME_MAX = Duration.ofSeconds(10);
  private static final int CONNECTIONS_MAX = 32;
  private static final int DEFAULT_USAGE_LIMIT = 100;
  private static final int GROUPS_MAX = 64;

  private final Router router;
  private final UsageLedger ledger;
  private final Supplier<Map<String, String>> status;
  private final BodyMemory bodies = new BodyMemory(BODY_BYTES_MAX);
  private final WebServer server;

  private ControlServer(
      Path socket,
      Router router,
      UsageLedger ledger,
      Quarantine quarantine,
      Supplier<Map<String, String>> status) {
    this.router = Objects.requireNonNull(router, "router");
    this.ledger = Objects.requireNonNull(ledger, "ledger");
    this.status = Objects.requireNonNull(status, "status");
    QuarantineAnswers shutOut = new QuarantineAnswers(quarantine);
    this.server =
        WebServer.builder()
            .bindAddress(UnixDomainSocketAddress.of(socket))
            .maxTcpConnections(CONNECTIONS_MAX)
            .shutdownHook(false)
            .featuresDiscoverServices(false)
            .routing(
                HttpRouting.builder()
                    .get("/status", handler(this::status))
                    .get("/usage", handler(this::usage))
                    .get(
                        "/usage/report",
                        handler(new UsageReportAnswer(ledger, ZoneId.systemDefault())::write))
                    .post("/route/explain", handler(this::explain))
                    .get("/quarantine", handler(shutOut::list))
                    .post(
                        "/quarantine/release",
                        handler((request, json) -> shutOut.release(body(request), json))))
            .build();
  }

  /**
   * Starts to listen.
   *
   * @param socket the socket's path; its folder must be closed to other users, and a socket that a
   *     killed daemon left there is replaced
   * @param status what {@code GET /status} shows, asked each time
   */
  public static ControlServer start(
      Path socket,
      Router router,
      UsageLedger ledger,
      Quarantine quarantine,
      Supplier<Map<String, String>> status)
      throws IOException {
    Path absolute = socket.toAbsolutePath();
    if (absolute.toString().length() > PATH_BYTES_MAX) {
      throw new IOException(
          ("the path of the control socket may have %d characters, found %d: choose a shorter "
                  + "state folder")
              .formatted(PATH_BYTES_MAX, absolute.toString().length()));
    }
    Files.deleteIfExists(absolute);
    ControlServer control = new ControlServer(absolute, router, ledger, quarantine, status);
    control.server.start();
    Files.setPosixFilePermissions(absolute, PosixFilePermissions.fromString("rw-------"));
    return control;
  }

  @Override
  public void close() {
    server.stop();
  }

  /** Writes a path's answer, or throws what went wrong. */
  private interface Answer {
    void write(ServerRequest request, JsonGenerator json)
        throws ApiException, InferenceException, IOException, InterruptedException;
  }

  private static Handler handler(Answer answer) {
    return (request, response) -> {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      try (JsonGenerator json = Json.FACTORY.createGenerator(bytes)) {
        answer.write(request, json);
      } catch (ApiException e) {
        refuse(response, e.error());
        return;
      } catch (InferenceException e) {
        refuse(response, ApiErrors.of(e));
        return;
      }
      response.header(HeaderValues.CONTENT_TYPE_JSON);
      response.send(bytes.toByteArray());
    };
  }

  private static void refuse(ServerResponse response, ApiError error) {
    response.status(Status.create(error.status()));
    response.header(HeaderValues.CONTENT_TYPE_JSON);
    response.send(Dialect.OPENAI.json(error, ""));
  }

  private void status(ServerRequest request, JsonGenerator json) throws IOException {
    json.writeStartObject();
    for (Map.Entry<String, String> entry : status.get().entrySet()) {
      json.writeStringField(entry.getKey(), entry.getValue());
    }
    json.writeEndObject();
  }

  private void usage(ServerRequest request, JsonGenerator json)
      throws ApiException, IOException, InterruptedException {
    Instant since = UsageReportAnswer.time(request, "since").orElse(Instant.EPOCH);
    Instant until = UsageReportAnswer.time(request, "until").orElse(UsageLedger.EVER);
    int limit = limit(request.query().first("limit").asOptional());
    json.writeStartObject();
    json.writeArrayFieldStart("records");
    for (UsageRecord record : ledger.query(since, until, limit)) {
      write(json, record);
    }
    json.writeEndArray();
    json.writeNumberField("lost", ledger.lost());
    json.writeEndObject();
  }

  private static int limit(Optional<String> text) throws ApiException {
    if (text.isEmpty()) {
      return DEFAULT_USAGE_LIMIT;
    }
    try {
      int limit = Integer.parseInt(text.get());
      if (limit >= 1 && limit <= UsageLedger.QUERY_MAX) {
        return limit;
      }
    } catch (NumberFormatException e) {
      // Refused below, like a number out of range.
    }
    throw ApiErrors.wrongParam(
        "limit",
        "'limit' must be a number between 1 and %d, found something else."
            .formatted(UsageLedger.QUERY_MAX));
  }

  private static void write(JsonGenerator json, UsageRecord record) throws IOException {
    json.writeStartObject();
    json.writeStringField("requestId", record.requestId());
    json.writeStringField("receipt", record.entryId());
    json.writeStringField("time", record.time().toString());
    json.writeStringField("client", record.client());
    json.writeArrayFieldStart("groups");
    for (String group : record.groups()) {
      json.writeString(group);
    }
    json.writeEndArray();
    json.writeStringField("label", record.label().orElse(null));
    json.writeStringField("model", record.model().orElse(null));
    json.writeStringField("route", record.route().orElse(null));
    json.writeStringField("provider", record.provider().orElse(null));
    json.writeStringField("trust", record.trust().orElse(null));
    json.writeNumberField("promptTokens", record.promptTokens());
    json.writeNumberField("cachedTokens", record.cachedTokens());
    json.writeNumberField("completionTokens", record.completionTokens());
    if (record.firstTokenMillis().isPresent()) {
      json.writeNumberField("firstTokenMillis", record.firstTokenMillis().getAsLong());
    } else {
      json.writeNullField("firstTokenMillis");
    }
    json.writeNumberField("durationMillis", record.durationMillis());
    json.writeNumberField("status", record.status());
    json.writeStringField("outcome", record.outcome().text());
    json.writeStringField("error", record.errorKind().orElse(null));
    UsageRecord.Charged charged = record.charged();
    json.writeStringField("cost", UsageReportAnswer.amount(charged.costMicros()));
    json.writeStringField("currency", charged.currency().orElse(null));
    json.writeNumberField("attempts", charged.attempts());
    json.writeNumberField("bytesOut", charged.bytesOut());
    json.writeNumberField("bytesIn", charged.bytesIn());
    json.writeEndObject();
  }

  private ObjectNode body(ServerRequest request)
      throws ApiException, IOException, InterruptedException {
    try (RequestBody body = new RequestBody(request, bodies, BODY_TIME_MAX)) {
      return Json.object(body.read(BODY_BYTES_MAX));
    }
  }

  /** Decides a request as if it came from the client named, and sends it nowhere. */
  private void explain(ServerRequest request, JsonGenerator json)
      throws ApiException, InferenceException, IOException, InterruptedException {
    Fields fields = Fields.of(body(request));
    List<String> groups = new ArrayList<>();
    for (var group : fields.raw("groups")) {
      if (!group.isTextual() || groups.size() == GROUPS_MAX) {
        throw fields.wrong("groups", "an array of a few names", fields.raw("groups"));
      }
      groups.add(group.textValue());
    }
    String path = fields.requiredText("path");
    Optional<Surface> surface = Surface.at(path);
    if (surface.isEmpty()) {
      throw ApiErrors.wrongParam(
          "path",
          "'path' must be one of %s, found something else."
              .formatted(String.join(", ", Surface.paths())));
    }
    fields.requiredObject("request");
    Optional<String> label = fields.text("label");
    Optional<Label> declared =
        label.isPresent() ? Optional.of(InferenceEndpoint.label(label.get())) : Optional.empty();
    Caller caller = new Caller(fields.text("client").orElse("explain"), groups);
    Inquiry inquiry =
        InferenceEndpoint.asked(
                RequestIds.fresh(),
                (ObjectNode) fields.raw("request"),
                surface.get()::read,
                router,
                caller,
                declared)
            .inquiry();
    try (RoutedRequest routed = router.decide(inquiry)) {
      write(json, routed.decision(), declared, router.outlooks(routed));
    }
  }

  private static void write(JsonGenerator json, Outlook outlook) throws IOException {
    json.writeStartObject();
    json.writeStringField("provider", outlook.candidate().name());
    json.writeStringField("trust", outlook.candidate().spec().trust().text());
    json.writeStringField("region", outlook.candidate().spec().region().orElse(null));
    json.writeStringField("expectedCost", outlook.cost().map(Cost::toString).orElse(null));
    measure(json, "firstTokenSeconds", outlook.firstTokenSeconds());
    measure(json, "tokensPerSecond", outlook.tokensPerSecond());
    json.writeEndObject();
  }

  private static void measure(JsonGenerator json, String name, OptionalDouble value)
      throws IOException {
    if (value.isPresent()) {
      json.writeNumberField(name, value.getAsDouble());
    } else {
      json.writeNullField(name);
    }
  }

  private static void write(
      JsonGenerator json, Decision decision, Optional<Label> declared, List<Outlook> outlooks)
      throws IOException {
    json.writeStartObject();
    json.writeStringField("label", decision.label().text());
    json.writeStringField("declaredLabel", declared.map(Label::text).orElse(null));
    json.writeArrayFieldStart("raisedBy");
    for (String reason : decision.raisedBy()) {
      json.writeString(reason);
    }
    json.writeEndArray();
    json.writeStringField("model", decision.facts().model());
    json.writeNumberField("promptTokens", decision.facts().promptTokens());
    json.writeBooleanField("promptTokensExact", decision.promptTokensExact());
    json.writeNumberField("engineQueueSeconds", decision.facts().engineQueueSeconds());
    json.writeArrayFieldStart("needs");
    for (Feature feature : decision.facts().needs()) {
      json.writeString(feature.text());
    }
    json.writeEndArray();
    json.writeArrayFieldStart("detected");
    for (PersonalData kind : decision.facts().detected()) {
      json.writeString(kind.text());
    }
    json.writeEndArray();
    json.writeStringField("route", decision.routeName().orElse(null));
    json.writeStringField(
        "order", decision.route().map(route -> route.order().text()).orElse(null));
    json.writeArrayFieldStart("candidates");
    for (Outlook outlook : outlooks) {
      write(json, outlook);
    }
    json.writeEndArray();
    json.writeArrayFieldStart("rejected");
    for (Decision.Rejection rejection : decision.rejections()) {
      json.writeStartObject();
      json.writeStringField("provider", rejection.provider());
      json.writeStringField("reason", rejection.explanation());
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeEndObject();
  }
}
