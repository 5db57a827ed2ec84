package dev.freehold.provider.gemini;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.freehold.inference.Image;
import dev.freehold.inference.Message;
import dev.freehold.inference.ToolCall;
import dev.freehold.provider.remote.CallArguments;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes a conversation as Gemini's contents: two roles that alternate, each content a list of
 * parts.
 *
 * <p>Messages of one role in a row are one content. A tool's result is a part of the user's, so
 * that the results of several calls stand in one content. What a system message says stands before
 * the conversation, wherever the message stood in it.
 */
final class GeminiContents {

  /**
   * Models from Gemini 3 on want the signed thought that led to a call back, which the neutral form
   * does not keep. This is Google's own word for a call that comes without.
   */
  static final String NO_SIGNATURE = "skip_thought_signature_validator";

  private static final String USER = "user";
  private static final String MODEL = "model";

  private GeminiContents() {}

  static void write(JsonGenerator json, List<Message> messages) throws IOException {
    List<Message> system = messages.stream().filter(GeminiContents::isSystem).toList();
    List<Message> spoken = messages.stream().filter(message -> !isSystem(message)).toList();
    if (spoken.isEmpty()) {
      // A conversation needs somebody who speaks.
      contents(json, system);
      return;
    }
    if (!system.isEmpty()) {
      json.writeObjectFieldStart("systemInstruction");
      json.writeArrayFieldStart("parts");
      for (Message message : system) {
        text(json, message.text());
      }
      json.writeEndArray();
      json.writeEndObject();
    }
    contents(json, spoken);
  }

  private static boolean isSystem(Message message) {
    return message.role() == Message.Role.SYSTEM;
  }

  private static void contents(JsonGenerator json, List<Message> messages) throws IOException {
    Map<String, String> namesOfCalls = new HashMap<>();
    json.writeArrayFieldStart("contents");
    String open = "";
    for (Message message : messages) {
      if (!saysAnything(message)) {
        continue;
      }
      String speaker = message.role() == Message.Role.ASSISTANT ? MODEL : USER;
      if (!open.equals(speaker)) {
        if (!open.isEmpty()) {
          end(json);
        }
        json.writeStartObject();
        json.writeStringField("role", speaker);
        json.writeArrayFieldStart("parts");
        open = speaker;
      }
      if (message.role() == Message.Role.TOOL) {
        result(json, message, namesOfCalls);
      } else {
        parts(json, message);
        message.toolCalls().forEach(call -> namesOfCalls.put(call.id(), call.name()));
      }
    }
    if (!open.isEmpty()) {
      end(json);
    }
    json.writeEndArray();
  }

  private static void end(JsonGenerator json) throws IOException {
    json.writeEndArray();
    json.writeEndObject();
  }

  private static boolean saysAnything(Message message) {
    return message.role() == Message.Role.TOOL
        || !message.text().isEmpty()
        || !message.images().isEmpty()
        || !message.toolCalls().isEmpty();
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
