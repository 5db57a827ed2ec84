package dev.freehold.controller;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.freehold.bundle.BundleContent;
import dev.freehold.bundle.Pem;
import dev.freehold.bundle.SpkiPin;
import dev.freehold.bundle.uplink.ClientIdentity;
import dev.freehold.bundle.uplink.ControllerTls;
import dev.freehold.controller.operator.IssuedClient;
import dev.freehold.controller.operator.OperatorClient;
import dev.freehold.controller.operator.OperatorException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From a policy file to a box's bundle, over real TLS. */
final class PublishingTest {

  private static final String SECRET = "sk-canary-5d1f";

  @TempDir Path state;

  private Controller controller;
  private OperatorClient operator;

  @BeforeEach
  void start() throws Exception {
    controller = ControllerFixture.start(state, Clock.systemUTC());
    operator = ControllerFixture.operator(controller);
  }

  @AfterEach
  void stop() {
    operator.close();
    controller.close();
  }

  @Test
  void enrolledBoxOpensItsBundle() throws Exception {
    long version = operator.publish(ControllerFixture.POLICY, Map.of("helvet-key", SECRET));
    try (BoxAtTheWire box = enrolled("box-1")) {
      HttpResponse<byte[]> response = box.get("/v1/bundle");

      assertEquals(200, response.statusCode());
      assertEquals(Optional.of("\"1\""), response.headers().firstValue("ETag"));
      BundleContent content = box.openBundle(response.body(), box.roots()).content();
      assertEquals(version, content.version());
      assertEquals(ControllerFixture.POLICY, content.policyYaml());
      assertEquals(Map.of("helvet-key", SECRET), content.credentials());
      assertEquals("assistant", content.models().getFirst().model());
      assertEquals(98_362_432, content.models().getFirst().sizeBytes());
      X509Certificate clients =
          Pem.certificates(content.clientAuthorityPem().getFirst()).getFirst();
      IssuedClient alice = operator.issueClient("alice", List.of("website"), 7);
      Pem.certificates(alice.certificatesPem()).getFirst().verify(clients.getPublicKey());
      assertEquals(Optional.empty(), alice.warning());
    }
  }

  @Test
  void sameBundleIsSentOnce() throws Exception {
    operator.publish(ControllerFixture.LOCAL_POLICY, Map.of());
    try (BoxAtTheWire box = enrolled("box-1")) {
      byte[] first = box.get("/v1/bundle").body();
      byte[] second = box.get("/v1/bundle").body();
      HttpResponse<byte[]> third = box.get("/v1/bundle", "If-None-Match", "\"1\"");

      assertArrayEquals(first, second);
      assertEquals(304, third.statusCode());
      assertEquals(0, third.body().length);
      assertEquals(1, operator.boxes().getFirst().version());
    }
  }

  @Test
  void boxWithoutPublicationIsToldSo() throws Exception {
    try (BoxAtTheWire box = enrolled("box-1")) {
      HttpResponse<byte[]> response = box.get("/v1/bundle");
      assertEquals(404, response.statusCode());
      assertTrue(new String(response.body(), StandardCharsets.UTF_8).contains("policy publish"));
    }
  }

  @Test
  void publicationIsHintedToListeners() throws Exception {
    operator.publish(ControllerFixture.LOCAL_POLICY, Map.of());
    try (BoxAtTheWire box = enrolled("box-1");
        BufferedReader events =
            new BufferedReader(
                new InputStreamReader(
                    box.open("/v1/bundle/events").body(), StandardCharsets.UTF_8))) {
      assertEquals("data: {\"version\":1}", data(events));
      operator.publish(ControllerFixture.LOCAL_POLICY, Map.of());
      assertEquals("data: {\"version\":2}", data(events));
    }
  }

  @Test
  void boxWithNewKeysGetsNewVersionOfTheSamePublication() throws Exception {
    operator.publish(ControllerFixture.LOCAL_POLICY, Map.of());
    try (BoxAtTheWire box = enrolled("box-1")) {
      assertEquals(
          1, box.openBundle(box.get("/v1/bundle").body(), box.roots()).content().version());
    }
    try (BoxAtTheWire again = enrolled("box-1");
        BoxAtTheWire other = enrolled("box-2")) {
      assertEquals(
          2, again.openBundle(again.get("/v1/bundle").body(), again.roots()).content().version());
      assertEquals(
          1, other.openBundle(other.get("/v1/bundle").body(), other.roots()).content().version());
    }
    assertEquals(3, operator.publish(ControllerFixture.LOCAL_POLICY, Map.of()));
  }

  @Test
  void invalidPolicyIsRefusedWithItsPlaces() {
    OperatorException refused =
        assertThrows(
            OperatorException.class,
            () ->
                operator.publish(
                    ControllerFixture.LOCAL_POLICY.replace("engine", "engin"), Map.of()));
    assertEquals(1, refused.problems().size());
    assertEquals(5, refused.problems().getFirst().line());
  }

  @Test
  void credentialMustBeGivenOnceAndStays() throws Exception {
    OperatorException refused =
        assertThrows(
            OperatorException.class, () -> operator.publish(ControllerFixture.POLICY, Map.of()));
    assertTrue(refused.getMessage().contains("helvet-key"));

    operator.publish(ControllerFixture.POLICY, Map.of("helvet-key", SECRET));
    operator.publish(ControllerFixture.POLICY, Map.of());
    try (BoxAtTheWire box = enrolled("box-1")) {
      assertEquals(
          SECRET,
          box.openBundle(box.get("/v1/bundle").body(), box.roots())
              .content()
              .credentials()
              .get("helvet-key"));
    }
  }

  @Test
  void restartKeepsEverything() throws Exception {
    operator.publish(ControllerFixture.POLICY, Map.of("helvet-key", SECRET));
    SpkiPin pin = controller.pin();
    String token = operator.createToken("box-2", Duration.ofMinutes(10));
    byte[] before;
    try (BoxAtTheWire box = enrolled("box-1")) {
      before = box.get("/v1/bundle").body();
    }

    stop();
    start();

    assertEquals(pin, controller.pin());
    assertEquals(2, operator.boxes().size());
    assertTrue(operator.boxes().getFirst().enrolled().isPresent());
    try (BoxAtTheWire box = new BoxAtTheWire(controller, "box-2")) {
      assertEquals(200, box.enrol(token).statusCode());
      assertEquals(200, box.get("/v1/bundle").statusCode());
    }
    assertEquals(2, operator.publish(ControllerFixture.POLICY, Map.of()));
    assertTrue(before.length > 0);
  }

  @Test
  void lostDatabaseNeverReusesAVersion() throws Exception {
    operator.publish(ControllerFixture.LOCAL_POLICY, Map.of());
    operator.publish(ControllerFixture.LOCAL_POLICY, Map.of());
    SpkiPin pin = controller.pin();

    stop();
    try (Stream<Path> files = Files.list(state.resolve("store"))) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    start();

    assertEquals(pin, controller.pin());
    assertEquals(3, operator.publish(ControllerFixture.LOCAL_POLICY, Map.of()));
  }

  @Test
  void secretsAreNotReadableInTheStateFolder() throws Exception {
    operator.publish(ControllerFixture.POLICY, Map.of("helvet-key", SECRET));
    String token = operator.createToken("box-1", Duration.ofMinutes(10));
    Files.writeString(state.resolve("canary"), "planted " + SECRET + " " + token);
    stop();

    assertEquals(List.of("canary"), filesWith(SECRET));
    assertEquals(List.of("canary"), filesWith(token));
    start();
  }

  @Test
  void secondControllerOnTheSameStateIsRefused() {
    IOException refused =
        assertThrows(IOException.class, () -> ControllerFixture.start(state, Clock.systemUTC()));
    assertTrue(refused.getMessage().contains("Another controller runs"));
  }

  @Test
  void databaseWithTheWrongKeySaysSo() throws Exception {
    stop();
    Path key = state.resolve("store/controller.key");
    String right = Files.readString(key);
    Files.writeString(key, "0".repeat(64));

    RuntimeException refused =
        assertThrows(
            RuntimeException.class, () -> ControllerFixture.start(state, Clock.systemUTC()));

    assertTrue(refused.getMessage().contains("does not open with the key"), refused.getMessage());
    Files.writeString(key, right);
    start();
  }

  @Test
  void eachKindOfCertificateOpensItsOwnDoorsOnly() throws Exception {
    operator.publish(ControllerFixture.LOCAL_POLICY, Map.of());
    try (BoxAtTheWire box = enrolled("box-1")) {
      assertEquals(403, box.get("/v1/operator/boxes").statusCode());
    }
    ClientIdentity asOperator =
        new ClientIdentity(
            Pem.privateKey(Files.readString(controller.operatorFolder().resolve("key.pem"))),
            Pem.certificates(Files.readString(controller.operatorFolder().resolve("cert.pem"))));
    assertEquals(403, status(asOperator, "/v1/bundle"));
    assertEquals(200, status(asOperator, "/v1/operator/boxes"));
    IssuedClient alice = operator.issueClient("alice", List.of("website"), 1);
    ClientIdentity asClient =
        new ClientIdentity(alice.key(), Pem.certificates(alice.certificatesPem()));
    // The server names whose certificates it takes; a well-behaved client then sends none.
    assertEquals(401, status(asClient, "/v1/bundle"));
  }

  @Test
  void clientOfAGroupThePolicyLacksIsWarnedOf() throws Exception {
    operator.publish(ControllerFixture.LOCAL_POLICY, Map.of());
    assertTrue(operator.issueClient("bob", List.of("nobody"), 1).warning().isPresent());
  }

  @Test
  void readyFileIsThereWhileItListens() throws Exception {
    String ready = Files.readString(state.resolve("ready.json"));
    assertTrue(ready.contains(controller.pin().toString()), ready);
    assertTrue(ready.contains(controller.url().toString()), ready);
    stop();
    assertFalse(Files.exists(state.resolve("ready.json")));
    start();
  }

  private BoxAtTheWire enrolled(String serial) throws Exception {
    BoxAtTheWire box = new BoxAtTheWire(controller, serial);
    HttpResponse<byte[]> response = box.enrol(operator.createToken(serial, Duration.ofMinutes(10)));
    assertEquals(200, response.statusCode());
    return box;
  }

  private int status(ClientIdentity identity, String path) throws Exception {
    HttpClient http = ControllerTls.client(controller.pin(), Optional.of(identity), Instant::now);
    try {
      return http.send(
              HttpRequest.newBuilder(controller.url().resolve(path)).build(),
              HttpResponse.BodyHandlers.discarding())
          .statusCode();
    } finally {
      http.shutdownNow();
    }
  }

  private static String data(BufferedReader events) throws IOException {
    String line = events.readLine();
    while (line != null && !line.startsWith("data:")) {
      line = events.readLine();
    }
    return line;
  }

  private List<String> filesWith(String needle) throws IOException {
    byte[] wanted = needle.getBytes(StandardCharsets.UTF_8);
    try (Stream<Path> files = Files.walk(state)) {
      return files
          .filter(Files::isRegularFile)
          .filter(file -> contains(file, wanted))
          .map(file -> state.relativize(file).toString())
          .toList();
    }
  }

  private static boolean contains(Path file, byte[] wanted) {
    try {
      String content = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
      return content.contains(new String(wanted, StandardCharsets.ISO_8859_1));
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
