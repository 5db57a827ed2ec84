package dev.freehold.hardwaretests;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * A provider of OpenAI's chat completions that counts what it is sent and what it answers. It knows
 * a request by its {@code max_tokens}, which reach it as the client wrote them.
 */
final class MockProvider implements AutoCloseable {

  /** What it says that every prompt has. */
  static final int PROMPT_TOKENS = 7;

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int WORDS_MIN = 3;
  private static final int WORDS_SPREAD = 40;
  private static final Duration STOP_MAX = Duration.ofSeconds(5);

  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final String key;
  private final Duration pace;
  private final Map<Integer, Integer> received = new ConcurrentHashMap<>();
  private final AtomicLong bytes = new AtomicLong();

  private MockProvider(HttpServer server, String key, Duration pace) {
    this.server = server;
    this.key = key;
    this.pace = pace;
  }

  /**
   * Starts it on a free loopback port.
   *
   * @param key that it demands
   * @param pace how long it takes for a token
   */
  static MockProvider start(String key, Duration pace) throws IOException {
    // Else a small piece of a stream may wait for the acknowledgement of the one before.
    System.setProperty("sun.net.httpserver.nodelay", "true");
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    MockProvider mock = new MockProvider(server, key, pace);
    server.createContext("/v1/chat/completions", mock::answer);
    server.setExecutor(mock.threads);
    server.start();
    return mock;
  }

  String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort() + "/v1";
  }

  /** How often it received each request, by its {@code max_tokens}. */
  Map<Integer, Integer> received() {
    return Map.copyOf(received);
  }

  /** How many bytes of bodies it received. */
  long bytesReceived() {
    return bytes.get();
  }

  /** How many tokens it answers a request with; each is a piece of the stream. */
  static int completionTokens(int tokensMax) {
    return Math.min(tokensMax, WORDS_MIN + tokensMax % WORDS_SPREAD);
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      byte[] body = exchange.getRequestBody().readAllBytes();
      bytes.addAndGet(body.length);
      if (!("Bearer " + key).equals(exchange.getRequestHeaders().getFirst("Authorization"))) {
        exchange.sendResponseHeaders(401, -1);
        return;
      }
      JsonNode request = JSON.readTree(body);
      int tokensMax = request.required("max_tokens").asInt();
      received.merge(tokensMax, 1, Integer::sum);
      exchange.getResponseHeaders().add("Content-Type", "text/event-stream");
      exchange.sendResponseHeaders(200, 0);
      stream(exchange.getResponseBody(), completionTokens(tokensMax));
    }
  }

  /** Breaks off with an exception when the box has gone. */
  private void stream(OutputStream out, int words) throws IOException {
    for (int word = 0; word < words; word++) {
      LockSupport.parkNanos(pace.toNanos());
      write(out, "{\"content\":\"word%d \"}".formatted(word), "null", "null");
    }
    write(
        out,
        "{}",
        "\"stop\"",
        "{\"prompt_tokens\":%d,\"completion_tokens\":%d}".formatted(PROMPT_TOKENS, words));
    out.write("data: [DONE]\n\n".getBytes(StandardCharsets.UTF_8));
    out.flush();
  }

  private static void write(OutputStream out, String delta, String reason, String usage)
      throws IOException {
    String event =
        """
        data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m",\
        "choices":[{"index":0,"delta":%s,"finish_reason":%s}],"usage":%s}

        """
            .formatted(delta, reason, usage);
    out.write(event.getBytes(StandardCharsets.UTF_8));
    out.flush();
  }

  @Override
  public void close() {
    server.stop((int) STOP_MAX.toSeconds());
    threads.shutdownNow();
  }
}
