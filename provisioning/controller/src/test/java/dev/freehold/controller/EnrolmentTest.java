package dev.freehold.controller;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.freehold.controller.operator.OperatorClient;
import dev.freehold.controller.operator.OperatorException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.bouncycastle.asn1.x509.GeneralName;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How a box becomes one, over real TLS, and how it does not. */
final class EnrolmentTest {

  @TempDir static Path state;

  private static MovableClock clock;
  private static Controller controller;
  private static OperatorClient operator;

  @BeforeAll
  static void start() throws Exception {
    clock = new MovableClock(Instant.now());
    controller = ControllerFixture.start(state, clock);
    operator = ControllerFixture.operator(controller);
  }

  @AfterAll
  static void stop() {
    operator.close();
    controller.close();
  }

  @Test
  void tokenLeadsToCertificateOfThirtyDays() throws Exception {
    try (BoxAtTheWire box = new BoxAtTheWire(controller, "box-a")) {
      HttpResponse<byte[]> response =
          box.enrol(
              "box-a",
              token("box-a"),
              box.request("box-a", dns("localhost"), ip("127.0.0.1"), dns("mini-7")));

      assertEquals(200, response.statusCode(), text(response));
      X509Certificate leaf = box.chain().getFirst();
      assertEquals("CN=box-a,OU=boxes,O=freehold", leaf.getSubjectX500Principal().getName());
      assertEquals(
          Duration.ofDays(30),
          Duration.between(
              clock.instant().truncatedTo(ChronoUnit.SECONDS), leaf.getNotAfter().toInstant()));
      assertEquals(List.of("box-a.local", "localhost", "127.0.0.1", "mini-7"), names(leaf));
      assertEquals(keyOf(box), keyOf(leaf));
    }
  }

  @Test
  void tokenReuseIsRefused() throws Exception {
    String token = token("box-b");
    try (BoxAtTheWire first = new BoxAtTheWire(controller, "box-b");
        BoxAtTheWire second = new BoxAtTheWire(controller, "box-b")) {
      assertEquals(200, first.enrol(token).statusCode());
      assertEquals(401, second.enrol(token).statusCode());
    }
  }

  @Test
  void tokenUsedByManyAtOnceServesExactlyOne() throws Exception {
    String token = token("box-c");
    List<Callable<Integer>> attempts = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      attempts.add(
          () -> {
            try (BoxAtTheWire box = new BoxAtTheWire(controller, "box-c")) {
              return box.enrol(token).statusCode();
            }
          });
    }
    int served = 0;
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (Future<Integer> status : threads.invokeAll(attempts)) {
        served += status.get() == 200 ? 1 : 0;
      }
    }
    assertEquals(1, served);
  }

  @Test
  void tokenOfAnotherSerialIsRefused() throws Exception {
    token("box-d");
    String other = token("box-e");
    try (BoxAtTheWire box = new BoxAtTheWire(controller, "box-d")) {
      HttpResponse<byte[]> response = box.enrol(other);
      assertEquals(401, response.statusCode());
      assertTrue(response.headers().firstValue("WWW-Authenticate").isPresent());
    }
  }

  @Test
  void expiredTokenIsRefused() throws Exception {
    String token = token("box-f");
    clock.advance(Duration.ofMinutes(10));
    try (BoxAtTheWire box = new BoxAtTheWire(controller, "box-f")) {
      assertEquals(401, box.enrol(token).statusCode());
    }
  }

  @Test
  void guessingEndsTheTokensLife() throws Exception {
    String token = token("box-g");
    try (BoxAtTheWire box = new BoxAtTheWire(controller, "box-g")) {
      byte[] request = box.request("box-g");
      for (int i = 0; i < 20; i++) {
        assertEquals(401, box.enrol("box-g", "guess-" + i, request).statusCode());
      }
      assertEquals(401, box.enrol("box-g", token, request).statusCode());
      assertEquals(200, box.enrol("box-g", token("box-g"), request).statusCode());
    }
  }

  @Test
  void mistakeInTheRequestCostsNoToken() throws Exception {
    String token = token("box-h");
    try (BoxAtTheWire box = new BoxAtTheWire(controller, "box-h")) {
      assertRefused(box.enrol("box-h", token, box.request("box-x")), "common name");
      assertRefused(
          box.enrol("box-h", token, box.request("box-h", Optional.empty())), "ML-KEM-768");
      assertRefused(box.enrol("box-h", token, new byte[] {1, 2, 3}), "PKCS#10");
      byte[] forged = box.request("box-h");
      forged[forged.length - 1] ^= 1;
      assertRefused(box.enrol("box-h", token, forged), "certification request");
      assertEquals(200, box.enrol(token).statusCode());
    }
  }

  @Test
  void boxCannotTakeAnothersName() throws Exception {
    token("box-j");
    String token = token("box-i");
    try (BoxAtTheWire box = new BoxAtTheWire(controller, "box-i")) {
      assertRefused(box.enrol("box-i", token, box.request("box-i", dns("*.local"))), "host names");
      assertRefused(box.enrol("box-i", token, box.request("box-i", ip("10.0.0.0/8"))), "addresses");
      byte[] request =
          box.request(
              "box-i",
              dns("box-j.local"),
              dns("box-j"),
              dns(controller.url().getHost()),
              dns("mini"));
      assertEquals(200, box.enrol("box-i", token, request).statusCode());
      assertEquals(List.of("box-i.local", "mini"), names(box.chain().getFirst()));
    }
  }

  @Test
  void serialThatIsNoSerialIsRefused() {
    assertThrows(
        OperatorException.class, () -> operator.createToken("../../etc", Duration.ofMinutes(1)));
  }

  @Test
  void serialThatDiffersByCaseOnlyIsRefused() throws Exception {
    token("box-n");
    OperatorException refused =
        assertThrows(
            OperatorException.class, () -> operator.createToken("BOX-N", Duration.ofMinutes(1)));
    assertTrue(refused.getMessage().contains("case"));
  }

  @Test
  void boxRenewsWithItsCertificate() throws Exception {
    try (BoxAtTheWire box = new BoxAtTheWire(controller, "box-k")) {
      assertEquals(401, box.renew().statusCode());
      assertEquals(200, box.enrol(token("box-k")).statusCode());
      HttpResponse<byte[]> renewed = box.renew();
      assertEquals(200, renewed.statusCode(), text(renewed));
    }
  }

  @Test
  void authoritiesAndAttributesAreToldToAnyone() throws Exception {
    try (BoxAtTheWire box = new BoxAtTheWire(controller, "box-l")) {
      assertTrue(controller.pin().matches(box.roots().classical()));
      HttpResponse<byte[]> attributes = box.get("/.well-known/est/csrattrs");
      assertEquals(
          Optional.of("application/csrattrs"), attributes.headers().firstValue("Content-Type"));
    }
  }

  @Test
  void trailTellsWhatHappenedWithoutTheToken() throws Exception {
    String token = token("box-m");
    try (BoxAtTheWire box = new BoxAtTheWire(controller, "box-m")) {
      box.enrol("wrong");
      box.enrol(token);
    }
    List<String> trail =
        operator.auditTrail().stream().filter(line -> line.endsWith("box-m")).toList();
    assertEquals(3, trail.size());
    assertTrue(trail.get(0).contains("box.enrolled"));
    assertTrue(trail.get(1).contains("token.refused"));
    assertTrue(trail.get(2).contains("operator\ttoken.created"));
    assertTrue(operator.auditTrail().stream().noneMatch(line -> line.contains(token)));
  }

  private static String token(String serial) throws Exception {
    return operator.createToken(serial, Duration.ofMinutes(10));
  }

  private static void assertRefused(HttpResponse<byte[]> response, String part) {
    assertEquals(400, response.statusCode());
    assertTrue(text(response).contains(part), text(response));
  }

  private static List<String> names(X509Certificate certificate) throws Exception {
    Collection<List<?>> names = certificate.getSubjectAlternativeNames();
    return names.stream().map(name -> (String) name.get(1)).toList();
  }

  private static PublicKey keyOf(BoxAtTheWire box) {
    return box.keys.getPublic();
  }

  private static PublicKey keyOf(X509Certificate certificate) {
    return certificate.getPublicKey();
  }

  private static GeneralName dns(String name) {
    return new GeneralName(GeneralName.dNSName, name);
  }

  private static GeneralName ip(String address) {
    return new GeneralName(GeneralName.iPAddress, address);
  }

  private static String text(HttpResponse<byte[]> response) {
    return new String(response.body(), StandardCharsets.UTF_8);
  }
}
