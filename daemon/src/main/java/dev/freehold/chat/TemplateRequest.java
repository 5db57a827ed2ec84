package dev.freehold.chat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceException.Kind;
import dev.freehold.inference.Message;
import dev.freehold.inference.OutputFormat;
import dev.freehold.inference.Prompt;
import dev.freehold.inference.Tool;
import dev.freehold.inference.ToolCall;
import dev.freehold.inference.ToolChoice;
import java.util.List;
import java.util.Locale;
import java.util.UUID;

/** The JSON with which llama.cpp's chat library is asked to render a conversation. */
final class TemplateRequest {

  /**
   * Stands in a rendered prompt where an image goes. Made anew in each process, so that no client
   * can write it.
   */
  static final String IMAGE_MARKER = "<image " + UUID.randomUUID() + ">";

  private static final ObjectMapper JSON = new ObjectMapper();

  private TemplateRequest() {}

  static byte[] of(Prompt.Chat chat, OutputFormat format) throws InferenceException {
    ObjectNode root = JSON.createObjectNode();
    ArrayNode messages = root.putArray("messages");
    chat.messages().forEach(message -> messages.add(message(message)));
    List<Tool> tools = offered(chat);
    if (!tools.isEmpty()) {
      ArrayNode array = root.putArray("tools");
      for (Tool tool : tools) {
        array.add(tool(tool));
      }
      root.put("tool_choice", toolChoice(chat.toolChoice()));
      root.put("parallel_tool_calls", chat.parallelToolCalls());
    }
    switch (format) {
      case OutputFormat.Text _, OutputFormat.Grammar _ -> {}
      case OutputFormat.JsonObject() -> root.putObject("json_schema").put("type", "object");
      case OutputFormat.JsonSchema(String schema) ->
          root.set("json_schema", parse(schema, "response_format.json_schema.schema"));
    }
    root.put("add_generation_prompt", true);
    root.put("enable_thinking", true);
    root.put("reasoning_format", "auto");
    try {
      return JSON.writeValueAsBytes(root);
    } catch (JsonProcessingException e) {
      throw new InferenceException(Kind.INTERNAL, "the conversation could not be written as JSON");
    }
  }

  /** A named tool is the only one offered, and required: that is what naming it means. */
  static List<Tool> offered(Prompt.Chat chat) throws InferenceException {
    return switch (chat.toolChoice()) {
      case ToolChoice.None() -> List.of();
      case ToolChoice.Auto(), ToolChoice.Required() -> chat.tools();
      case ToolChoice.Named(String name) -> {
        List<Tool> named = chat.tools().stream().filter(tool -> tool.name().equals(name)).toList();
        if (named.isEmpty()) {
          throw new InferenceException(
              Kind.INVALID_REQUEST, "tool_choice names a tool that is not among the tools");
        }
        yield named;
      }
    };
  }

  private static String toolChoice(ToolChoice choice) {
    return switch (choice) {
      case ToolChoice.Auto() -> "auto";
      case ToolChoice.None() -> "none";
      case ToolChoice.Required() -> "required";
      case ToolChoice.Named _ -> "required";
    };
  }

  private static ObjectNode message(Message message) {
    ObjectNode node = JSON.createObjectNode();
    node.put("role", message.role().name().toLowerCase(Locale.ROOT));
    if (message.images().isEmpty()) {
      node.put("content", message.text());
    } else {
      ArrayNode parts = node.putArray("content");
      message.parts().forEach(part -> parts.add(part(part)));
    }
    message.name().ifPresent(name -> node.put("name", name));
    message.toolCallId().ifPresent(id -> node.put("tool_call_id", id));
    if (!message.toolCalls().isEmpty()) {
      ArrayNode calls = node.putArray("tool_calls");
      message.toolCalls().forEach(call -> calls.add(toolCall(call)));
    }
    return node;
  }

  private static ObjectNode part(Message.Part part) {
    ObjectNode node = JSON.createObjectNode();
    return switch (part) {
      case Message.Part.Words(String text) -> node.put("type", "text").put("text", text);
      case Message.Part.Picture _ -> node.put("type", "media_marker").put("text", IMAGE_MARKER);
    };
  }

  private static ObjectNode toolCall(ToolCall call) {
    ObjectNode node = JSON.createObjectNode();
    node.put("id", call.id());
    node.put("type", "function");
    node.putObject("function").put("name", call.name()).put("arguments", call.arguments());
    return node;
  }

  private static ObjectNode tool(Tool tool) throws InferenceException {
    ObjectNode node = JSON.createObjectNode();
    node.put("type", "function");
    ObjectNode function = node.putObject("function");
    function.put("name", tool.name()).put("description", tool.description());
    function.set("parameters", parse(tool.parametersSchema(), "tools.function.parameters"));
    return node;
  }

  /** A schema within its bounds. */
  static JsonNode parse(String json, String param) throws InferenceException {
    try {
      JsonNode schema = JSON.readTree(json);
      SchemaBounds.check(schema, json.length(), param);
      return schema;
    } catch (JsonProcessingException e) {
      throw new InferenceException(Kind.INVALID_REQUEST, param + " must be a JSON schema");
    }
  }
}
