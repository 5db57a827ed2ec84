package dev.freehold.api;

import io.helidon.common.socket.HelidonSocket;
import io.helidon.http.HttpPrologue;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.http1.Http1ConnectionListener;

/**
 * Knows which socket the current request came in on, which the server's request does not say. The
 * listener runs on the connection's own thread, before the request is routed on the same thread.
 */
final class Connections implements Http1ConnectionListener {

  private static final ThreadLocal<HelidonSocket> CURRENT = new ThreadLocal<>();

  /** The socket of the connection that this thread serves. */
  static HelidonSocket current() {
    HelidonSocket socket = CURRENT.get();
    if (socket == null) {
      throw new IllegalStateException("this thread serves no connection");
    }
    return socket;
  }

  @Override
  public void prologue(ConnectionContext context, HttpPrologue prologue) {
    if (CURRENT.get() == null) {
      CURRENT.set(context.serverSocket());
    }
  }
}
