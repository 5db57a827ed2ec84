package dev.freehold.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.freehold.store.UsageDimension;
import dev.freehold.store.UsageLedger;
import io.helidon.common.media.type.MediaTypes;
import io.helidon.http.Status;
import io.helidon.webclient.api.HttpClientResponse;
import io.helidon.webclient.api.WebClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** What the command line knows of the daemon: its control socket. */
public final class ControlClient implements AutoCloseable {

  /** The end of a time that has none. */
  public static final Instant EVER = UsageLedger.EVER;

  private static final int ANSWER_BYTES_MAX = 64 << 20;

  private final Path socket;
  private final WebClient client;

  /** A client of the daemon that listens at this socket; nothing is sent yet. */
  public ControlClient(Path socket) {
    this.socket = socket.toAbsolutePath();
    this.client =
        WebClient.builder()
            .baseUri("http://localhost")
            .baseAddress(UnixDomainSocketAddress.of(this.socket))
            .sendExpectContinue(false)
            .servicesDiscoverServices(false)
            .build();
  }

  /** What the daemon says of itself. */
  public JsonNode status() throws IOException {
    return answer("GET /status", () -> client.get("/status").request());
  }

  /** The newest usage records first, under {@code records}. */
  public JsonNode usage(Instant since, int limit) throws IOException {
    return usage(since, UsageLedger.EVER, limit);
  }

  /** As {@link #usage(Instant, int)}, of requests that arrived before {@code until}. */
  public JsonNode usage(Instant since, Instant until, int limit) throws IOException {
    return answer(
        "GET /usage",
        () ->
            client
                .get("/usage")
                .queryParam("since", since.toString())
                .queryParam("until", until.toString())
                .queryParam("limit", Integer.toString(limit))
                .request());
  }

  /** What {@link #usageReport} can sum by. */
  public static List<String> usageDimensions() {
    return UsageDimension.texts();
  }

  /**
   * Usage summed, under {@code sums} and {@code total}.
   *
   * @param by some of {@link #usageDimensions}, each once
   */
  public JsonNode usageReport(List<String> by, Instant since, Instant until) throws IOException {
    return answer(
        "GET /usage/report",
        () ->
            client
                .get("/usage/report")
                .queryParam("by", String.join(",", by))
                .queryParam("since", since.toString())
                .queryParam("until", until.toString())
                .request());
  }

  /** Who is shut out or was noticed, the newest first, under {@code entries}. */
  public JsonNode quarantine() throws IOException {
    return answer("GET /quarantine", () -> client.get("/quarantine").request());
  }

  /** Lets out whoever has this name; {@code released} says how many that were. */
  public JsonNode release(String name) throws IOException {
    byte[] bytes = Json.MAPPER.writeValueAsBytes(Json.MAPPER.createObjectNode().put("name", name));
    return answer(
        "POST /quarantine/release",
        () ->
            client
                .post("/quarantine/release")
                .contentType(MediaTypes.APPLICATION_JSON)
                .submit(bytes));
  }

  /** The paths of the API whose requests can be explained. */
  public static List<String> explainedPaths() {
    return Surface.paths();
  }

  /**
   * Where a request would go and why.
   *
   * @param path which of {@link #explainedPaths} the body is meant for
   * @param request the body
   */
  public JsonNode explain(
      String clientName, List<String> groups, Optional<String> label, String path, byte[] request)
      throws IOException {
    ObjectNode body = Json.MAPPER.createObjectNode();
    body.put("client", clientName);
    groups.forEach(body.putArray("groups")::add);
    label.ifPresent(text -> body.put("label", text));
    body.put("path", path);
    JsonNode asked = Json.MAPPER.readTree(request);
    body.set("request", asked);
    byte[] bytes = Json.MAPPER.writeValueAsBytes(body);
    return answer(
        "POST /route/explain",
        () -> client.post("/route/explain").contentType(MediaTypes.APPLICATION_JSON).submit(bytes));
  }

  @Override
  public void close() {
    client.closeResource();
  }

  private interface Call {
    HttpClientResponse send();
  }

  private JsonNode answer(String what, Call call) throws IOException {
    if (!Files.exists(socket)) {
      throw new IOException(
          "there is no daemon at %s: is it running with this state folder?".formatted(socket));
    }
    try (HttpClientResponse response = call.send()) {
      JsonNode answer = Json.MAPPER.readTree(response.inputStream().readNBytes(ANSWER_BYTES_MAX));
      if (!Status.OK_200.equals(response.status())) {
        throw new IOException(answer.path("error").path("message").asText(what + " failed"));
      }
      return answer;
    } catch (UncheckedIOException | IllegalStateException e) {
      throw new IOException(
          "the daemon at %s does not answer: is it running, and as this user?".formatted(socket),
          e);
    }
  }
}
