package dev.freehold.provider.remote;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.helidon.common.buffers.BufferData;
import io.helidon.webclient.api.ClientConnection;
import io.helidon.webclient.api.WebClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class HostConnectionsTest {

  private final WebClient client = WebClient.builder().shareConnectionCache(false).build();
  private ServerSocket server;
  private HostConnections connections;

  @BeforeEach
  void listen() throws IOException {
    server = new ServerSocket(0, HostConnections.IDLE_MAX + 8, InetAddress.getLoopbackAddress());
    URI host = URI.create("http://127.0.0.1:" + server.getLocalPort());
    connections = new HostConnections(client, HttpTransport.key(host, client));
  }

  @AfterEach
  void close() throws IOException {
    connections.close();
    client.closeResource();
    server.close();
  }

  @Test
  void connectionThatCameBackIsTheNext() {
    ClientConnection one = connections.take();
    ClientConnection other = connections.take();
    assertNotSame(one, other);

    other.releaseResource();
    one.releaseResource();
    assertSame(one, connections.take(), "the one used last");
    assertSame(other, connections.take());
  }

  @Test
  void connectionThatTheOtherSideClosedWhileIdleIsNotTaken() throws IOException {
    ClientConnection closed = connections.take();
    try (Socket accepted = server.accept()) {
      closed.releaseResource();
      assertTrue(accepted.isConnected());
    }
    await(() -> !closed.isConnected());
    ClientConnection next = connections.take();
    assertNotSame(closed, next);
    assertTrue(next.isConnected());
  }

  @Test
  void connectionThatWasWatchedInVainIsTaken() throws IOException {
    ClientConnection quiet = connections.take();
    try (Socket accepted = server.accept()) {
      ClientConnection closed = connections.take();
      quiet.releaseResource();
      try (Socket other = server.accept()) {
        closed.releaseResource();
        assertTrue(other.isConnected());
      }
      // Both came back at once, so the watch over this one has begun when the other's end is seen.
      await(() -> !closed.isConnected());
      assertSame(quiet, connections.take());
      quiet.helidonSocket().write(BufferData.create("x"));
      assertEquals('x', accepted.getInputStream().read());
    }
  }

  @Test
  void noMoreAreKeptThanTheBound() throws IOException {
    List<ClientConnection> taken = new ArrayList<>();
    for (int i = 0; i < HostConnections.IDLE_MAX; i++) {
      taken.add(connections.take());
      server.accept();
    }
    ClientConnection last = connections.take();
    try (Socket accepted = server.accept()) {
      taken.forEach(ClientConnection::releaseResource);
      last.releaseResource();
      assertEnds(accepted);
    }

    Set<ClientConnection> again = new HashSet<>();
    for (int i = 0; i < HostConnections.IDLE_MAX; i++) {
      again.add(connections.take());
    }
    assertEquals(new HashSet<>(taken), again);
  }

  @Test
  void connectionThatComesBackAfterTheEndIsClosed() throws IOException {
    ClientConnection inUse = connections.take();
    try (Socket used = server.accept()) {
      ClientConnection idle = connections.take();
      try (Socket unused = server.accept()) {
        idle.releaseResource();
        connections.close();
        assertEnds(unused);
      }
      inUse.helidonSocket().write(BufferData.create("x"));
      assertEquals('x', used.getInputStream().read());
      inUse.releaseResource();
      assertEnds(used);
    }
  }

  private static void assertEnds(Socket socket) throws IOException {
    socket.setSoTimeout(20_000);
    assertEquals(-1, socket.getInputStream().read());
  }

  private static void await(BooleanSupplier condition) {
    long until = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (!condition.getAsBoolean()) {
      assertTrue(System.nanoTime() - until < 0, "it did not come about");
      Thread.onSpinWait();
    }
  }
}
