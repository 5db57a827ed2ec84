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
import java.util.List;
import java.util.Locale;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** A loopback HTTP server: it answers with the bytes a test gives it, then does what it is told. */
public final class FaultyUpstream implements AutoCloseable {

  /** What to do after the bytes. */
  public enum Then {
    KEEP_OPEN,
    CLOSE,
    WAIT_FOR_HANG_UP
  }

  /** One answer. */
  public record Answer(String bytes, Then then) {}

  /** One request as it arrived. */
  public record Request(String head, String body) {}

  private final ServerSocket server;
  private final BlockingQueue<Answer> answers = new LinkedBlockingQueue<>();
  private final List<Request> requests = new CopyOnWriteArrayList<>();
  private final AtomicInteger connections = new AtomicInteger();
  private final BlockingQueue<Boolean> hangUps = new LinkedBlockingQueue<>();

  public FaultyUpstream() throws IOException {
    server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(this::accept);
  }

  public URI url() {
    return URI.create("http://127.0.0.1:" + server.getLocalPort() + "/v1");
  }

  /** How many connections were opened so far. */
  public int connections() {
    return connections.get();
  }

  public List<Request> requests() {
    return requests;
  }

  public void answers(String bytes, Then then) {
    answers.add(new Answer(bytes, then));
  }

  /** A well-formed event stream with these payloads. */
  public static String events(String... payloads) {
    StringBuilder body = new StringBuilder();
    for (String payload : payloads) {
      body.append("data: ").append(payload).append("\n\n");
    }
    return "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
        + "Transfer-Encoding: chunked\r\n\r\n"
        + chunk(body.toString());
  }

  public static String chunk(String text) {
    return Integer.toHexString(text.getBytes(StandardCharsets.UTF_8).length)
        + "\r\n"
        + text
        + "\r\n";
  }

  public static String end() {
    return "0\r\n\r\n";
  }

  public static String error(int status, String headers, String body) {
    return "HTTP/1.1 "
        + status
        + " Oops\r\nContent-Type: application/json\r\n"
        + headers
        + "Content-Length: "
        + body.length()
        + "\r\n\r\n"
        + body;
  }

  public boolean sawHangUp() throws InterruptedException {
    return Boolean.TRUE.equals(hangUps.poll(10, TimeUnit.SECONDS));
  }

  private void accept() {
    try {
      while (true) {
        Socket socket = server.accept();
        connections.incrementAndGet();
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
        int length = 0;
        for (String line : head.split("\r\n", -1)) {
          if (line.toLowerCase(Locale.ROOT).startsWith("content-length:")) {
            length = Integer.parseInt(line.substring(15).strip());
          }
        }
        requests.add(new Request(head, new String(in.readNBytes(length), StandardCharsets.UTF_8)));
        Answer answer = answers.take();
        out.write(answer.bytes().getBytes(StandardCharsets.UTF_8));
        out.flush();
        switch (answer.then()) {
          case KEEP_OPEN -> {
            // The next request comes on the same connection.
          }
          case CLOSE -> {
            return;
          }
          case WAIT_FOR_HANG_UP -> {
            hangUps.add(in.read() < 0);
            return;
          }
        }
      }
    } catch (IOException e) {
      hangUps.add(true);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static String head(InputStream in) throws IOException {
    StringBuilder head = new StringBuilder();
    while (!head.toString().endsWith("\r\n\r\n")) {
      int b = in.read();
      if (b < 0) {
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
