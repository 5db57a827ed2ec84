package dev.freehold.provider.remote;

import io.helidon.webclient.api.ClientConnection;
import io.helidon.webclient.api.ConnectionKey;
import io.helidon.webclient.api.TcpClientConnection;
import io.helidon.webclient.api.WebClient;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingDeque;
import java.util.concurrent.LinkedBlockingDeque;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Open connections to one host, each of one request at a time.
 *
 * <p>A connection that the other side closes while nobody uses it is noticed by a thread that reads
 * from it. The HTTP client's own cache begins that reading at the end of each request, and the next
 * one waits until it has ended: two hand-overs between threads, which cost more than all the rest
 * of sending. Here a connection is read from only once it has been idle for {@link #WATCHED_AFTER};
 * under load hardly one ever is.
 */
final class HostConnections implements AutoCloseable {

  static final int IDLE_MAX = 64;

  /** Providers keep idle connections for seconds at least. */
  private static final Duration WATCHED_AFTER = Duration.ofMillis(100);

  private static final List<String> PROTOCOLS = List.of(HttpTransport.HTTP_1_1);

  private record Idle(ClientConnection connection, long sinceNanos, boolean isWatched) {}

  private final WebClient client;
  private final ConnectionKey host;
  // The one used last is first.
  private final BlockingDeque<Idle> idle = new LinkedBlockingDeque<>(IDLE_MAX);
  private final AtomicBoolean sweeping = new AtomicBoolean();
  private volatile boolean closed;

  HostConnections(WebClient client, ConnectionKey host) {
    this.client = client;
    this.host = host;
  }

  /** One that is open; it comes back by itself when its answer has been read to the end. */
  ClientConnection take() {
    Idle next;
    while ((next = idle.pollFirst()) != null) {
      if (next.connection().isConnected()) {
        return next.connection();
      }
      next.connection().closeResource();
    }
    return TcpClientConnection.create(client, host, PROTOCOLS, this::giveBack, _ -> {}).connect();
  }

  /** Closes what is idle; what is in use is closed when it comes back. */
  @Override
  public void close() {
    closed = true;
    closeIdle();
  }

  private void closeIdle() {
    Idle next;
    while ((next = idle.pollFirst()) != null) {
      next.connection().closeResource();
    }
  }

  /** Returns whether it is kept; whoever gives it back closes it if not. */
  private boolean giveBack(ClientConnection connection) {
    if (closed
        || !connection.isConnected()
        || !idle.offerFirst(new Idle(connection, System.nanoTime(), false))) {
      return false;
    }
    if (closed) {
      closeIdle();
    } else if (sweeping.compareAndSet(false, true)) {
      Thread.ofVirtual().name("idle-connections-" + host.host()).start(this::sweep);
    }
    return true;
  }

  /** Goes on for as long as there are connections that will have to be watched. */
  private void sweep() {
    try {
      do {
        // A time by its nature: nothing tells that nobody has used a connection.
        Thread.sleep(WATCHED_AFTER);
        idle.forEach(this::watchIfOld);
        sweeping.set(idle.stream().anyMatch(one -> !one.isWatched()));
        // One that came back just now found this sweep still running.
      } while (sweeping.get()
          || (idle.stream().anyMatch(one -> !one.isWatched())
              && sweeping.compareAndSet(false, true)));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void watchIfOld(Idle one) {
    boolean old = System.nanoTime() - one.sinceNanos() >= WATCHED_AFTER.toNanos();
    if ((one.isWatched() ? !one.connection().isConnected() : old) && idle.remove(one)) {
      // Nobody else has it now.
      if (one.connection().isConnected()) {
        one.connection().helidonSocket().idle();
        if (!closed && idle.offerLast(new Idle(one.connection(), one.sinceNanos(), true))) {
          return;
        }
      }
      one.connection().closeResource();
    }
  }
}
