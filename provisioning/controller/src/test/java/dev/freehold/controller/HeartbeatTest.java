package dev.freehold.controller;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.freehold.bundle.Keys;
import dev.freehold.bundle.uplink.AbuseReport;
import dev.freehold.bundle.uplink.HeartbeatFormat;
import dev.freehold.bundle.uplink.HeartbeatMessage;
import dev.freehold.bundle.uplink.ReceiptHead;
import dev.freehold.bundle.uplink.UsageBucket;
import dev.freehold.controller.cli.FreeholdCtl;
import dev.freehold.controller.operator.OperatorClient;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a controller makes of heartbeats, good and hostile, over real TLS and a real database. */
final class HeartbeatTest {

  // One hour for the whole test, also when it runs over the turn of one.
  private final Instant thisHour = Instant.now().truncatedTo(ChronoUnit.HOURS);

  @TempDir Path folder;

  private Controller controller;
  private OperatorClient operator;
  private BoxAtTheWire box;

  @BeforeEach
  void start() throws Exception {
    controller = ControllerFixture.start(folder.resolve("controller"), Clock.systemUTC());
    operator = ControllerFixture.operator(controller);
    box = enrolled("box-1");
  }

  @AfterEach
  void stop() {
    box.close();
    operator.close();
    controller.close();
  }

  @Test
  void boxThatReportsIsSeenWithWhatItRuns() throws Exception {
    Instant before = Instant.now().truncatedTo(ChronoUnit.MILLIS);

    assertEquals(204, send(box, message("box-1", List.of())).statusCode());

    var status = operator.boxes().getFirst();
    assertFalse(status.seen().orElseThrow().isBefore(before));
    assertEquals(Optional.of("1.2.3"), status.daemon());
    assertEquals(7, status.version());
    String list = ctl(0, "box", "list");
    assertTrue(list.contains("1.2.3") && list.contains("DAEMON"), list);
  }

  @Test
  void hourThatIsReportedTwiceCountsOnce() throws Exception {
    HeartbeatMessage message =
        message(
            "box-1",
            List.of(bucket(thisHour, "legal", "local", 3), bucket(thisHour, "web", "cloud", 5)));

    // As after an acknowledgement that was lost, and then with what the running hour had more.
    for (int i = 0; i < 3; i++) {
      assertEquals(204, send(box, message).statusCode());
    }
    send(box, message("box-1", List.of(bucket(thisHour, "legal", "local", 4))));

    assertEquals("legal 4 40 4, web 5 50 5", sums("group"));
    assertEquals("box-1 9 90 9", sums("box"));
  }

  @Test
  void usageIsSummedByEachDimension() throws Exception {
    Instant yesterday = thisHour.minus(24, ChronoUnit.HOURS);
    send(
        box,
        message(
            "box-1",
            List.of(bucket(thisHour, "legal", "local", 1), bucket(yesterday, "web", "cloud", 2))));
    try (BoxAtTheWire other = enrolled("box-2")) {
      send(other, message("box-2", List.of(bucket(thisHour, "legal", "cloud", 4))));
    }

    assertEquals("legal 5 50 5, web 2 20 2", sums("group"));
    assertEquals("cloud 6 60 6, local 1 10 1", sums("provider"));
    assertEquals("box-1 3 30 3, box-2 4 40 4", sums("box"));
    assertEquals("assistant 7 70 7", sums("model"));
    assertEquals(yesterday + " 2 20 2, " + thisHour + " 5 50 5", sums("hour"));
    String day = thisHour.toString().substring(0, 10);
    assertTrue(sums("day").endsWith(day + " 5 50 5"), sums("day"));
    JsonNode old = operator.usage("group", yesterday, thisHour).path("usage");
    assertEquals(1, old.size());
    assertEquals("web", old.path(0).path("name").asText());
  }

  @Test
  void costsOfDifferentCurrenciesAreNeverAdded() throws Exception {
    UsageBucket francs = bucket(thisHour, "legal", "helvet", 1);
    UsageBucket.Key key = francs.key();
    UsageBucket euros =
        new UsageBucket(
            new UsageBucket.Key(key.hour(), "legal", "helvet", key.model(), key.label(), "EUR"),
            1,
            10,
            0,
            1,
            2_500_000);
    send(box, message("box-1", List.of(francs, euros)));

    String out = ctl(0, "usage", "--by", "provider", "--since", "2d");

    assertTrue(out.lines().anyMatch(l -> l.contains("1.000000") && l.endsWith("CHF")), out);
    assertTrue(out.lines().anyMatch(l -> l.contains("2.500000") && l.endsWith("EUR")), out);
    assertTrue(ctl(0, "usage", "--json").contains("\"currency\" : \"CHF\""));
    assertTrue(ctl(1, "usage", "--by", "weather").contains("group, provider, box, model"));
    assertTrue(ctl(2, "usage", "--since", "yesterday").contains("2026-01-31"));
  }

  @Test
  void hourThatShrinksKeepsWhatItHadAndRaisesAnAlert() throws Exception {
    send(box, message("box-1", List.of(bucket(thisHour, "legal", "local", 9))));
    send(box, message("box-1", List.of(bucket(thisHour, "legal", "local", 2))));
    send(box, message("box-1", List.of(bucket(thisHour, "legal", "local", 3))));

    assertEquals("legal 9 90 9", sums("group"));
    assertEquals(List.of("usage-shrank"), alerts());
  }

  @Test
  void hostileReportIsRefusedWholeAndSaysWhy() throws Exception {
    HeartbeatMessage fine = message("box-1", List.of(bucket(thisHour, "legal", "local", 1)));
    String good = new String(HeartbeatFormat.write(fine), StandardCharsets.UTF_8);

    refused(422, "requests between 0 and", good.replace("\"requests\":1", "\"requests\":-1"));
    refused(
        422,
        "requests between 0 and",
        good.replace("\"requests\":1", "\"requests\":9223372036854775807"));
    refused(
        422,
        "whole number as \"requests\"",
        good.replace("\"requests\":1", "\"requests\":92233720368547758080"));
    refused(422, "whole number", good.replace("\"requests\":1", "\"requests\":1.5"));
    refused(422, "costMicros", good.replace("\"costMicros\":1000000", "\"costMicros\":-5"));
    refused(422, "cachedTokens", good.replace("\"cachedTokens\":0", "\"cachedTokens\":11"));
    refused(422, "group", good.replace("legal", "x".repeat(129)));
    refused(422, "control characters", good.replace("legal", "a\\u001b[2Jb"));
    refused(422, "on the hour", good.replace("\"hour\":", "\"hour\":1"));
    refused(
        422,
        "Check the box's clock",
        body(
            message(
                "box-1", List.of(bucket(thisHour.plus(Duration.ofDays(2)), "legal", "local", 1)))));
    refused(
        422,
        "Check the box's clock",
        body(message("box-1", List.of(bucket(Instant.EPOCH, "legal", "local", 1)))));
    refused(403, "found another's", body(message("box-2", List.of())));
    refused(422, "JSON", "{\"box\":");
    refused(422, "JSON", "[".repeat(10_000));
    refused(422, "text as \"box\"", "{}");
    refused(422, "one twice", good.replace("\"usage\":[", "\"usage\":[" + entry(good) + ","));
    refused(
        422,
        "at most 500 entries",
        good.replace("\"usage\":[", "\"usage\":[" + (entry(good) + ",").repeat(500)));
    refused(413, "2097152", " ".repeat(HeartbeatFormat.BYTES_MAX + 1));

    assertEquals("", sums("group"));
    assertEquals(Optional.empty(), operator.boxes().getFirst().daemon());
  }

  @Test
  void endlessKindsOfUsageAreRefused() throws Exception {
    int full = 4;
    for (int part = 0; part < full; part++) {
      assertEquals(204, send(box, message("box-1", groups(part))).statusCode());
    }

    HttpResponse<byte[]> over = send(box, message("box-1", groups(full)));

    assertEquals(422, over.statusCode());
    assertTrue(text(over).contains("at most 2000 usage buckets of an hour"), text(over));
    // What is known already may still grow.
    assertEquals(204, send(box, message("box-1", groups(0))).statusCode());
  }

  @Test
  void onlyABoxReportsAndOnlyAnOperatorReads() throws Exception {
    for (String path : List.of("usage", "alerts", "receipts/box-1")) {
      assertEquals(403, box.get("/v1/operator/fleet/" + path).statusCode());
    }
    try (BoxAtTheWire stranger = new BoxAtTheWire(controller, "box-9")) {
      assertEquals(
          401, stranger.post("/v1/heartbeat", "{}".getBytes(StandardCharsets.UTF_8)).statusCode());
    }
  }

  @Test
  void headsThatGrowRaiseNothing() throws Exception {
    for (long sequence : List.of(1L, 2L, 2L, 40L)) {
      send(box, head(sequence, hash(sequence)));
    }

    assertEquals(List.of(), alerts());
    Path out = folder.resolve("head.json");
    ctl(0, "receipts", "head", "box-1", "--out", out.toString());
    ReceiptHead held =
        ReceiptHead.parse(new ObjectMapper().readTree(out.toFile()).path("jws").asText());
    assertEquals(40, held.sequence());
    assertTrue(held.isSignedBy(box.keys.getPublic()));
    assertTrue(operator.receiptHeads("box-1").at("/heads/0/verified").asBoolean());
    assertTrue(ctl(1, "receipts", "head", "nowhere").contains("freeholdctl box list"));
  }

  @Test
  void receiptsWhoseTailWasCutRaiseAnAlertAndTheirHeadStays() throws Exception {
    send(box, head(40, hash(40)));
    send(box, head(12, hash(12)));
    // From there they go on: one alert, not one a minute.
    send(box, head(12, hash(12)));
    send(box, head(13, hash(13)));

    assertEquals(List.of("receipts-went-back"), alerts());
    String alert = ctl(0, "alerts");
    assertTrue(alert.contains("entry 40") && alert.contains("entry 12"), alert);
    assertTrue(ctl(0, "audit").contains("box-1\talert.receipts-went-back\treceipts at 12"));
    assertTrue(ctl(0, "receipts", "head", "box-1").contains("went backwards 1 times"));
    assertTrue(ctl(0, "receipts", "head", "box-1", "--line", "0").contains(hash(40)));
    assertTrue(ctl(0, "receipts", "head", "box-1").contains(hash(13)));
  }

  @Test
  void changedReceiptsRaiseAnAlertThatSurvivesARestart() throws Exception {
    send(box, head(40, hash(40)));
    send(box, head(40, hash(41)));

    operator.close();
    controller.close();
    controller = ControllerFixture.start(folder.resolve("controller"), Clock.systemUTC());
    operator = ControllerFixture.operator(controller);

    assertEquals(List.of("receipts-forked"), alerts());
    assertEquals(2, operator.receiptHeads("box-1").path("heads").size());
  }

  @Test
  void headThatAnotherKeySignedIsNotKept() throws Exception {
    ReceiptHead forged =
        ReceiptHead.sign(
            5, hash(5), Instant.now(), Keys.generateP256().getPrivate(), box.chain().getFirst());

    assertEquals(204, send(box, withHead(forged)).statusCode());

    assertEquals(List.of("receipts-badly-signed"), alerts());
    assertTrue(ctl(1, "receipts", "head", "box-1").contains("has not reported"));
  }

  @Test
  void headOfAnotherCertificateIsKeptAsNotVerified() throws Exception {
    try (BoxAtTheWire other = enrolled("box-2")) {
      ReceiptHead foreign =
          ReceiptHead.sign(
              5, hash(5), Instant.now(), other.keys.getPrivate(), other.chain().getFirst());
      send(box, withHead(foreign));
    }

    assertFalse(operator.receiptHeads("box-1").at("/heads/0/verified").asBoolean());
    assertTrue(ctl(0, "receipts", "head", "box-1").contains("not verified"));
  }

  @Test
  void quarantineIsToldOnceAndItsEndIsUpdated() throws Exception {
    Instant since = Instant.now().truncatedTo(ChronoUnit.MILLIS);
    send(box, withReport(report(since, since.plusSeconds(300))));
    send(box, withReport(report(since, since.plusSeconds(300))));
    send(box, withReport(report(since, since.plusSeconds(60))));

    JsonNode alerts = operator.alerts().path("alerts");
    assertEquals(1, alerts.size());
    assertEquals("quarantined", alerts.at("/0/kind").asText());
    assertEquals("alice", alerts.at("/0/subject").asText());
    assertEquals(since.plusSeconds(60).toString(), alerts.at("/0/until").asText());
    assertTrue(ctl(0, "alerts", "--json").contains("limit-hammering"));
    assertEquals(1, ctl(0, "audit").lines().filter(l -> l.contains("alert.quarantined")).count());
  }

  private BoxAtTheWire enrolled(String serial) throws Exception {
    BoxAtTheWire made = new BoxAtTheWire(controller, serial);
    assertEquals(200, made.enrol(operator.createToken(serial, Duration.ofMinutes(5))).statusCode());
    return made;
  }

  private static UsageBucket bucket(Instant hour, String group, String provider, long requests) {
    return new UsageBucket(
        new UsageBucket.Key(hour, group, provider, "assistant", "internal", "CHF"),
        requests,
        10 * requests,
        0,
        requests,
        1_000_000 * requests);
  }

  private List<UsageBucket> groups(int part) {
    List<UsageBucket> buckets = new ArrayList<>();
    for (int i = 0; i < HeartbeatMessage.BUCKETS_MAX; i++) {
      buckets.add(bucket(thisHour, "group-" + part + "-" + i, "local", 1));
    }
    return buckets;
  }

  private static HeartbeatMessage message(String serial, List<UsageBucket> usage) {
    return new HeartbeatMessage(
        serial, "1.2.3", OptionalLong.of(7), Optional.empty(), usage, List.of());
  }

  private HeartbeatMessage head(long sequence, String hash) {
    return withHead(
        ReceiptHead.sign(
            sequence, hash, Instant.now(), box.keys.getPrivate(), box.chain().getFirst()));
  }

  private static HeartbeatMessage withHead(ReceiptHead head) {
    return new HeartbeatMessage(
        "box-1", "1.2.3", OptionalLong.empty(), Optional.of(head), List.of(), List.of());
  }

  private static HeartbeatMessage withReport(AbuseReport report) {
    return new HeartbeatMessage(
        "box-1", "1.2.3", OptionalLong.empty(), Optional.empty(), List.of(), List.of(report));
  }

  private static AbuseReport report(Instant since, Instant until) {
    return new AbuseReport(
        "0123456789abcdef0123456789abcdef",
        "limit-hammering",
        "alice",
        "121 requests in 1 min, where 120 are the bound",
        true,
        since,
        until);
  }

  private static String hash(long sequence) {
    return "%064x".formatted(sequence);
  }

  private static HttpResponse<byte[]> send(BoxAtTheWire from, HeartbeatMessage message)
      throws Exception {
    return from.post("/v1/heartbeat", HeartbeatFormat.write(message));
  }

  private void refused(int status, String reason, String body) throws Exception {
    HttpResponse<byte[]> response =
        box.post("/v1/heartbeat", body.getBytes(StandardCharsets.UTF_8));
    assertEquals(status, response.statusCode(), text(response));
    assertTrue(text(response).replace("\\\"", "\"").contains(reason), text(response));
  }

  private static String body(HeartbeatMessage message) {
    return new String(HeartbeatFormat.write(message), StandardCharsets.UTF_8);
  }

  /** The one usage entry of a message, as it stands there. */
  private static String entry(String message) {
    int begin = message.indexOf("\"usage\":[") + "\"usage\":[".length();
    return message.substring(begin, message.indexOf(']', begin));
  }

  private static String text(HttpResponse<byte[]> response) {
    return new String(response.body(), StandardCharsets.UTF_8);
  }

  private List<String> alerts() throws Exception {
    List<String> kinds = new ArrayList<>();
    operator.alerts().path("alerts").forEach(alert -> kinds.add(alert.path("kind").asText()));
    return kinds;
  }

  /** Name, requests, tokens in and cost in whole units of each sum. */
  private String sums(String by) throws Exception {
    List<String> lines = new ArrayList<>();
    Instant now = Instant.now();
    JsonNode usage =
        operator.usage(by, now.minus(Duration.ofDays(7)), now.plus(Duration.ofHours(1)));
    for (JsonNode sum : usage.path("usage")) {
      lines.add(
          "%s %d %d %d"
              .formatted(
                  sum.path("name").asText(),
                  sum.path("requests").asLong(),
                  sum.path("promptTokens").asLong(),
                  sum.path("costMicros").asLong() / 1_000_000));
    }
    return String.join(", ", lines);
  }

  /** Runs a command as the operator types it and returns what it prints. */
  private String ctl(int code, String... arguments) {
    StringWriter printed = new StringWriter();
    List<String> line = new ArrayList<>(List.of(arguments));
    line.add("--operator=" + controller.operatorFolder());
    int found =
        FreeholdCtl.commandLine()
            .setOut(new PrintWriter(printed, true))
            .setErr(new PrintWriter(printed, true))
            .execute(line.toArray(String[]::new));
    assertEquals(code, found, printed.toString());
    return printed.toString();
  }
}
