package dev.freehold.provider.anthropic;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.freehold.inference.Image;
import dev.freehold.inference.Message;
import dev.freehold.inference.ToolCall;
import dev.freehold.provider.remote.CallArguments;
import dev.freehold.provider.remote.Conversation;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Writes a conversation as Anthropic's turns, each a list of blocks. Blank text is left out, which
 * the API refuses.
 */
final class AnthropicTurns {

  private static final Pattern CALL_ID = Pattern.compile("[a-zA-Z0-9_-]{1,64}");

  private AnthropicTurns() {}

  static void write(JsonGenerator json, List<Message> messages) throws IOException {
    Conversation conversation = Conversation.of(messages, String::isBlank);
    if (!conversation.system().isEmpty()) {
      json.writeArrayFieldStart("system");
      for (Message message : conversation.system()) {
        text(json, message.text());
      }
      json.writeEndArray();
    }
    conversation.writeTurns(json, "messages", "assistant", "content", AnthropicTurns::blocks);
  }

  private static void blocks(JsonGenerator json, Message message) throws IOException {
    if (message.role() == Message.Role.TOOL) {
      result(json, message);
      return;
    }
    for (Message.Part part : message.parts()) {
      switch (part) {
        case Message.Part.Words(String text) -> text(json, text);
        case Message.Part.Picture(Image image) -> image(json, image);
      }
    }
    for (ToolCall call : message.toolCalls()) {
      json.writeStartObject();
      json.writeStringField("type", "tool_use");
      json.writeStringField("id", callId(call.id()));
      json.writeStringField("name", call.name());
      json.writeFieldName("input");
      json.writeRawValue(CallArguments.object(call.arguments()));
      json.writeEndObject();
    }
  }

  private static void text(JsonGenerator json, String text) throws IOException {
    if (text.isBlank()) {
      return;
    }
    json.writeStartObject();
    json.writeStringField("type", "text");
    json.writeStringField("text", text);
    json.writeEndObject();
  }

  private static void image(JsonGenerator json, Image image) throws IOException {
    json.writeStartObject();
    json.writeStringField("type", "image");
    json.writeObjectFieldStart("source");
    json.writeStringField("type", "base64");
    json.writeStringField("media_type", image.mediaType());
    json.writeBinaryField("data", image.bytes());
    json.writeEndObject();
    json.writeEndObject();
  }

  private static void result(JsonGenerator json, Message message) throws IOException {
    json.writeStartObject();
    json.writeStringField("type", "tool_result");
    json.writeStringField("tool_use_id", callId(message.toolCallId().orElse("")));
    if (!message.text().isBlank()) {
      json.writeStringField("content", message.text());
    }
    json.writeEndObject();
  }

  /** Ids that another provider made up may have characters that this API refuses. */
  static String callId(String id) {
    if (CALL_ID.matcher(id).matches()) {
      return id;
    }
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(id.getBytes(StandardCharsets.UTF_8));
      return "toolu_" + HexFormat.of().formatHex(digest, 0, 12);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java has SHA-256", e);
    }
  }
}
