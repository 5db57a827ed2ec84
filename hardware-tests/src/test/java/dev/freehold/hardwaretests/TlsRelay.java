package dev.freehold.hardwaretests;

import dev.freehold.hardwaretests.site.ClientIdentity;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import javax.net.SocketFactory;

/**
 * Passes connections on to a box over mutual TLS as one of its clients, for a program that can show
 * no certificate. When one side closes, the other is closed.
 */
final class TlsRelay implements AutoCloseable {

  private final ServerSocket listening;
  private final SocketFactory tls;
  private final int port;

  private TlsRelay(ServerSocket listening, SocketFactory tls, int port) {
    this.listening = listening;
    this.tls = tls;
    this.port = port;
  }

  /** Starts one on a free loopback port. */
  static TlsRelay start(int port, ClientIdentity client) throws IOException {
    TlsRelay relay =
        new TlsRelay(
            new ServerSocket(0, 0, InetAddress.getLoopbackAddress()),
            client.sslContext().getSocketFactory(),
            port);
    Thread.ofVirtual().start(relay::accept);
    return relay;
  }

  String url() {
    return "http://127.0.0.1:" + listening.getLocalPort() + "/v1";
  }

  private void accept() {
    try {
      while (true) {
        Socket near = listening.accept();
        Thread.ofVirtual().start(() -> serve(near));
      }
    } catch (IOException e) {
      // The relay was closed.
    }
  }

  private void serve(Socket near) {
    try (near;
        Socket far = tls.createSocket(InetAddress.getLoopbackAddress(), port)) {
      near.setTcpNoDelay(true);
      far.setTcpNoDelay(true);
      Thread back = Thread.ofVirtual().start(() -> pass(far, near));
      pass(near, far);
      back.join();
    } catch (IOException e) {
      // One of the two has gone, and so has the other.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void pass(Socket from, Socket to) {
    try (from;
        to) {
      InputStream in = from.getInputStream();
      in.transferTo(to.getOutputStream());
    } catch (IOException e) {
      // As above.
    }
  }

  @Override
  public void close() throws IOException {
    listening.close();
  }
}
