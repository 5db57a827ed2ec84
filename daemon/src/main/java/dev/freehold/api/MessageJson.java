package dev.freehold.api;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.freehold.inference.FinishReason;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.Usage;
import java.io.IOException;
import java.util.Optional;

/** The parts of Anthropic's JSON that whole and streamed messages share. */
final class MessageJson {

  static final String PATH = "/v1/messages";

  private MessageJson() {}

  /** What a message begins with, up to its content. */
  static void head(JsonGenerator json, String requestId, String model) throws IOException {
    json.writeStringField("id", Surface.MESSAGES.answerId(requestId));
    json.writeStringField("type", "message");
    json.writeStringField("role", "assistant");
    json.writeStringField("model", model);
  }

  /** Why it ended; without a reason it goes on still. */
  static void stop(JsonGenerator json, String reason) throws IOException {
    json.writeStringField("stop_reason", reason);
    json.writeNullField("stop_sequence");
  }

  /**
   * A stop text is not told from the end of the turn, as the neutral form does not tell them apart.
   * Some providers say that an answer simply stopped when it was told to call a tool.
   */
  static String stopReason(FinishReason reason, boolean calledTools) {
    return switch (reason) {
      case STOP -> calledTools ? "tool_use" : "end_turn";
      case LENGTH -> "max_tokens";
      case TOOL_CALLS -> "tool_use";
      case CONTENT_FILTER -> "refusal";
    };
  }

  /** Anthropic counts tokens that came from a cache apart from the others. */
  static void usage(JsonGenerator json, Usage usage, Optional<String> serviceTier)
      throws IOException {
    json.writeObjectFieldStart("usage");
    json.writeNumberField("input_tokens", Math.max(0, usage.promptTokens() - usage.cachedTokens()));
    json.writeNumberField("cache_creation_input_tokens", 0);
    json.writeNumberField("cache_read_input_tokens", usage.cachedTokens());
    json.writeNumberField("output_tokens", usage.completionTokens());
    if (serviceTier.isPresent()) {
      json.writeStringField("service_tier", serviceTier.get());
    }
    json.writeEndObject();
  }

  static void text(JsonGenerator json, String text) throws IOException {
    json.writeStartObject();
    json.writeStringField("type", "text");
    json.writeStringField("text", AnswerJson.wellFormed(text));
    json.writeEndObject();
  }

  /** Nothing is signed here: a client's thinking blocks are left out of the next prompt. */
  static void thinking(JsonGenerator json, String text) throws IOException {
    json.writeStartObject();
    json.writeStringField("type", "thinking");
    json.writeStringField("thinking", AnswerJson.wellFormed(text));
    json.writeStringField("signature", "");
    json.writeEndObject();
  }

  static void toolUse(JsonGenerator json, String id, String name, String inputJson)
      throws IOException {
    json.writeStartObject();
    json.writeStringField("type", "tool_use");
    json.writeStringField("id", id);
    json.writeStringField("name", name);
    json.writeFieldName("input");
    json.writeRawValue(AnswerJson.wellFormed(inputJson));
    json.writeEndObject();
  }

  /**
   * A call's arguments as the object that Anthropic's form demands.
   *
   * @param cut whether the answer ended at its limit, which may be in the middle of the arguments;
   *     they are left out then
   * @throws InferenceException if they are something else
   */
  static String input(String arguments, boolean cut) throws InferenceException {
    if (arguments.isBlank()) {
      return "{}";
    }
    try {
      if (Json.MAPPER.readTree(arguments) instanceof ObjectNode) {
        return arguments;
      }
    } catch (JsonProcessingException e) {
      // Told below, without the text that the exception may repeat.
    }
    if (cut) {
      return "{}";
    }
    throw new InferenceException(
        InferenceException.Kind.PROVIDER_FAILED,
        "The model called a tool with arguments that are not a JSON object. Try again.");
  }
}
