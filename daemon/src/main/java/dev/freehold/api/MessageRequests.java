package dev.freehold.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.freehold.inference.Extras;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.Message;
import dev.freehold.inference.OutputFormat;
import dev.freehold.inference.Priority;
import dev.freehold.inference.Prompt;
import dev.freehold.inference.Tool;
import dev.freehold.inference.ToolChoice;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * Reads the bodies of {@code POST /v1/messages} and {@code POST /v1/messages/count_tokens}.
 *
 * <p>Fields that this box does not know are passed over, as Anthropic's SDKs send many that only
 * matter to its own service; that service gets them. What would change the answer and cannot be
 * done is refused.
 */
final class MessageRequests {

  /** Read here in part; the budget and the effort, a provider of the same API knows. */
  private static final Set<String> CARRIED = Set.of("thinking", "output_config");

  private MessageRequests() {}

  static ApiRequest read(String id, ObjectNode body) throws ApiException {
    Fields fields = Fields.of(body);
    OptionalInt tokensMax = fields.integer("max_tokens", 1, Integer.MAX_VALUE);
    if (tokensMax.isEmpty()) {
      throw ApiErrors.wrongParam(
          "max_tokens", "'max_tokens' is missing: send how many tokens to generate at most.");
    }
    ApiRequest request = read(id, fields, tokensMax);
    Prompt.Chat chat = (Prompt.Chat) request.request().prompt();
    if (chat.messages().getLast().role() == Message.Role.ASSISTANT) {
      throw ApiErrors.wrongParam(
          "messages",
          "The last of 'messages' is the assistant's: this box does not continue an answer that"
              + " was begun. End with a user's message.");
    }
    return request;
  }

  /** A request whose tokens are counted needs no limit and may end with anyone's message. */
  static ApiRequest readUnlimited(String id, ObjectNode body) throws ApiException {
    return read(id, Fields.of(body), OptionalInt.empty());
  }

  private static ApiRequest read(String id, Fields fields, OptionalInt tokensMax)
      throws ApiException {
    String model = fields.requiredText("model");
    List<Message> messages = MessageBlocks.messages(fields);
    List<Tool> tools = tools(fields);
    Optional<Fields> choice = fields.object("tool_choice");
    boolean parallel = choice.isEmpty() || !choice.get().flag("disable_parallel_tool_use", false);
    Prompt prompt = new Prompt.Chat(messages, tools, toolChoice(choice, tools), parallel);
    Optional<Fields> thinking = fields.object("thinking");
    boolean thinks = thinking.isPresent() && thinks(thinking.get());
    boolean omitted = thinking.isPresent() && isOmitted(thinking.get());
    InferenceRequest request =
        new InferenceRequest(
            id,
            model,
            prompt,
            CommonFields.sampling(fields, "stop_sequences"),
            format(fields),
            tokensMax,
            OptionalInt.empty(),
            Priority.INTERACTIVE);
    boolean stream = fields.flag("stream", false);
    return new ApiRequest(
        request.withExtras(fields.extras(Extras.Form.ANTHROPIC_MESSAGES, CARRIED)),
        new AnswerShape.Message(stream, thinks && !omitted, serviceTier(fields)),
        thinks);
  }

  /** Anthropic's tiers ask for bought capacity, which a box has none of: all is standard. */
  private static Optional<String> serviceTier(Fields fields) throws ApiException {
    Optional<String> tier = fields.text("service_tier");
    if (tier.isPresent() && !List.of("auto", "standard_only").contains(tier.get())) {
      throw ApiErrors.wrongParam(
          "service_tier", "'service_tier' must be auto or standard_only, found something else.");
    }
    return tier.map(_ -> "standard");
  }

  /** A budget is no promise that this box could keep, so it is passed over. */
  private static boolean thinks(Fields thinking) throws ApiException {
    return !thinking.requiredText("type").equals("disabled");
  }

  private static boolean isOmitted(Fields thinking) throws ApiException {
    return thinking.text("display").orElse("").equals("omitted");
  }

  private static List<Tool> tools(Fields fields) throws ApiException {
    List<Tool> tools = new ArrayList<>();
    for (Fields tool : fields.objects("tools", ChatRequests.TOOLS_MAX)) {
      if (!tool.text("type").orElse("custom").equals("custom")) {
        throw ApiErrors.wrongParam(
            tool.path("type"),
            "This box has no tools of its own: '%s' must be custom or left out."
                .formatted(tool.path("type")));
      }
      tool.requiredObject("input_schema");
      tools.add(
          new Tool(
              tool.requiredText("name"),
              tool.text("description").orElse(""),
              tool.raw("input_schema").toString()));
    }
    return tools;
  }

  private static ToolChoice toolChoice(Optional<Fields> choice, List<Tool> tools)
      throws ApiException {
    if (choice.isEmpty()) {
      return new ToolChoice.Auto();
    }
    return switch (choice.get().requiredText("type")) {
      case "auto" -> new ToolChoice.Auto();
      case "none" -> new ToolChoice.None();
      case "any" -> ChatRequests.required(tools);
      case "tool" -> ChatRequests.named(choice.get().requiredText("name"), tools);
      default ->
          throw ApiErrors.wrongParam(
              "tool_choice.type",
              "'tool_choice.type' must be auto, any, tool or none, found something else.");
    };
  }

  private static OutputFormat format(Fields fields) throws ApiException {
    Optional<Fields> config = fields.object("output_config");
    Optional<Fields> format = config.isPresent() ? config.get().object("format") : Optional.empty();
    if (format.isEmpty()) {
      return new OutputFormat.Text();
    }
    if (!format.get().requiredText("type").equals("json_schema")) {
      throw ApiErrors.wrongParam(
          format.get().path("type"),
          "'%s' must be json_schema, found something else.".formatted(format.get().path("type")));
    }
    format.get().requiredObject("schema");
    JsonNode schema = format.get().raw("schema");
    return new OutputFormat.JsonSchema(schema.toString());
  }
}
