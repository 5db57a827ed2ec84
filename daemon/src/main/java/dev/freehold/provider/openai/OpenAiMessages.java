package dev.freehold.provider.openai;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.freehold.inference.Image;
import dev.freehold.inference.Message;
import dev.freehold.inference.Tool;
import dev.freehold.inference.ToolCall;
import java.io.IOException;
import java.util.Base64;
import java.util.List;

/** What OpenAI's messages and tools have in them, which other APIs took over. */
public final class OpenAiMessages {

  private OpenAiMessages() {}

  /** The field {@code tool_calls}, where there are any. */
  public static void calls(JsonGenerator json, List<ToolCall> calls) throws IOException {
    if (calls.isEmpty()) {
      return;
    }
    json.writeArrayFieldStart("tool_calls");
    for (ToolCall call : calls) {
      json.writeStartObject();
      json.writeStringField("id", call.id());
      json.writeStringField("type", "function");
      json.writeObjectFieldStart("function");
      json.writeStringField("name", call.name());
      json.writeStringField("arguments", call.arguments());
      json.writeEndObject();
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  /** The field {@code content} of a message that has more than text. */
  public static void parts(JsonGenerator json, Message message) throws IOException {
    json.writeArrayFieldStart("content");
    for (Message.Part part : message.parts()) {
      json.writeStartObject();
      switch (part) {
        case Message.Part.Words(String text) -> {
          json.writeStringField("type", "text");
          json.writeStringField("text", text);
        }
        case Message.Part.Picture(Image image) -> {
          json.writeStringField("type", "image_url");
          json.writeObjectFieldStart("image_url");
          json.writeStringField(
              "url",
              "data:"
                  + image.mediaType()
                  + ";base64,"
                  + Base64.getEncoder().encodeToString(image.bytes()));
          json.writeEndObject();
        }
      }
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  /** The field {@code tools}. */
  public static void tools(JsonGenerator json, List<Tool> tools) throws IOException {
    json.writeArrayFieldStart("tools");
    for (Tool tool : tools) {
      json.writeStartObject();
      json.writeStringField("type", "function");
      json.writeObjectFieldStart("function");
      json.writeStringField("name", tool.name());
      if (!tool.description().isEmpty()) {
        json.writeStringField("description", tool.description());
      }
      json.writeFieldName("parameters");
      json.writeRawValue(tool.parametersSchema());
      json.writeEndObject();
      json.writeEndObject();
    }
    json.writeEndArray();
  }
}
