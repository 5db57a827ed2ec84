package dev.freehold.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.Message;
import dev.freehold.inference.OutputFormat;
import dev.freehold.inference.Prompt;
import dev.freehold.inference.TokenLogprob;
import dev.freehold.inference.Tool;
import dev.freehold.inference.ToolCall;
import dev.freehold.inference.ToolChoice;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * Reads the body of {@code POST /v1/responses}.
 *
 * <p>The surface is stateless: nothing is kept, whatever {@code store} says, so a request must
 * bring all that it builds on, and one that refers to something kept is refused.
 */
final class ResponseRequests {

  private static final String STATELESS =
      "This box is stateless and keeps no responses or conversations. Send the earlier messages,"
          + " function calls and their outputs again in 'input'.";

  private ResponseRequests() {}

  static ApiRequest read(String id, ObjectNode body) throws ApiException {
    Fields fields = Fields.of(body);
    requireStateless(fields);
    CommonFields.requireAbsent(fields, "background", "Leave it out, or send 'stream': true.");
    CommonFields.requireAbsent(fields, "prompt", "Send 'instructions' and 'input' instead.");
    fields.flag("store", true);
    String model = fields.requiredText("model");
    List<Message> messages = messages(fields);
    List<Tool> tools = tools(fields);
    ToolChoice choice = toolChoice(fields, tools);
    Prompt prompt =
        new Prompt.Chat(messages, tools, choice, fields.flag("parallel_tool_calls", true));
    Optional<Fields> text = fields.object("text");
    Optional<Fields> format = text.isPresent() ? text.get().object("format") : Optional.empty();
    InferenceRequest request =
        new InferenceRequest(
            id,
            model,
            prompt,
            CommonFields.sampling(fields, "stop"),
            format.isPresent()
                ? ChatRequests.format(format.get(), format.get())
                : new OutputFormat.Text(),
            fields.integer("max_output_tokens", 1, Integer.MAX_VALUE),
            logprobs(fields),
            CommonFields.priority(fields));
    boolean stream = fields.flag("stream", false);
    boolean reasoning = needsReasoning(fields);
    Map<String, String> echo = ResponseEcho.of(fields);
    Optional<String> tier = CommonFields.answeredTier(fields);
    return new ApiRequest(request, new AnswerShape.Response(stream, tier, echo), reasoning);
  }

  /** To ask for alternatives is to ask for probabilities. */
  private static OptionalInt logprobs(Fields fields) throws ApiException {
    OptionalInt top = fields.integer("top_logprobs", 0, TokenLogprob.ALTERNATIVES_MAX);
    boolean included = false;
    JsonNode include = fields.raw("include");
    if (!include.isMissingNode() && !include.isArray()) {
      throw fields.wrong("include", "an array of strings", include);
    }
    for (JsonNode name : include) {
      included |= name.asText().equals("message.output_text.logprobs");
    }
    return included || top.orElse(0) > 0 ? OptionalInt.of(top.orElse(0)) : OptionalInt.empty();
  }

  private static void requireStateless(Fields fields) throws ApiException {
    for (String name : List.of("previous_response_id", "conversation")) {
      if (fields.has(name)) {
        throw fields.unsupported(name, STATELESS);
      }
    }
  }

  private static boolean needsReasoning(Fields fields) throws ApiException {
    Optional<Fields> reasoning = fields.object("reasoning");
    return reasoning.isPresent() && CommonFields.isEffort(reasoning.get().text("effort"));
  }

  private static List<Message> messages(Fields fields) throws ApiException {
    List<Message> messages = new ArrayList<>();
    Optional<String> instructions = fields.text("instructions");
    if (instructions.isPresent()) {
      messages.add(Message.of(Message.Role.SYSTEM, instructions.get()));
    }
    JsonNode input = fields.raw("input");
    if (input.isTextual()) {
      messages.add(Message.of(Message.Role.USER, input.textValue()));
      return messages;
    }
    if (!input.isArray() || input.isEmpty()) {
      throw fields.wrong("input", "a string or a non-empty array of items", input);
    }
    Set<String> calls = new HashSet<>();
    for (Fields item : fields.objects("input", ChatRequests.MESSAGES_MAX)) {
      item(item, messages, calls);
    }
    return messages;
  }

  /** A message may leave its type out. */
  private static void item(Fields item, List<Message> messages, Set<String> calls)
      throws ApiException {
    String type = item.has("type") || !item.has("role") ? item.requiredText("type") : "message";
    switch (type) {
      case "message" -> messages.add(message(item));
      case "function_call" -> call(item, messages, calls);
      case "function_call_output" -> messages.add(output(item, calls));
      case "reasoning" -> {
        // No chat template takes earlier reasoning back.
      }
      case "item_reference" -> throw ApiErrors.wrongParam(item.path("type"), STATELESS);
      default ->
          throw ApiErrors.wrongParam(
              item.path("type"),
              ("'%s' must be message, function_call, function_call_output or reasoning, found"
                      + " something else.")
                  .formatted(item.path("type")));
    }
  }

  private static Message message(Fields item) throws ApiException {
    Message.Role role =
        switch (item.requiredText("role")) {
          case "system", "developer" -> Message.Role.SYSTEM;
          case "user" -> Message.Role.USER;
          case "assistant" -> Message.Role.ASSISTANT;
          default ->
              throw ApiErrors.wrongParam(
                  item.path("role"),
                  "'%s' must be system, developer, user or assistant, found something else."
                      .formatted(item.path("role")));
        };
    MessageContent content =
        MessageContent.read(
            item,
            "content",
            false,
            role == Message.Role.USER ? MessageContent.Form.RESPONSES : MessageContent.Form.NONE);
    return new Message(
        role, content.text(), List.of(), Optional.empty(), Optional.empty(), content.images());
  }

  /** A call belongs to the assistant's message right before it, or makes one. */
  private static void call(Fields item, List<Message> messages, Set<String> calls)
      throws ApiException {
    ToolCall call =
        new ToolCall(
            item.requiredText("call_id"),
            item.requiredText("name"),
            item.requiredText("arguments"));
    if (!calls.add(call.id())) {
      throw ApiErrors.wrongParam(
          item.path("call_id"),
          "'%s' names a call that came before. Give each call its own."
              .formatted(item.path("call_id")));
    }
    boolean follows = !messages.isEmpty() && messages.getLast().role() == Message.Role.ASSISTANT;
    Message speaker = follows ? messages.removeLast() : Message.of(Message.Role.ASSISTANT, "");
    List<ToolCall> made = new ArrayList<>(speaker.toolCalls());
    if (made.size() >= ChatRequests.TOOL_CALLS_MAX) {
      throw ApiErrors.wrongParam(
          item.path("type"),
          "This box takes at most %d calls in a row.".formatted(ChatRequests.TOOL_CALLS_MAX));
    }
    made.add(call);
    messages.add(
        new Message(
            Message.Role.ASSISTANT, speaker.text(), made, Optional.empty(), Optional.empty()));
  }

  private static Message output(Fields item, Set<String> calls) throws ApiException {
    String callId = item.requiredText("call_id");
    if (!calls.contains(callId)) {
      throw ApiErrors.wrongParam(
          item.path("call_id"),
          ("'%s' answers no function_call of this 'input'. This box is stateless: send the call"
                  + " again, before its output.")
              .formatted(item.path("call_id")));
    }
    return new Message(
        Message.Role.TOOL,
        MessageContent.read(item, "output", false, MessageContent.Form.NONE).text(),
        List.of(),
        Optional.of(callId),
        Optional.empty());
  }

  private static List<Tool> tools(Fields fields) throws ApiException {
    List<Tool> tools = new ArrayList<>();
    for (Fields tool : fields.objects("tools", ChatRequests.TOOLS_MAX)) {
      if (!tool.requiredText("type").equals("function")) {
        throw ApiErrors.wrongParam(
            tool.path("type"),
            ("'%s' must be function: this box hosts no tools of its own. Offer a function and run"
                    + " it yourself.")
                .formatted(tool.path("type")));
      }
      tools.add(ChatRequests.tool(tool));
    }
    return tools;
  }

  private static ToolChoice toolChoice(Fields fields, List<Tool> tools) throws ApiException {
    if (!fields.raw("tool_choice").isObject()) {
      return ChatRequests.toolChoiceWord(fields, tools);
    }
    Fields choice = fields.requiredObject("tool_choice");
    if (!choice.requiredText("type").equals("function")) {
      throw ApiErrors.wrongParam(
          choice.path("type"),
          "'%s' must be function, found something else.".formatted(choice.path("type")));
    }
    return ChatRequests.named(choice.requiredText("name"), tools);
  }
}
