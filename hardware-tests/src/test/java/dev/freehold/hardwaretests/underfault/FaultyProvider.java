package dev.freehold.hardwaretests.underfault;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import javax.net.ServerSocketFactory;

/**
 * A provider on a bad day: for each request that reaches it a fault is drawn, and it keeps what it
 * received. Whatever goes wrong, it says too much: it repeats the request and its key.
 */
final class FaultyProvider implements AutoCloseable {

  private static final List<Fault> FAULTS =
      List.copyOf(EnumSet.complementOf(EnumSet.of(Fault.NONE)));

  /** Longer than the policy's patience between two pieces. */
  static final Duration DRIP = Duration.ofMillis(900);

  private static final int HEAD_BYTES_MAX = 64 * 1024;

  /** Of connections, one in so many is closed before a word is said. */
  private static final int CLOSES_AT_ONCE = 12;

  private final String name;
  private final String trust;
  private final ProviderApi api;
  private final String scheme;
  private final ServerSocket server;
  private final Random random;
  private final Queue<Received> received = new ConcurrentLinkedQueue<>();

  /** The share of requests with a fault. */
  private volatile double unrest;

  private volatile Optional<Fault> forced = Optional.empty();

  /** A request that arrived, and what was done with it. */
  record Received(FaultyProvider provider, Fault fault, String head, String body) {

    String path() {
      return head.split(" ", 3)[1];
    }
  }

  private FaultyProvider(
      String name,
      String trust,
      ProviderApi api,
      String scheme,
      ServerSocketFactory sockets,
      Random random)
      throws IOException {
    this.name = name;
    this.trust = trust;
    this.api = api;
    this.scheme = scheme;
    this.random = random;
    this.server = sockets.createServerSocket(0, 200, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(this::accept);
  }

  static FaultyProvider plain(String name, String trust, ProviderApi api, long seed)
      throws IOException {
    return new FaultyProvider(
        name,
        trust,
        api,
        "http",
        ServerSocketFactory.getDefault(),
        new Random(seed ^ name.hashCode()));
  }

  /** With a certificate that nobody has a reason to trust. */
  static FaultyProvider untrusted(
      String name, String trust, ProviderApi api, ServerSocketFactory tls) throws IOException {
    return new FaultyProvider(name, trust, api, "https", tls, new Random(0));
  }

  String name() {
    return name;
  }

  String trust() {
    return trust;
  }

  ProviderApi api() {
    return api;
  }

  String url() {
    return "%s://127.0.0.1:%d%s".formatted(scheme, server.getLocalPort(), api.basePath());
  }

  List<Received> received() {
    return List.copyOf(received);
  }

  /** From now on so many requests of all meet a fault that is drawn. */
  void beRestless(double share) {
    forced = Optional.empty();
    unrest = share;
  }

  /** From now on every request meets this. */
  void alwaysDo(Fault fault) {
    forced = Optional.of(fault);
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
      if (forced.isEmpty() && unrest > 0 && drawn(CLOSES_AT_ONCE) == 0) {
        return;
      }
      OutputStream out = socket.getOutputStream();
      while (true) {
        String head = head(in);
        if (head.isEmpty()) {
          return;
        }
        String body = new String(in.readNBytes(length(head)), StandardCharsets.UTF_8);
        Received request = new Received(this, fault(), head, body);
        received.add(request);
        if (!answer(in, out, request)) {
          return;
        }
      }
    } catch (IOException | RuntimeException e) {
      // The other side has hung up, or speaks something else: what arrived is counted.
    }
  }

  private Fault fault() {
    return forced.orElseGet(
        () -> chance() < unrest ? FAULTS.get(drawn(FAULTS.size())) : Fault.NONE);
  }

  /** Whether the connection serves on. */
  private boolean answer(InputStream in, OutputStream out, Received request) throws IOException {
    ProviderApi.Good good = api.good(request.path());
    List<byte[]> pieces = good.pieces();
    return switch (request.fault()) {
      case NONE -> {
        begin(out, 200, good.contentType(), "");
        for (byte[] piece : pieces) {
          chunk(out, piece);
        }
        yield end(out);
      }
      case HANGS -> {
        in.read();
        yield false;
      }
      case LIMITED -> refuse(out, 429, "", request);
      case LIMITED_WITH_WAIT -> refuse(out, 429, "Retry-After: 1\r\n", request);
      case SERVER_ERROR -> refuse(out, 500, "", request);
      case ECHOES_KEY -> refuse(out, 401, "", request);
      case ANOTHER_TYPE -> {
        begin(out, 200, "text/" + Canaries.of("Type"), "");
        chunk(out, (request.head() + request.body()).getBytes(StandardCharsets.UTF_8));
        yield end(out);
      }
      case MALFORMED -> {
        begin(out, 200, good.contentType(), "");
        for (byte[] piece : broken(pieces)) {
          chunk(out, piece);
        }
        yield end(out);
      }
      case CUT -> {
        begin(out, 200, good.contentType(), "");
        for (byte[] piece : pieces.subList(0, drawn(Math.max(1, pieces.size() - 2)))) {
          chunk(out, piece);
        }
        yield false;
      }
      case DRIPS -> {
        begin(out, 200, good.contentType(), "");
        for (byte[] piece : pieces) {
          drip();
          chunk(out, piece);
        }
        yield end(out);
      }
    };
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

  /** With something in the place of one piece that is none of the API's. */
  private List<byte[]> broken(List<byte[]> pieces) {
    List<byte[]> broken = new ArrayList<>(pieces);
    String nonsense =
        api == ProviderApi.BEDROCK
            ? Canaries.of("Nonsense").repeat(3)
            : "data: {\"" + Canaries.of("Nonsense") + "\n\n";
    broken.set(drawn(Math.max(1, pieces.size() - 2)), nonsense.getBytes(StandardCharsets.UTF_8));
    return broken;
  }

  /** Refuses, and repeats everything: providers do. */
  private static boolean refuse(OutputStream out, int status, String headers, Received request)
      throws IOException {
    begin(out, status, "application/json", headers);
    String all = (request.head() + request.body()).replaceAll("[^A-Za-z0-9 :._-]", " ");
    chunk(
        out,
        "{\"error\":{\"message\":\"%s\",\"type\":\"%s\"},\"message\":\"%s\"}"
            .formatted(all, Canaries.of("ErrorType"), all)
            .getBytes(StandardCharsets.UTF_8));
    return end(out);
  }

  private static void begin(OutputStream out, int status, String contentType, String headers)
      throws IOException {
    String head =
        "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nX-Request-Id: %s\r\n%sTransfer-Encoding: chunked\r\n\r\n"
            .formatted(
                status, Canaries.of("Reason"), contentType, Canaries.of("AnswerHeader"), headers);
    out.write(head.getBytes(StandardCharsets.UTF_8));
    out.flush();
  }

  private static void chunk(OutputStream out, byte[] bytes) throws IOException {
    out.write((Integer.toHexString(bytes.length) + "\r\n").getBytes(StandardCharsets.US_ASCII));
    out.write(bytes);
    out.write("\r\n".getBytes(StandardCharsets.US_ASCII));
    out.flush();
  }

  private static boolean end(OutputStream out) throws IOException {
    out.write("0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    out.flush();
    return true;
  }

  private static int length(String head) {
    return head.lines()
        .filter(line -> line.toLowerCase(Locale.ROOT).startsWith("content-length:"))
        .mapToInt(line -> Integer.parseInt(line.substring(line.indexOf(':') + 1).strip()))
        .findFirst()
        .orElse(0);
  }

  private static String head(InputStream in) throws IOException {
    StringBuilder head = new StringBuilder();
    while (!head.toString().endsWith("\r\n\r\n")) {
      int b = in.read();
      if (b < 0 || head.length() == HEAD_BYTES_MAX) {
        return "";
      }
      head.append((char) b);
    }
    return head.toString();
  }

  private synchronized int drawn(int bound) {
    return random.nextInt(bound);
  }

  private synchronized double chance() {
    return random.nextDouble();
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
