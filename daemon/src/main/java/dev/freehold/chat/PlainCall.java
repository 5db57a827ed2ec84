package dev.freehold.chat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceException.Kind;
import dev.freehold.inference.Message;
import dev.freehold.inference.Message.Role;
import dev.freehold.inference.Prompt;
import dev.freehold.inference.Tool;
import dev.freehold.inference.ToolChoice;
import dev.freehold.llama.ChatTemplates;
import dev.freehold.llama.LlamaException;
import java.util.ArrayList;
import java.util.List;

/**
 * A required tool call of a model whose template knows nothing of tools: the tools are described in
 * the system message, and a grammar leaves the model no other answer than one JSON object with the
 * call.
 */
final class PlainCall {

  private static final ObjectMapper JSON = new ObjectMapper();

  private PlainCall() {}

  /** The conversation with the tools described in it, which the template can then render. */
  static Prompt.Chat described(Prompt.Chat chat, List<Tool> tools) {
    StringBuilder text = new StringBuilder("Answer by calling one of these functions.\n");
    for (Tool tool : tools) {
      text.append("- ").append(tool.name());
      if (!tool.description().isEmpty()) {
        text.append(": ").append(tool.description());
      }
      text.append(". Arguments: ").append(tool.parametersSchema()).append('\n');
    }
    text.append("Write the call as JSON: {\"name\": …, \"arguments\": {…}}");
    List<Message> messages = new ArrayList<>(chat.messages());
    if (!messages.isEmpty() && messages.getFirst().role() == Role.SYSTEM) {
      String system = messages.getFirst().text() + "\n\n" + text;
      messages.set(0, Message.of(Role.SYSTEM, system));
    } else {
      messages.addFirst(Message.of(Role.SYSTEM, text.toString()));
    }
    return new Prompt.Chat(messages, List.of(), new ToolChoice.None(), false);
  }

  /** The grammar of one call of one of the tools, with arguments that fit its schema. */
  static String grammar(List<Tool> tools) throws InferenceException {
    ObjectNode schema = JSON.createObjectNode();
    ArrayNode choices = schema.putArray("anyOf");
    for (Tool tool : tools) {
      ObjectNode call = choices.addObject();
      call.put("type", "object");
      ObjectNode properties = call.putObject("properties");
      properties.putObject("name").put("const", tool.name());
      properties.set("arguments", parameters(tool));
      call.putArray("required").add("name").add("arguments");
      call.put("additionalProperties", false);
    }
    try {
      return ChatTemplates.schemaToGrammar(schema.toString());
    } catch (LlamaException e) {
      throw new InferenceException(
          Kind.INVALID_REQUEST,
          "a tool's parameters cannot be turned into a grammar: simplify its schema",
          e);
    }
  }

  private static JsonNode parameters(Tool tool) throws InferenceException {
    return TemplateRequest.parse(tool.parametersSchema(), "tools.function.parameters");
  }
}
