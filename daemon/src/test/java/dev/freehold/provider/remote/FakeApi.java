package dev.freehold.provider.remote;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import javax.net.ServerSocketFactory;
import javax.net.ssl.SSLContext;

/**
 * A loopback HTTP server that plays a provider: a test says what it answers, and the answer is sent
 * in pieces of any length. It keeps what it received.
 */
public final class FakeApi implements AutoCloseable {

  /** One request as it arrived; the names of headers are in lower case. */
  public record Request(String method, String path, Map<String, String> headers, String body) {}

  /** How an answer ends. */
  public enum Ending {
    WHOLE,
    /** The body's end is said, wherever it is. */
    CLEAN,
    /** The connection is closed without a word. */
    CUT,
    /** Nothing more comes; the connection stays open. */
    STALLED,
    /** The rest comes byte by byte, with a while between two. */
    DRIPPED
  }

  /**
   * One answer.
   *
   * @param length how many of the body's bytes are sent
   */
  @SuppressWarnings("ArrayRecordComponent")
  public record Response(
      int status, Map<String, String> headers, byte[] body, int length, Ending ending) {

    public static Response of(int status, String contentType, byte[] body) {
      return new Response(
          status, Map.of("Content-Type", contentType), body, body.length, Ending.WHOLE);
    }

    public static Response json(int status, String body) {
      return of(status, "application/json", body.getBytes(StandardCharsets.UTF_8));
    }

    public Response with(String name, String value) {
      Map<String, String> more = new TreeMap<>(headers);
      more.put(name, value);
      return new Response(status, more, body, length, ending);
    }

    public Response ending(Ending how, int after) {
      return new Response(status, headers, body, after, how);
    }
  }

  private static final Duration DRIP = Duration.ofMillis(50);

  private final ServerSocket server;
  private final String scheme;
  private final Function<Request, Response> answers;
  private final Random random;
  private final List<Request> requests = new CopyOnWriteArrayList<>();

  /** Answers by a function, in pieces of random lengths. */
  public FakeApi(long seed, Function<Request, Response> answers) throws IOException {
    this(seed, ServerSocketFactory.getDefault(), "http", answers);
  }

  /** Answers over TLS. */
  public static FakeApi overTls(SSLContext tls, Function<Request, Response> answers)
      throws IOException {
    return new FakeApi(0, tls.getServerSocketFactory(), "https", answers);
  }

  private FakeApi(
      long seed, ServerSocketFactory sockets, String scheme, Function<Request, Response> answers)
      throws IOException {
    this.server = sockets.createServerSocket(0, 50, InetAddress.getLoopbackAddress());
    this.scheme = scheme;
    this.answers = answers;
    this.random = new Random(seed);
    Thread.ofVirtual().start(this::accept);
  }

  public URI url(String path) {
    return URI.create(scheme + "://127.0.0.1:" + server.getLocalPort() + path);
  }

  public List<Request> requests() {
    return requests;
  }

  private void accept() {
    try {
      while (true) {
        Socket socket = server.accept();
        socket.setTcpNoDelay(true);
        Thread.ofVirtual().start(() -> serve(socket));
      }
    } catch (IOException e) {
      // Closed.
    }
  }

  private void serve(Socket socket) {
    try (socket;
        InputStream in = new BufferedInputStream(socket.getInputStream())) {
      OutputStream out = socket.getOutputStream();
      while (true) {
        String head = head(in);
        if (head.isEmpty()) {
          return;
        }
        String[] lines = head.split("\r\n", -1);
        Map<String, String> headers = new TreeMap<>();
        for (String line : lines) {
          int colon = line.indexOf(':');
          if (colon > 0 && !line.startsWith("POST ")) {
            headers.put(
                line.substring(0, colon).toLowerCase(Locale.ROOT),
                line.substring(colon + 1).strip());
          }
        }
        int length = Integer.parseInt(headers.getOrDefault("content-length", "0"));
        String[] first = lines[0].split(" ", -1);
        Request request =
            new Request(
                first[0],
                first[1],
                headers,
                new String(in.readNBytes(length), StandardCharsets.UTF_8));
        requests.add(request);
        if (!answer(in, out, answers.apply(request))) {
          return;
        }
      }
    } catch (IOException e) {
      // The other side has hung up.
    }
  }

  private boolean answer(InputStream in, OutputStream out, Response response) throws IOException {
    StringBuilder head = new StringBuilder("HTTP/1.1 " + response.status() + " Said\r\n");
    response
        .headers()
        .forEach((name, value) -> head.append(name).append(": ").append(value).append("\r\n"));
    head.append("Transfer-Encoding: chunked\r\n\r\n");
    out.write(head.toString().getBytes(StandardCharsets.UTF_8));
    int sent = 0;
    while (sent < response.length()) {
      int piece = Math.min(response.length() - sent, 1 + pieceMax());
      out.write((Integer.toHexString(piece) + "\r\n").getBytes(StandardCharsets.UTF_8));
      out.write(response.body(), sent, piece);
      out.write("\r\n".getBytes(StandardCharsets.UTF_8));
      out.flush();
      sent += piece;
    }
    switch (response.ending()) {
      case WHOLE, CLEAN -> {
        // The end is said.
      }
      case CUT -> {
        return false;
      }
      case STALLED -> {
        in.read();
        return false;
      }
      case DRIPPED -> {
        for (int i = sent; i < response.body().length; i++) {
          drip();
          out.write("1\r\n".getBytes(StandardCharsets.UTF_8));
          out.write(response.body(), i, 1);
          out.write("\r\n".getBytes(StandardCharsets.UTF_8));
          out.flush();
        }
      }
    }
    out.write("0\r\n\r\n".getBytes(StandardCharsets.UTF_8));
    out.flush();
    return true;
  }

  private static void drip() throws IOException {
    try {
      // It is the waiting itself that is tried; nothing is synchronised by it.
      Thread.sleep(DRIP);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  private synchronized int pieceMax() {
    return random.nextInt(random.nextBoolean() ? 7 : 300);
  }

  private static String head(InputStream in) throws IOException {
    StringBuilder head = new StringBuilder();
    while (!head.toString().endsWith("\r\n\r\n")) {
      int b = in.read();
      boolean isHttp = Character.isLetter(b) || !head.isEmpty();
      if (b < 0 || !isHttp) {
        return "";
      }
      head.append((char) b);
    }
    return head.toString();
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
