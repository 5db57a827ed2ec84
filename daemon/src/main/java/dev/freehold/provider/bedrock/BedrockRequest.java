package dev.freehold.provider.bedrock;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import dev.freehold.inference.Image;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceException.Kind;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.Message;
import dev.freehold.inference.OutputFormat;
import dev.freehold.inference.Prompt;
import dev.freehold.inference.Sampling;
import dev.freehold.inference.Tool;
import dev.freehold.inference.ToolCall;
import dev.freehold.inference.ToolChoice;
import dev.freehold.provider.remote.Conversation;
import dev.freehold.provider.remote.JsonBody;
import dev.freehold.provider.remote.RemoteJson;
import java.io.IOException;
import java.util.Locale;
import java.util.Optional;

/** Writes a conversation as the Converse API has it. */
final class BedrockRequest {

  private BedrockRequest() {}

  static byte[] encode(InferenceRequest request) throws InferenceException {
    if (!(request.prompt() instanceof Prompt.Chat chat)) {
      throw new InferenceException(
          Kind.UNSUPPORTED, "The provider takes conversations only. Ask another model.");
    }
    return JsonBody.object(
        json -> {
          conversation(json, Conversation.of(chat.messages(), String::isBlank));
          inferenceConfig(json, request);
          if (!chat.tools().isEmpty() && !(chat.toolChoice() instanceof ToolChoice.None)) {
            tools(json, chat);
          }
          if (request.format() instanceof OutputFormat.JsonSchema(String schema)) {
            outputConfig(json, schema);
          }
        });
  }

  /** The API's name of an image's format. */
  static Optional<String> imageFormat(String mediaType) {
    return switch (mediaType.toLowerCase(Locale.ROOT)) {
      case "image/png" -> Optional.of("png");
      case "image/jpeg", "image/jpg" -> Optional.of("jpeg");
      case "image/gif" -> Optional.of("gif");
      case "image/webp" -> Optional.of("webp");
      default -> Optional.empty();
    };
  }

  private static void conversation(JsonGenerator json, Conversation conversation)
      throws IOException, InferenceException {
    if (!conversation.system().isEmpty()) {
      json.writeArrayFieldStart("system");
      for (Message message : conversation.system()) {
        text(json, message.text());
      }
      json.writeEndArray();
    }
    conversation.writeTurns(json, "messages", "assistant", "content", BedrockRequest::content);
  }

  private static void content(JsonGenerator json, Message message)
      throws IOException, InferenceException {
    if (message.role() == Message.Role.TOOL) {
      json.writeStartObject();
      json.writeObjectFieldStart("toolResult");
      json.writeStringField("toolUseId", message.toolCallId().orElse(""));
      json.writeArrayFieldStart("content");
      parts(json, message);
      json.writeEndArray();
      json.writeEndObject();
      json.writeEndObject();
      return;
    }
    parts(json, message);
    for (ToolCall call : message.toolCalls()) {
      json.writeStartObject();
      json.writeObjectFieldStart("toolUse");
      json.writeStringField("toolUseId", call.id());
      json.writeStringField("name", call.name());
      json.writeFieldName("input");
      json.writeRawValue(arguments(call));
      json.writeEndObject();
      json.writeEndObject();
    }
  }

  /** The API refuses blank text. */
  private static void parts(JsonGenerator json, Message message) throws IOException {
    for (Message.Part part : message.parts()) {
      switch (part) {
        case Message.Part.Words(String text) -> {
          if (!text.isBlank()) {
            text(json, text);
          }
        }
        case Message.Part.Picture(Image image) -> {
          json.writeStartObject();
          json.writeObjectFieldStart("image");
          json.writeStringField("format", imageFormat(image.mediaType()).orElse("png"));
          json.writeObjectFieldStart("source");
          json.writeBinaryField("bytes", image.bytes());
          json.writeEndObject();
          json.writeEndObject();
          json.writeEndObject();
        }
      }
    }
  }

  private static void text(JsonGenerator json, String text) throws IOException {
    json.writeStartObject();
    json.writeStringField("text", text);
    json.writeEndObject();
  }

  /** They are JSON here, and not text that holds JSON. */
  private static String arguments(ToolCall call) throws InferenceException {
    if (call.arguments().isBlank()) {
      return "{}";
    }
    try {
      JsonNode read = RemoteJson.MAPPER.readTree(call.arguments());
      if (read != null && read.isObject()) {
        return read.toString();
      }
    } catch (IOException e) {
      // Said below, without the words that are wrong.
    }
    throw new InferenceException(
        Kind.INVALID_REQUEST,
        "A tool call's arguments must be a JSON object, found other text in a message.");
  }

  private static void inferenceConfig(JsonGenerator json, InferenceRequest request)
      throws IOException {
    Sampling sampling = request.sampling();
    json.writeObjectFieldStart("inferenceConfig");
    if (request.completionTokensMax().isPresent()) {
      json.writeNumberField("maxTokens", request.completionTokensMax().getAsInt());
    }
    JsonBody.number(json, "temperature", sampling.temperature());
    JsonBody.number(json, "topP", sampling.topP());
    JsonBody.texts(json, "stopSequences", sampling.stop());
    json.writeEndObject();
  }

  private static void tools(JsonGenerator json, Prompt.Chat chat) throws IOException {
    json.writeObjectFieldStart("toolConfig");
    json.writeArrayFieldStart("tools");
    for (Tool tool : chat.tools()) {
      json.writeStartObject();
      json.writeObjectFieldStart("toolSpec");
      json.writeStringField("name", tool.name());
      if (!tool.description().isBlank()) {
        json.writeStringField("description", tool.description());
      }
      json.writeObjectFieldStart("inputSchema");
      json.writeFieldName("json");
      json.writeRawValue(tool.parametersSchema());
      json.writeEndObject();
      json.writeEndObject();
      json.writeEndObject();
    }
    json.writeEndArray();
    switch (chat.toolChoice()) {
      case ToolChoice.Auto _, ToolChoice.None _ -> {
        // What happens when nothing is said; with none, no tools are offered.
      }
      case ToolChoice.Required _ -> {
        json.writeObjectFieldStart("toolChoice");
        json.writeObjectFieldStart("any");
        json.writeEndObject();
        json.writeEndObject();
      }
      case ToolChoice.Named(String name) -> {
        json.writeObjectFieldStart("toolChoice");
        json.writeObjectFieldStart("tool");
        json.writeStringField("name", name);
        json.writeEndObject();
        json.writeEndObject();
      }
    }
    json.writeEndObject();
  }

  /** The schema is text that holds JSON here. */
  private static void outputConfig(JsonGenerator json, String schema) throws IOException {
    json.writeObjectFieldStart("outputConfig");
    json.writeObjectFieldStart("textFormat");
    json.writeStringField("type", "json_schema");
    json.writeObjectFieldStart("structure");
    json.writeObjectFieldStart("jsonSchema");
    json.writeStringField("name", "answer");
    json.writeStringField("schema", schema);
    json.writeEndObject();
    json.writeEndObject();
    json.writeEndObject();
    json.writeEndObject();
  }
}
