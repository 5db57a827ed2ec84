package dev.freehold.hardwaretests.underfault;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import software.amazon.eventstream.HeaderValue;
import software.amazon.eventstream.Message;

/** The APIs of providers: a good answer in each, piece by piece. */
enum ProviderApi {
  OPENAI("openai", "/v1"),
  AZURE_OPENAI("azure-openai", ""),
  ALEPH_ALPHA("aleph-alpha", "/v1"),
  ANTHROPIC("anthropic", ""),
  GEMINI("gemini", ""),
  COHERE("cohere", "/v2"),
  BEDROCK("bedrock", "");

  /** What every good answer says. */
  static final List<String> WORDS = List.of(Canaries.of("Answer") + " ", "two ", "three");

  static final String WHOLE = String.join("", WORDS);

  private static final String VECTOR = "[0.5,0.25]";

  private final String kind;
  private final String basePath;

  ProviderApi(String kind, String basePath) {
    this.kind = kind;
    this.basePath = basePath;
  }

  /** As a policy names it. */
  String kind() {
    return kind;
  }

  /** What a policy's URL has after host and port. */
  String basePath() {
    return basePath;
  }

  /** A good answer; its last piece ends it. */
  record Good(String contentType, List<byte[]> pieces) {

    static Good json(String body) {
      int middle = body.length() / 2;
      return new Good(
          "application/json",
          List.of(bytes(body.substring(0, middle)), bytes(body.substring(middle))));
    }

    static Good events(List<String> events) {
      return new Good(
          "text/event-stream",
          events.stream().map(event -> bytes("data: " + event + "\n\n")).toList());
    }
  }

  /** What is answered to a request at a path. */
  Good good(String path) {
    if (path.contains("rerank")) {
      return Good.json(
          "{\"id\":\"%s\",\"results\":[{\"index\":0,\"relevance_score\":0.5},{\"index\":1,\"relevance_score\":0.25}]}"
              .formatted(Canaries.of("AnswerId")));
    }
    if (path.contains("mbed")) {
      return Good.json(vectors());
    }
    return switch (this) {
      case OPENAI, AZURE_OPENAI, ALEPH_ALPHA -> Good.events(openAi(path));
      case ANTHROPIC -> Good.events(anthropic());
      case GEMINI -> Good.events(gemini());
      case COHERE -> Good.events(cohere());
      case BEDROCK -> new Good("application/vnd.amazon.eventstream", bedrock());
    };
  }

  private String vectors() {
    return switch (this) {
      case GEMINI -> "{\"embeddings\":[{\"values\":%s}]}".formatted(VECTOR);
      case COHERE ->
          "{\"embeddings\":{\"float\":[%s]},\"meta\":{\"billed_units\":{\"input_tokens\":3}}}"
              .formatted(VECTOR);
      case OPENAI, AZURE_OPENAI, ALEPH_ALPHA, ANTHROPIC, BEDROCK ->
          "{\"data\":[{\"index\":0,\"embedding\":%s}],\"usage\":{\"prompt_tokens\":3}}"
              .formatted(VECTOR);
    };
  }

  private static List<String> openAi(String path) {
    boolean chat = path.contains("/chat/");
    List<String> events = new ArrayList<>();
    for (String word : WORDS) {
      events.add(
          chat
              ? "{\"id\":\"%s\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"%s\"}}]}"
                  .formatted(Canaries.of("AnswerId"), word)
              : "{\"choices\":[{\"index\":0,\"text\":\"%s\"}]}".formatted(word));
    }
    events.add(
        chat
            ? "{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}"
            : "{\"choices\":[{\"index\":0,\"text\":\"\",\"finish_reason\":\"stop\"}]}");
    events.add("{\"choices\":[],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":3}}");
    events.add("[DONE]");
    return events;
  }

  private static List<String> anthropic() {
    List<String> events = new ArrayList<>();
    events.add(
        "{\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":5,\"output_tokens\":1}}}");
    events.add(
        "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}");
    for (String word : WORDS) {
      events.add(
          "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"%s\"}}"
              .formatted(word));
    }
    events.add("{\"type\":\"content_block_stop\",\"index\":0}");
    events.add(
        "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":3}}");
    events.add("{\"type\":\"message_stop\"}");
    return events;
  }

  private static List<String> gemini() {
    List<String> events = new ArrayList<>();
    for (String word : WORDS) {
      events.add(
          "{\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":[{\"text\":\"%s\"}]}}]}"
              .formatted(word));
    }
    events.add(
        "{\"candidates\":[{\"content\":{\"parts\":[]},\"finishReason\":\"STOP\"}],\"usageMetadata\":{\"promptTokenCount\":5,\"candidatesTokenCount\":3}}");
    return events;
  }

  private static List<String> cohere() {
    List<String> events = new ArrayList<>();
    events.add("{\"type\":\"message-start\",\"id\":\"m\",\"delta\":{\"message\":{}}}");
    events.add(
        "{\"type\":\"content-start\",\"index\":0,\"delta\":{\"message\":{\"content\":{\"type\":\"text\",\"text\":\"\"}}}}");
    for (String word : WORDS) {
      events.add(
          "{\"type\":\"content-delta\",\"index\":0,\"delta\":{\"message\":{\"content\":{\"text\":\"%s\"}}}}"
              .formatted(word));
    }
    events.add("{\"type\":\"content-end\",\"index\":0}");
    events.add(
        "{\"type\":\"message-end\",\"delta\":{\"finish_reason\":\"COMPLETE\",\"usage\":{\"tokens\":{\"input_tokens\":5,\"output_tokens\":3}}}}");
    return events;
  }

  private static List<byte[]> bedrock() {
    List<byte[]> frames = new ArrayList<>();
    frames.add(frame("messageStart", "{\"role\":\"assistant\"}"));
    for (String word : WORDS) {
      frames.add(
          frame(
              "contentBlockDelta",
              "{\"contentBlockIndex\":0,\"delta\":{\"text\":\"%s\"}}".formatted(word)));
    }
    frames.add(frame("contentBlockStop", "{\"contentBlockIndex\":0}"));
    frames.add(frame("messageStop", "{\"stopReason\":\"end_turn\"}"));
    frames.add(
        frame("metadata", "{\"usage\":{\"inputTokens\":5,\"outputTokens\":3,\"totalTokens\":8}}"));
    return frames;
  }

  /** A frame as AWS's own library writes it. */
  private static byte[] frame(String type, String json) {
    Map<String, HeaderValue> headers = new TreeMap<>();
    headers.put(":message-type", HeaderValue.fromString("event"));
    headers.put(":event-type", HeaderValue.fromString(type));
    headers.put(":content-type", HeaderValue.fromString("application/json"));
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    new Message(headers, bytes(json)).encode(bytes);
    return bytes.toByteArray();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
