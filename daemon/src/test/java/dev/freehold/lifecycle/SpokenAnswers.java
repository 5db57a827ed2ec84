package dev.freehold.lifecycle;

import dev.freehold.bundle.policy.ProviderSpec;
import dev.freehold.provider.bedrock.Frames;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** A short answer of text in the API of every kind of provider, event by event. */
final class SpokenAnswers {

  private SpokenAnswers() {}

  static String contentType(ProviderSpec.Kind kind) {
    return kind == ProviderSpec.Kind.BEDROCK
        ? "application/vnd.amazon.eventstream"
        : "text/event-stream";
  }

  /** The words one after the other, and what the API has before and after them. */
  static List<byte[]> of(ProviderSpec.Kind kind, List<String> words) {
    return switch (kind) {
      case OPENAI, PEER, AZURE_OPENAI, ALEPH_ALPHA -> openAi(words);
      case ANTHROPIC -> anthropic(words);
      case GEMINI -> gemini(words);
      case COHERE -> cohere(words);
      case BEDROCK -> bedrock(words);
      case ENGINE -> throw new IllegalArgumentException("the engine speaks no API");
    };
  }

  private static List<byte[]> openAi(List<String> words) {
    List<String> events = new ArrayList<>();
    for (String word : words) {
      events.add("{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" + word + "\"}}]}");
    }
    events.add("{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}");
    events.add("{\"choices\":[],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":3}}");
    events.add("[DONE]");
    return sse(events);
  }

  private static List<byte[]> anthropic(List<String> words) {
    List<String> events = new ArrayList<>();
    events.add(
        "{\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":5,\"output_tokens\":1}}}");
    events.add(
        "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}");
    for (String word : words) {
      events.add(
          "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\""
              + word
              + "\"}}");
    }
    events.add("{\"type\":\"content_block_stop\",\"index\":0}");
    events.add(
        "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":3}}");
    events.add("{\"type\":\"message_stop\"}");
    return sse(events);
  }

  private static List<byte[]> gemini(List<String> words) {
    List<String> events = new ArrayList<>();
    for (String word : words) {
      events.add(
          "{\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":[{\"text\":\""
              + word
              + "\"}]}}]}");
    }
    events.add(
        "{\"candidates\":[{\"content\":{\"parts\":[]},\"finishReason\":\"STOP\"}],"
            + "\"usageMetadata\":{\"promptTokenCount\":5,\"candidatesTokenCount\":3}}");
    return sse(events);
  }

  private static List<byte[]> cohere(List<String> words) {
    List<String> events = new ArrayList<>();
    events.add("{\"type\":\"message-start\",\"id\":\"m\",\"delta\":{\"message\":{}}}");
    events.add(
        "{\"type\":\"content-start\",\"index\":0,\"delta\":{\"message\":{\"content\":{\"type\":\"text\",\"text\":\"\"}}}}");
    for (String word : words) {
      events.add(
          "{\"type\":\"content-delta\",\"index\":0,\"delta\":{\"message\":{\"content\":{\"text\":\""
              + word
              + "\"}}}}");
    }
    events.add("{\"type\":\"content-end\",\"index\":0}");
    events.add(
        "{\"type\":\"message-end\",\"delta\":{\"finish_reason\":\"COMPLETE\","
            + "\"usage\":{\"tokens\":{\"input_tokens\":5,\"output_tokens\":3}}}}");
    return sse(events);
  }

  private static List<byte[]> bedrock(List<String> words) {
    List<byte[]> frames = new ArrayList<>();
    frames.add(new Frames().event("messageStart", "{\"role\":\"assistant\"}").bytes());
    for (String word : words) {
      frames.add(
          new Frames()
              .event(
                  "contentBlockDelta",
                  "{\"contentBlockIndex\":0,\"delta\":{\"text\":\"" + word + "\"}}")
              .bytes());
    }
    frames.add(new Frames().event("contentBlockStop", "{\"contentBlockIndex\":0}").bytes());
    frames.add(new Frames().event("messageStop", "{\"stopReason\":\"end_turn\"}").bytes());
    frames.add(
        new Frames()
            .event(
                "metadata", "{\"usage\":{\"inputTokens\":5,\"outputTokens\":3,\"totalTokens\":8}}")
            .bytes());
    return frames;
  }

  private static List<byte[]> sse(List<String> events) {
    return events.stream()
        .map(event -> ("data: " + event + "\n\n").getBytes(StandardCharsets.UTF_8))
        .toList();
  }
}
