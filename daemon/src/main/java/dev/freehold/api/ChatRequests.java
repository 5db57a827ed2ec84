package dev.freehold.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.freehold.inference.Extras;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.Message;
import dev.freehold.inference.OutputFormat;
import dev.freehold.inference.Prompt;
import dev.freehold.inference.TokenLogprob;
import dev.freehold.inference.Tool;
import dev.freehold.inference.ToolCall;
import dev.freehold.inference.ToolChoice;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/** Reads the body of {@code POST /v1/chat/completions}. */
final class ChatRequests {

  static final int MESSAGES_MAX = 4_096;
  static final int TOOLS_MAX = 256;
  static final int TOOL_CALLS_MAX = 256;

  /** Read here for the label and the route; what it means to a model, its provider knows. */
  private static final Set<String> CARRIED = Set.of("reasoning_effort");

  private static final String NO_PARAMETERS = "{\"type\":\"object\",\"properties\":{}}";

  private ChatRequests() {}

  static ApiRequest read(String id, ObjectNode body) throws ApiException {
    Fields fields = Fields.of(body);
    CommonFields.requireAbsent(fields, "audio", "Leave it out.");
    CommonFields.requireAbsent(fields, "functions", "Send 'tools' instead.");
    CommonFields.requireAbsent(fields, "function_call", "Send 'tool_choice' instead.");
    String model = fields.requiredText("model");
    List<Message> messages = messages(fields);
    List<Tool> tools = tools(fields);
    Prompt prompt =
        new Prompt.Chat(
            messages, tools, toolChoice(fields, tools), fields.flag("parallel_tool_calls", true));
    boolean stream = fields.flag("stream", false);
    InferenceRequest request =
        new InferenceRequest(
            id,
            model,
            prompt,
            CommonFields.sampling(fields, "stop"),
            format(fields),
            tokensMax(fields),
            logprobs(fields),
            CommonFields.priority(fields));
    boolean includeUsage = CommonFields.includeUsage(fields, stream);
    boolean reasoning = CommonFields.isEffort(fields.text("reasoning_effort"));
    int answers = CommonFields.answers(fields);
    Optional<String> tier = CommonFields.answeredTier(fields);
    return new ApiRequest(
        request.withExtras(fields.extras(Extras.Form.OPENAI_CHAT, CARRIED)),
        new AnswerShape.Completion(Surface.CHAT, stream, includeUsage, answers, tier),
        reasoning);
  }

  private static OptionalInt logprobs(Fields fields) throws ApiException {
    OptionalInt top = fields.integer("top_logprobs", 0, TokenLogprob.ALTERNATIVES_MAX);
    if (fields.flag("logprobs", false)) {
      return OptionalInt.of(top.orElse(0));
    }
    if (top.isPresent()) {
      throw ApiErrors.wrongParam(
          "top_logprobs", "'top_logprobs' goes only with 'logprobs': true. Send both or neither.");
    }
    return OptionalInt.empty();
  }

  private static OptionalInt tokensMax(Fields fields) throws ApiException {
    OptionalInt current = fields.integer("max_completion_tokens", 1, Integer.MAX_VALUE);
    OptionalInt old = fields.integer("max_tokens", 1, Integer.MAX_VALUE);
    return current.isPresent() ? current : old;
  }

  private static List<Message> messages(Fields fields) throws ApiException {
    List<Fields> objects = fields.objects("messages", MESSAGES_MAX);
    if (objects.isEmpty()) {
      throw noMessages();
    }
    List<Message> messages = new ArrayList<>(objects.size());
    for (Fields object : objects) {
      messages.add(message(object));
    }
    return messages;
  }

  static ApiException noMessages() {
    return ApiErrors.wrongParam(
        "messages", "'messages' is missing or empty: send at least one message.");
  }

  private static Message message(Fields fields) throws ApiException {
    Message.Role role =
        switch (fields.requiredText("role")) {
          case "system", "developer" -> Message.Role.SYSTEM;
          case "user" -> Message.Role.USER;
          case "assistant" -> Message.Role.ASSISTANT;
          case "tool" -> Message.Role.TOOL;
          default ->
              throw ApiErrors.wrongParam(
                  fields.path("role"),
                  "'%s' must be system, developer, user, assistant or tool, found something else."
                      .formatted(fields.path("role")));
        };
    List<ToolCall> calls = role == Message.Role.ASSISTANT ? toolCalls(fields) : List.of();
    Optional<String> toolCallId =
        role == Message.Role.TOOL
            ? Optional.of(fields.requiredText("tool_call_id"))
            : Optional.empty();
    boolean mayBeEmpty = role == Message.Role.ASSISTANT;
    MessageContent content =
        MessageContent.read(
            fields,
            "content",
            mayBeEmpty,
            role == Message.Role.USER ? MessageContent.Form.CHAT : MessageContent.Form.NONE);
    return new Message(
        role, content.text(), calls, toolCallId, fields.text("name"), content.images());
  }

  private static List<ToolCall> toolCalls(Fields fields) throws ApiException {
    List<ToolCall> calls = new ArrayList<>();
    for (Fields call : fields.objects("tool_calls", TOOL_CALLS_MAX)) {
      Fields function = call.requiredObject("function");
      calls.add(
          new ToolCall(
              call.requiredText("id"),
              function.requiredText("name"),
              function.requiredText("arguments")));
    }
    return calls;
  }

  private static List<Tool> tools(Fields fields) throws ApiException {
    List<Tool> tools = new ArrayList<>();
    for (Fields tool : fields.objects("tools", TOOLS_MAX)) {
      if (!tool.requiredText("type").equals("function")) {
        throw ApiErrors.wrongParam(
            tool.path("type"),
            "'%s' must be function, found something else.".formatted(tool.path("type")));
      }
      tools.add(tool(tool.requiredObject("function")));
    }
    return tools;
  }

  /** A function's name, description and parameters. */
  static Tool tool(Fields function) throws ApiException {
    JsonNode parameters = function.raw("parameters");
    if (!parameters.isMissingNode() && !parameters.isObject()) {
      throw function.wrong("parameters", "a JSON schema", parameters);
    }
    return new Tool(
        function.requiredText("name"),
        function.text("description").orElse(""),
        parameters.isMissingNode() ? NO_PARAMETERS : parameters.toString());
  }

  private static ToolChoice toolChoice(Fields fields, List<Tool> tools) throws ApiException {
    if (fields.raw("tool_choice").isObject()) {
      Fields function = fields.requiredObject("tool_choice").requiredObject("function");
      return named(function.requiredText("name"), tools);
    }
    return toolChoiceWord(fields, tools);
  }

  static ToolChoice toolChoiceWord(Fields fields, List<Tool> tools) throws ApiException {
    JsonNode choice = fields.raw("tool_choice");
    if (choice.isMissingNode()) {
      return new ToolChoice.Auto();
    }
    return switch (choice.asText()) {
      case "auto" -> new ToolChoice.Auto();
      case "none" -> new ToolChoice.None();
      case "required" -> required(tools);
      default -> throw fields.wrong("tool_choice", "auto, none, required or an object", choice);
    };
  }

  /** A choice that names a tool, which must be offered. */
  static ToolChoice named(String name, List<Tool> tools) throws ApiException {
    if (tools.stream().noneMatch(tool -> tool.name().equals(name))) {
      throw ApiErrors.wrongParam(
          "tool_choice", "'tool_choice' names a function that is not among 'tools'.");
    }
    return new ToolChoice.Named(name);
  }

  /** A choice that demands a call, which needs something to call. */
  static ToolChoice required(List<Tool> tools) throws ApiException {
    if (tools.isEmpty()) {
      throw ApiErrors.wrongParam(
          "tool_choice", "'tool_choice' demands a call, but there are no 'tools'.");
    }
    return new ToolChoice.Required();
  }

  /** A grammar must be the only shape that the answer is given. */
  private static void requireOnlyShape(Fields fields) throws ApiException {
    for (String other : List.of("response_format", "tools")) {
      JsonNode value = fields.raw(other);
      boolean nothing = value.isMissingNode() || (value.isArray() && value.isEmpty());
      if (!nothing) {
        throw ApiErrors.wrongParam(
            "grammar", "'grammar' and '%s' exclude each other. Send one.".formatted(other));
      }
    }
  }

  private static OutputFormat format(Fields fields) throws ApiException {
    Optional<OutputFormat> grammar = CommonFields.grammar(fields);
    if (grammar.isPresent()) {
      requireOnlyShape(fields);
    }
    if (grammar.isPresent()) {
      return grammar.get();
    }
    Optional<Fields> format = fields.object("response_format");
    if (format.isEmpty()) {
      return new OutputFormat.Text();
    }
    Fields named = format.get();
    return named.requiredText("type").equals("json_schema")
        ? format(named, named.requiredObject("json_schema"))
        : format(named, named);
  }

  /** The format that an object's type names; its schema, if it needs one, may lie deeper. */
  static OutputFormat format(Fields format, Fields schemaHolder) throws ApiException {
    return switch (format.requiredText("type")) {
      case "text" -> new OutputFormat.Text();
      case "json_object" -> new OutputFormat.JsonObject();
      case "json_schema" -> {
        schemaHolder.requiredObject("schema");
        yield new OutputFormat.JsonSchema(schemaHolder.raw("schema").toString());
      }
      default ->
          throw ApiErrors.wrongParam(
              format.path("type"),
              "'%s' must be text, json_object or json_schema, found something else."
                  .formatted(format.path("type")));
    };
  }
}
