package dev.freehold.identity;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.freehold.bundle.Keys;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A box enrols with a real controller over real TLS, or finds out why not. */
final class EnrolmentTest {

  @TempDir static Path folder;

  private static RunningController controller;

  @BeforeAll
  static void start() throws Exception {
    controller = RunningController.start(folder.resolve("controller"));
  }

  @AfterAll
  static void stop() {
    controller.close();
  }

  @Test
  void identityIsWrittenAndOpensAgain() throws Exception {
    Path home = folder.resolve("box-1/identity");

    Identity enrolled = controller.enrol(home, "box-1");
    Identity opened = Identity.open(home);

    assertEquals("box-1", opened.serial());
    assertEquals("freehold", opened.tenant());
    assertEquals(controller.controller().url(), opened.controller());
    assertEquals(controller.controller().pin(), opened.pin());
    assertEquals(enrolled.chain(), opened.chain());
    assertEquals(enrolled.roots(), opened.roots());
    assertEquals(enrolled.key(), opened.key());
    assertEquals(enrolled.encryptionKeys().getPublic(), opened.encryptionKeys().getPublic());
    assertTrue(Keys.isMlKem768(opened.encryptionKeys().getPublic()));
    assertEquals("Identity[serial=box-1, tenant=freehold]", opened.toString());
    assertEquals("rwx------", permissions(home));
    assertEquals("rw-------", permissions(home.resolve("device.key")));
    assertEquals("rw-------", permissions(home.resolve("mlkem.key")));
  }

  @Test
  void certificateNamesTheBoxAsLanClientsReachIt() throws Exception {
    Identity identity = controller.enrol(folder.resolve("Mini-7/identity"), "Mini-7");

    List<Object> names = new ArrayList<>();
    identity.certificate().getSubjectAlternativeNames().forEach(name -> names.add(name.get(1)));
    assertTrue(names.contains("mini-7.local"), names.toString());
    assertTrue(names.contains("localhost"), names.toString());
    assertTrue(names.contains("127.0.0.1"), names.toString());
  }

  @Test
  void wrongPinIsRefusedBeforeAnySecretIsSent() throws Exception {
    try (RunningController stranger = RunningController.start(folder.resolve("stranger"))) {
      stranger.token("box-2");
      String token = controller.token("box-2");
      EnrolmentRequest misled =
          new EnrolmentRequest(
              stranger.controller().url(), controller.controller().pin(), "box-2", token);

      EnrolmentException refused =
          assertThrows(
              EnrolmentException.class,
              () -> Enrolment.enrol(folder.resolve("box-2/identity"), misled, Clock.systemUTC()));

      assertTrue(refused.getMessage().contains("another root"), refused.getMessage());
      assertFalse(refused.getMessage().contains(token));
      // A token that had arrived there would stand in the trail as refused.
      assertTrue(
          stranger.operator().auditTrail().stream()
              .noneMatch(line -> line.contains("token.refused")));
      Enrolment.enrol(
          folder.resolve("box-2/identity"), controller.request("box-2", token), Clock.systemUTC());
    }
  }

  @Test
  void boxCannotPoseAsTheController() throws Exception {
    Identity impostor = controller.enrol(folder.resolve("impostor/identity"), "impostor");
    String token = controller.token("box-3");
    AtomicInteger requests = new AtomicInteger();
    HttpsServer server =
        HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setHttpsConfigurator(new HttpsConfigurator(serverContext(impostor)));
    server.createContext(
        "/",
        exchange -> {
          requests.incrementAndGet();
          exchange.sendResponseHeaders(500, -1);
          exchange.close();
        });
    server.start();
    try {
      URI url = URI.create("https://127.0.0.1:" + server.getAddress().getPort());
      EnrolmentRequest misled =
          new EnrolmentRequest(url, controller.controller().pin(), "box-3", token);

      EnrolmentException refused =
          assertThrows(
              EnrolmentException.class,
              () -> Enrolment.enrol(folder.resolve("box-3/identity"), misled, Clock.systemUTC()));

      assertTrue(refused.getMessage().contains("another purpose"), refused.getMessage());
      assertEquals(0, requests.get());
    } finally {
      server.stop(0);
    }
  }

  @Test
  void tokenReuseIsRefusedAndLeavesNothing() throws Exception {
    String token = controller.token("box-4");
    Enrolment.enrol(
        folder.resolve("box-4/identity"), controller.request("box-4", token), Clock.systemUTC());
    Path second = folder.resolve("box-4-again/identity");

    EnrolmentException refused =
        assertThrows(
            EnrolmentException.class,
            () -> Enrolment.enrol(second, controller.request("box-4", token), Clock.systemUTC()));

    assertTrue(refused.getMessage().contains("token create"), refused.getMessage());
    assertFalse(refused.getMessage().contains(token));
    assertFalse(Identity.exists(second));
  }

  @Test
  void enrolledBoxIsNotEnrolledOver() throws Exception {
    Path home = folder.resolve("box-5/identity");
    controller.enrol(home, "box-5");

    EnrolmentException refused =
        assertThrows(EnrolmentException.class, () -> controller.enrol(home, "box-5"));

    assertTrue(refused.getMessage().contains("enrolled already"));
  }

  @Test
  void unreachableControllerIsNamed() throws Exception {
    int closed;
    try (ServerSocket socket = new ServerSocket(0)) {
      closed = socket.getLocalPort();
    }
    EnrolmentRequest request =
        new EnrolmentRequest(
            URI.create("https://127.0.0.1:" + closed),
            controller.controller().pin(),
            "box-6",
            "token");

    EnrolmentException refused =
        assertThrows(
            EnrolmentException.class,
            () -> Enrolment.enrol(folder.resolve("box-6/identity"), request, Clock.systemUTC()));

    assertTrue(refused.getMessage().contains("was not reached"), refused.getMessage());
  }

  @Test
  void boxThatIsNotEnrolledIsToldHow() {
    IdentityException refused =
        assertThrows(IdentityException.class, () -> Identity.open(folder.resolve("nobody")));
    assertTrue(refused.getMessage().contains("freehold enrol"));
  }

  @Test
  void damagedIdentityIsNotHalfOpened() throws Exception {
    Path home = folder.resolve("box-7/identity");
    controller.enrol(home, "box-7");
    Files.writeString(home.resolve("mlkem.key"), "garbage");

    IdentityException refused = assertThrows(IdentityException.class, () -> Identity.open(home));

    assertTrue(refused.getMessage().contains("enrol again"));
    assertFalse(refused.getMessage().contains("garbage"));
  }

  private static SSLContext serverContext(Identity identity) throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    List<X509Certificate> chain = new ArrayList<>(identity.chain());
    chain.add(identity.roots().classical());
    store.setKeyEntry("server", identity.key(), new char[0], chain.toArray(X509Certificate[]::new));
    KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
    keys.init(store, new char[0]);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), null, null);
    return context;
  }

  private static String permissions(Path file) throws Exception {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
  }
}
