package dev.freehold.sync;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.freehold.bundle.uplink.ControllerTls;
import dev.freehold.bundle.uplink.HeartbeatFormat;
import dev.freehold.bundle.uplink.HeartbeatMessage;
import dev.freehold.identity.Identity;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Supplier;

/** The controller, as far as heartbeats go. Every answer is bounded in size and in time. */
final class HeartbeatPost implements AutoCloseable {

  private static final int ANSWER_BYTES_MAX = 65_536;
  private static final int REASON_CHARACTERS_MAX = 500;
  private static final Duration HEADERS_TIMEOUT = Duration.ofSeconds(30);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final HttpClient http;
  private final URI address;

  HeartbeatPost(Identity identity, Supplier<Instant> time) {
    this.http = ControllerTls.client(identity.pin(), Optional.of(identity.uplink()), time);
    this.address = identity.controller().resolve("/v1/heartbeat");
  }

  /** The controller will not take this, now or later; the message is its reason. */
  static final class Refused extends IOException {

    private static final long serialVersionUID = 1L;

    Refused(String message) {
      super(message);
    }
  }

  /** Sends a report; once this returns the controller has it. Returns the controller's clock. */
  Optional<Instant> send(HeartbeatMessage message) throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(address)
            .timeout(HEADERS_TIMEOUT)
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofByteArray(HeartbeatFormat.write(message)))
            .build();
    HttpResponse<byte[]> response =
        BundleSource.await(
            http.sendAsync(
                request, BodyHandlers.limiting(BodyHandlers.ofByteArray(), ANSWER_BYTES_MAX)));
    return switch (response.statusCode()) {
      case 204 -> BundleSource.time(response);
      // What is wrong with these is the message itself, or a controller that is older.
      case 400, 403, 404, 405, 413, 422 ->
          throw new Refused(
              "the controller answered " + response.statusCode() + reason(response.body()));
      default -> throw new IOException("the controller answered " + response.statusCode());
    };
  }

  private static String reason(byte[] body) {
    try {
      String reason = JSON.readTree(body).path("error").path("message").asText("");
      String cut = reason.substring(0, Math.min(reason.length(), REASON_CHARACTERS_MAX));
      return cut.isEmpty() ? "" : ": " + cut.replaceAll("\\p{Cntrl}", " ");
    } catch (IOException e) {
      return "";
    }
  }

  @Override
  public void close() {
    http.shutdownNow();
  }
}
