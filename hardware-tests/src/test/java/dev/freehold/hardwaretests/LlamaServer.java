package dev.freehold.hardwaretests;

import dev.freehold.hardwaretests.site.Await;
import dev.freehold.hardwaretests.site.ServerProcess;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** llama-server of the same build, as an OpenAI-compatible provider outside the box. */
final class LlamaServer implements AutoCloseable {

  private static final Duration START_MAX = Duration.ofMinutes(2);

  private final ServerProcess process;
  private final int port;

  private LlamaServer(ServerProcess process, int port) {
    this.process = process;
    this.port = port;
  }

  /** Starts it with a model and a key that clients must present, and waits until it serves. */
  static LlamaServer start(Path model, String apiKey, Path log) throws IOException {
    Path bin = Path.of(System.getProperty("freehold.native.bin"));
    int port = freePort();
    ServerProcess process =
        ServerProcess.start(
            "llama-server",
            List.of(
                bin.resolve("llama-server").toString(),
                "--model",
                model.toString(),
                "--alias",
                "small",
                "--host",
                "127.0.0.1",
                "--port",
                Integer.toString(port),
                "--ctx-size",
                "2048",
                "--api-key",
                apiKey),
            Map.of(),
            log);
    LlamaServer server = new LlamaServer(process, port);
    try {
      Await.until("llama-server to serve", START_MAX, server::healthy);
      return server;
    } catch (RuntimeException e) {
      process.close();
      throw e;
    }
  }

  /** It cannot tell us a port of its choice, so we choose one that is free a moment before. */
  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  String url() {
    return "http://127.0.0.1:" + port + "/v1";
  }

  private Optional<Boolean> healthy() throws InterruptedException {
    if (!process.alive()) {
      throw new IllegalStateException("llama-server ended: " + process.logTail());
    }
    try (HttpClient client = HttpClient.newHttpClient()) {
      HttpRequest request =
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/health"))
              .timeout(Duration.ofSeconds(5))
              .build();
      int status = client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
      return status == 200 ? Optional.of(true) : Optional.empty();
    } catch (IOException _) {
      return Optional.empty();
    }
  }

  void kill() {
    process.kill();
  }

  @Override
  public void close() {
    process.close();
  }
}
