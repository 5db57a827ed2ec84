package dev.freehold.provider.gemini;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.freehold.inference.Image;
import dev.freehold.inference.Message;
import dev.freehold.inference.ToolCall;
import dev.freehold.provider.remote.CallArguments;
import dev.freehold.provider.remote.Conversation;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Writes a conversation as Gemini's contents, each a list of parts. */
final class GeminiContents {

  /**
   * Models from Gemini 3 on want the signed thought that led to a call back, which the neutral form
   * does not keep. This is Google's own word for a call that comes without.
   */
  static final String NO_SIGNATURE = "skip_thought_signature_validator";

  private GeminiContents() {}

  static void write(JsonGenerator json, List<Message> messages) throws IOException {
    Conversation conversation = Conversation.of(messages, String::isEmpty);
    if (!conversation.system().isEmpty()) {
      json.writeObjectFieldStart("systemInstruction");
      json.writeArrayFieldStart("parts");
      for (Message message : conversation.system()) {
        text(json, message.text());
      }
      json.writeEndArray();
      json.writeEndObject();
    }
    Map<String, String> namesOfCalls = new HashMap<>();
    conversation.writeTurns(
        json,
        "contents",
        "model",
        "parts",
        (_, message) -> {
          if (message.role() == Message.Role.TOOL) {
            result(json, message, namesOfCalls);
          } else {
            parts(json, message);
            message.toolCalls().forEach(call -> namesOfCalls.put(call.id(), call.name()));
          }
        });
  }

  private static void parts(JsonGenerator json, Message message) throws IOException {
    for (Message.Part part : message.parts()) {
      switch (part) {
        case Message.Part.Words(String text) -> text(json, text);
        case Message.Part.Picture(Image image) -> image(json, image);
      }
    }
    boolean isFirst = true;
    for (ToolCall call : message.toolCalls()) {
      json.writeStartObject();
      json.writeObjectFieldStart("functionCall");
      json.writeStringField("id", call.id());
      json.writeStringField("name", call.name());
      json.writeFieldName("args");
      json.writeRawValue(CallArguments.object(call.arguments()));
      json.writeEndObject();
      if (isFirst) {
        // Calls side by side have one signature, at the first.
        json.writeStringField("thoughtSignature", NO_SIGNATURE);
      }
      json.writeEndObject();
      isFirst = false;
    }
  }

  /** One part. */
  static void text(JsonGenerator json, String text) throws IOException {
    json.writeStartObject();
    json.writeStringField("text", text);
    json.writeEndObject();
  }

  private static void image(JsonGenerator json, Image image) throws IOException {
    json.writeStartObject();
    json.writeObjectFieldStart("inlineData");
    json.writeStringField("mimeType", image.mediaType());
    json.writeBinaryField("data", image.bytes());
    json.writeEndObject();
    json.writeEndObject();
  }

  /** A result is an object there; "output" is the field that the API reads as the result's text. */
  private static void result(JsonGenerator json, Message message, Map<String, String> namesOfCalls)
      throws IOException {
    String id = message.toolCallId().orElse("");
    json.writeStartObject();
    json.writeObjectFieldStart("functionResponse");
    json.writeStringField("id", id);
    json.writeStringField("name", namesOfCalls.getOrDefault(id, message.name().orElse(id)));
    json.writeObjectFieldStart("response");
    json.writeStringField("output", message.text());
    json.writeEndObject();
    json.writeEndObject();
    json.writeEndObject();
  }
}
