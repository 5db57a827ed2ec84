package dev.freehold.hardwaretests.underfault;

import com.fasterxml.jackson.databind.JsonNode;

/** The surfaces of a box, and how a stream of each ends. */
enum Surface {
  CHAT("/v1/chat/completions", true),
  COMPLETION("/v1/completions", true),
  RESPONSES("/v1/responses", true),
  MESSAGES("/v1/messages", true),
  EMBEDDINGS("/v1/embeddings", false),
  RERANK("/v1/rerank", false),
  INFILL("/infill", true),
  TOKENIZE("/tokenize", false),
  COUNT_TOKENS("/v1/messages/count_tokens", false);

  /** OpenAI's last event. */
  static final String DONE = "[DONE]";

  private final String path;
  private final boolean streams;

  Surface(String path, boolean streams) {
    this.path = path;
    this.streams = streams;
  }

  String path() {
    return path;
  }

  boolean streams() {
    return streams;
  }

  /** Whether an event tells that the answer failed. */
  boolean tellsFailure(JsonNode event) {
    String type = event.path("type").asText();
    return event.hasNonNull("error") || type.equals("error") || type.equals("response.failed");
  }

  /** Whether an event ends an answer well, where an event does. */
  boolean endsWell(JsonNode event) {
    return switch (this) {
      case RESPONSES -> {
        String type = event.path("type").asText();
        yield type.equals("response.completed") || type.equals("response.incomplete");
      }
      case MESSAGES -> event.path("type").asText().equals("message_stop");
      case INFILL -> event.path("stop").asBoolean();
      case CHAT, COMPLETION, EMBEDDINGS, RERANK, TOKENIZE, COUNT_TOKENS -> false;
    };
  }

  /** The text of an event. */
  String textOf(JsonNode event) {
    return switch (this) {
      case CHAT -> event.at("/choices/0/delta/content").asText("");
      case COMPLETION -> event.at("/choices/0/text").asText("");
      case RESPONSES ->
          event.path("type").asText().equals("response.output_text.delta")
              ? event.path("delta").asText()
              : "";
      case MESSAGES -> event.at("/delta/text").asText("");
      case INFILL -> event.path("content").asText("");
      case EMBEDDINGS, RERANK, TOKENIZE, COUNT_TOKENS -> "";
    };
  }

  /** What a whole answer says. */
  String textOfWhole(JsonNode answer) {
    return switch (this) {
      case CHAT -> answer.at("/choices/0/message/content").asText("");
      case COMPLETION -> answer.at("/choices/0/text").asText("");
      case RESPONSES -> answer.at("/output/0/content/0/text").asText("");
      case MESSAGES -> answer.at("/content/0/text").asText("");
      case INFILL -> answer.path("content").asText("");
      // Vectors and scores are as many as were asked for, or the answer is not whole.
      case EMBEDDINGS -> answer.path("data").size() == 1 ? ProviderApi.WHOLE : "";
      case RERANK -> answer.path("results").size() == 2 ? ProviderApi.WHOLE : "";
      case TOKENIZE, COUNT_TOKENS -> "";
    };
  }
}
