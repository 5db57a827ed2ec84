package dev.freehold.hardwaretests.site;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** Talks to a box as any client does: JSON over HTTP/1.1 over mutual TLS. Safe for many threads. */
public final class ChatClient implements AutoCloseable {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration ANSWER_MAX = Duration.ofMinutes(5);
  private static final String DATA = "data: ";
  private static final String DONE = "[DONE]";

  private final String url;
  private final HttpClient http;

  /**
   * @param url the box's address, ending in {@code /v1}
   */
  public ChatClient(String url, ClientIdentity identity) {
    this.url = url;
    this.http = identity.httpClient();
  }

  /** An HTTP answer with a JSON body. */
  public record Reply(int status, HttpHeaders headers, JsonNode body) {

    public String provider() {
      return header(headers, "Freehold-Provider");
    }

    /** The text of a chat completion's only choice. */
    public String text() {
      return body.required("choices").required(0).required("message").path("content").asText("");
    }
  }

  /**
   * A streamed answer, received to its end.
   *
   * @param events the data of every event but the last, {@code [DONE]}
   * @param done whether {@code [DONE]} was the last event
   * @param firstTextNanos from sending the request to the first text
   * @param lastTextNanos from sending the request to the last text
   */
  public record Answer(
      int status,
      HttpHeaders headers,
      List<JsonNode> events,
      String text,
      boolean done,
      long firstTextNanos,
      long lastTextNanos) {

    public String provider() {
      return header(headers, "Freehold-Provider");
    }

    public String requestId() {
      return header(headers, "x-request-id");
    }

    /** Why the answer ended, as the last event that has a choice says it. */
    public String finishReason() {
      String reason = "";
      for (JsonNode event : events) {
        reason = event.path("choices").path(0).path("finish_reason").asText(reason);
      }
      return reason;
    }

    /** The usage event that a client asks for by {@code stream_options}. */
    public JsonNode usage() {
      return events.stream()
          .map(event -> event.path("usage"))
          .filter(JsonNode::isObject)
          .reduce((_, later) -> later)
          .orElseThrow(() -> new SiteException("The stream told no usage."));
    }
  }

  /** A chat request with one question, greedy, so that it repeats. */
  public static ObjectNode request(String model, String question) {
    ObjectNode request = JSON.createObjectNode();
    request.put("model", model).put("temperature", 0);
    request.putArray("messages").addObject().put("role", "user").put("content", question);
    return request;
  }

  /** Asks, streaming, and hands on each piece of text as it arrives. */
  public Answer stream(String model, String question, int tokensMax, Consumer<String> onText) {
    ObjectNode request = request(model, question).put("max_tokens", tokensMax);
    return stream("/chat/completions", request, Map.of(), onText);
  }

  /** Sends a request for a stream and receives it to its end. */
  public Answer stream(
      String path, ObjectNode request, Map<String, String> headers, Consumer<String> onText) {
    request.put("stream", true);
    request.putObject("stream_options").put("include_usage", true);
    long sentNanos = System.nanoTime();
    HttpResponse<Stream<String>> response =
        send(path, request, headers, HttpResponse.BodyHandlers.ofLines());
    try (Stream<String> lines = response.body()) {
      return receive(response, lines.iterator(), sentNanos, onText);
    } catch (IOException e) {
      throw new SiteException("The stream is not what the API promises: " + e, e);
    }
  }

  private static Answer receive(
      HttpResponse<?> response, Iterator<String> lines, long sentNanos, Consumer<String> onText)
      throws IOException {
    if (response.statusCode() != 200) {
      StringBuilder body = new StringBuilder();
      lines.forEachRemaining(line -> body.append(line).append('\n'));
      throw new SiteException("Expected a stream, found " + response.statusCode() + ": " + body);
    }
    List<JsonNode> events = new ArrayList<>();
    StringBuilder text = new StringBuilder();
    boolean done = false;
    long firstTextNanos = 0;
    long lastTextNanos = 0;
    while (lines.hasNext()) {
      String line = lines.next();
      if (!line.startsWith(DATA)) {
        continue;
      }
      String data = line.substring(DATA.length());
      done = data.equals(DONE);
      if (done) {
        continue;
      }
      JsonNode event = JSON.readTree(data);
      events.add(event);
      String piece = textOf(event);
      if (!piece.isEmpty()) {
        lastTextNanos = System.nanoTime() - sentNanos;
        firstTextNanos = firstTextNanos == 0 ? lastTextNanos : firstTextNanos;
        text.append(piece);
        onText.accept(piece);
      }
    }
    return new Answer(
        response.statusCode(),
        response.headers(),
        List.copyOf(events),
        text.toString(),
        done,
        firstTextNanos,
        lastTextNanos);
  }

  /** A chat event carries a delta, a plain completion's event its text. */
  private static String textOf(JsonNode event) {
    JsonNode choice = event.path("choices").path(0);
    return choice.path("delta").path("content").asText(choice.path("text").asText(""));
  }

  /** Sends a request for a whole answer. */
  public Reply post(String path, JsonNode request, Map<String, String> headers) {
    HttpResponse<byte[]> response =
        send(path, request, headers, HttpResponse.BodyHandlers.ofByteArray());
    return reply(response);
  }

  /** Asks one question and returns the whole answer. */
  public Reply ask(String model, String question, int tokensMax) {
    return post(
        "/chat/completions", request(model, question).put("max_tokens", tokensMax), Map.of());
  }

  /** Reads a page of the API. */
  public Reply get(String path) {
    return reply(
        send(
            HttpRequest.newBuilder(URI.create(url + path)).GET(),
            Map.of(),
            HttpResponse.BodyHandlers.ofByteArray()));
  }

  /** Sends bytes that may be no request at all. */
  public Reply postBytes(String path, byte[] body) {
    return reply(
        send(
            HttpRequest.newBuilder(URI.create(url + path))
                .POST(HttpRequest.BodyPublishers.ofByteArray(body)),
            Map.of("Content-Type", "application/json"),
            HttpResponse.BodyHandlers.ofByteArray()));
  }

  private static Reply reply(HttpResponse<byte[]> response) {
    try {
      return new Reply(response.statusCode(), response.headers(), JSON.readTree(response.body()));
    } catch (IOException e) {
      throw new SiteException(
          "Expected JSON, found " + response.statusCode() + " with something else: " + e, e);
    }
  }

  private <T> HttpResponse<T> send(
      String path,
      JsonNode request,
      Map<String, String> headers,
      HttpResponse.BodyHandler<T> handler) {
    HttpRequest.Builder builder =
        HttpRequest.newBuilder(URI.create(url + path))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(request.toString()));
    return send(builder, headers, handler);
  }

  private <T> HttpResponse<T> send(
      HttpRequest.Builder builder,
      Map<String, String> headers,
      HttpResponse.BodyHandler<T> handler) {
    headers.forEach(builder::header);
    try {
      return http.send(builder.timeout(ANSWER_MAX).build(), handler);
    } catch (IOException e) {
      throw new SiteException("The box at " + url + " did not answer: " + e, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SiteException("Interrupted while waiting for an answer.", e);
    }
  }

  private static String header(HttpHeaders headers, String name) {
    return headers.firstValue(name).orElse("");
  }

  @Override
  public void close() {
    http.close();
  }
}
