package dev.freehold.api;

import io.helidon.common.socket.HelidonSocket;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Notices clients that hang up while they wait, and cuts requests that nothing else can end.
 *
 * <p>A server sees a closed connection by itself only when it writes. One thread therefore looks at
 * the connections of all running requests: from the second look on, a connection is read in the
 * background (HTTP/1.1 has nothing to say there until the answer is complete), and the end of that
 * reading is the hang-up. Answers quicker than two looks cost nothing.
 */
final class HangUpWatch implements AutoCloseable {

  private static final Duration LOOK_EVERY = Duration.ofMillis(50);
  private static final int LOOKS_UNTIL_READ = 2;

  private final Set<Watched> watched = ConcurrentHashMap.newKeySet();
  private final Duration requestTimeout;
  private final Thread looker;
  private volatile boolean closed;

  HangUpWatch(Duration requestTimeout) {
    this.requestTimeout = requestTimeout;
    this.looker = Thread.ofVirtual().name("hang-up-watch").start(this::look);
  }

  /**
   * Watches the current request until the result is closed, on the same thread.
   *
   * @param socket the request's connection
   * @param onHangUp called at most once, from another thread; it must not wait
   */
  Watched watch(HelidonSocket socket, Runnable onHangUp) {
    Watched entry = new Watched(socket, onHangUp, Thread.currentThread());
    watched.add(entry);
    return entry;
  }

  /** How many connections are being read in the background by now. */
  int reading() {
    return (int) watched.stream().filter(Watched::isRead).count();
  }

  @Override
  public void close() {
    closed = true;
    looker.interrupt();
  }

  private void look() {
    try {
      while (!closed) {
        // The clock of the looks: a blocking socket tells nobody that its client has gone.
        Thread.sleep(LOOK_EVERY);
        for (Watched entry : watched) {
          entry.look();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** One running request. */
  final class Watched implements AutoCloseable {

    private final HelidonSocket socket;
    private final Runnable onHangUp;
    private final Thread thread;
    private final long cutAtNanos = System.nanoTime() + requestTimeout.toNanos();
    private int looks;
    private boolean gone;
    private boolean ended;

    private Watched(HelidonSocket socket, Runnable onHangUp, Thread thread) {
      this.socket = socket;
      this.onHangUp = onHangUp;
      this.thread = thread;
    }

    private synchronized boolean isRead() {
      return looks >= LOOKS_UNTIL_READ;
    }

    /** Whether the client has hung up. */
    synchronized boolean isGone() {
      return gone;
    }

    /**
     * Synchronised with {@link #close}: the background reading must not begin once the request has
     * ended, since the connection's thread reads the next request then.
     */
    private synchronized void look() {
      if (ended || gone) {
        return;
      }
      looks++;
      if (looks == LOOKS_UNTIL_READ) {
        socket.idle();
      }
      if (looks > LOOKS_UNTIL_READ && !socket.isConnected()) {
        gone = true;
        onHangUp.run();
      } else if (System.nanoTime() - cutAtNanos > 0) {
        // A client that reads nothing keeps the thread in a write: only this ends it.
        gone = true;
        onHangUp.run();
        thread.interrupt();
      }
    }

    @Override
    public void close() {
      watched.remove(this);
      synchronized (this) {
        ended = true;
      }
    }
  }
}
