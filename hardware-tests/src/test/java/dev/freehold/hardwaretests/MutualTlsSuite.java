package dev.freehold.hardwaretests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.freehold.hardwaretests.site.ChatClient;
import dev.freehold.hardwaretests.site.ClientIdentity;
import dev.freehold.hardwaretests.site.ControllerProcess;
import dev.freehold.hardwaretests.site.Distribution;
import dev.freehold.hardwaretests.site.Site;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(SharedSite.class)
final class MutualTlsSuite {

  private static final int READ_MAX_MILLIS = 10_000;
  private static final String END_OF_HEADERS = "\r\n\r\n";
  private static final String REQUEST =
      "GET /v1/models HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

  private final Site site;
  private final ClientIdentity alice;

  MutualTlsSuite(Site site) {
    this.site = site;
    this.alice = site.client("alice", "everyone");
  }

  @Test
  void clientOfTheControllersAuthorityIsAnswered() throws Exception {
    Attempt attempt = attempt(alice.sslContext());

    assertEquals("", attempt.alert());
    assertTrue(attempt.received().startsWith("HTTP/1.1 200"), attempt.received());
  }

  @Test
  void clientWithoutCertificateSeesAnAlertAndNoHttpByte() throws Exception {
    Attempt attempt = attempt(alice.sslContextWithoutCertificate());

    assertTrue(attempt.alert().contains("certificate_required"), attempt.alert());
    assertEquals("", attempt.received());
  }

  @Test
  void clientOfAForeignAuthoritySeesAnAlertAndNoHttpByte(@TempDir Path foreign) throws Exception {
    ClientIdentity mallory;
    try (ControllerProcess other =
        ControllerProcess.start(
            Distribution.underTest(), foreign.resolve("state"), foreign.resolve("log"))) {
      mallory = other.issueClient("alice", "everyone", foreign.resolve("alice"));
    }

    Attempt attempt = attempt(alice.sslContextShowing(mallory));

    assertTrue(attempt.alert().contains("fatal alert"), attempt.alert());
    assertEquals("", attempt.received());
  }

  @Test
  void plainHttpIsNotAnswered() throws Exception {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), site.box().port())) {
      socket.setSoTimeout(READ_MAX_MILLIS);
      socket.getOutputStream().write(REQUEST.getBytes(StandardCharsets.US_ASCII));
      String received = readAll(socket);
      assertTrue(!received.contains("HTTP/"), received);
    }
  }

  @Test
  void serverNamesTheBoxAndItsAddressSoThatAClientVerifiesIt() throws Exception {
    try (SSLSocket socket = connect(alice.sslContext())) {
      socket.startHandshake();
      assertEquals("TLSv1.3", socket.getSession().getProtocol());
      X509Certificate server = (X509Certificate) socket.getSession().getPeerCertificates()[0];
      String names = server.getSubjectAlternativeNames().toString();
      assertTrue(names.contains("box-1.local"), names);
      assertTrue(names.contains("127.0.0.1"), names);
    }
  }

  @Test
  void everyAnswerCarriesItsRequestIdAndProvider() {
    try (ChatClient chat = new ChatClient(site.box().url(), alice)) {
      ChatClient.Reply answered = chat.ask("small", "Say hello.", 8);
      ChatClient.Reply listed = chat.get("/models");
      ChatClient.Reply refused = chat.ask("no-such-model", "Say hello.", 8);

      assertEquals("local", answered.provider());
      assertEquals("none", listed.provider());
      assertEquals("none", refused.provider());
      assertTrue(answered.headers().firstValue("x-request-id").isPresent());
      assertTrue(listed.headers().firstValue("x-request-id").isPresent());
      assertTrue(refused.headers().firstValue("x-request-id").isPresent());
    }
  }

  /**
   * What a client saw that spoke HTTP over a connection.
   *
   * @param alert how TLS ended it, or nothing
   * @param received every byte of the application that arrived
   */
  private record Attempt(String alert, String received) {}

  /** In TLS 1.3 the client's handshake ends first, so a refusal shows when it reads. */
  private Attempt attempt(SSLContext context) throws IOException {
    StringBuilder received = new StringBuilder();
    try (SSLSocket socket = connect(context)) {
      socket.startHandshake();
      socket.getOutputStream().write(REQUEST.getBytes(StandardCharsets.US_ASCII));
      int read;
      while (received.indexOf(END_OF_HEADERS) < 0 && (read = socket.getInputStream().read()) >= 0) {
        received.append((char) read);
      }
      return new Attempt("", received.toString());
    } catch (SSLException e) {
      return new Attempt(e.getMessage(), received.toString());
    }
  }

  private SSLSocket connect(SSLContext context) throws IOException {
    SSLSocket socket =
        (SSLSocket)
            context
                .getSocketFactory()
                .createSocket(InetAddress.getLoopbackAddress(), site.box().port());
    socket.setSoTimeout(READ_MAX_MILLIS);
    return socket;
  }

  private static String readAll(Socket socket) throws IOException {
    try {
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    } catch (java.net.SocketException _) {
      // The box may cut a connection that does not begin with TLS.
      return "";
    }
  }
}
