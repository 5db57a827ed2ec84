package dev.freehold.provider.anthropic;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import dev.freehold.inference.Extras;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.Message;
import dev.freehold.inference.OutputFormat;
import dev.freehold.inference.Prompt;
import dev.freehold.inference.Sampling;
import dev.freehold.inference.Tool;
import dev.freehold.inference.ToolChoice;
import dev.freehold.provider.remote.ExtraFields;
import dev.freehold.provider.remote.JsonBody;
import dev.freehold.provider.remote.RemoteJson;
import java.io.IOException;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Writes the neutral form as the body of {@code POST /v1/messages}. */
final class AnthropicRequest {

  /** The API demands a limit; every model it serves can write this much. */
  static final int DEFAULT_TOKENS_MAX = 8_192;

  /** The tool whose arguments are an answer that must be any JSON object. */
  static final String ANSWER_TOOL = "json_answer";

  private static final String ANY_OBJECT = "{\"type\":\"object\"}";

  private static final String OUTPUT_CONFIG = "output_config";
  private static final String THINKING = "thinking";

  /** What is written here. */
  private static final Set<String> OWN =
      Set.of(
          "model",
          "stream",
          "max_tokens",
          "system",
          "messages",
          "tools",
          "tool_choice",
          OUTPUT_CONFIG,
          THINKING,
          "temperature",
          "top_p",
          "top_k",
          "stop_sequences");

  private AnthropicRequest() {}

  /**
   * Whether the answer is to come as the arguments of a tool: the API can hold an answer to a
   * schema but not to "any object", which its own schemas cannot say.
   */
  static boolean isAnsweredByATool(InferenceRequest request) {
    return request.format() instanceof OutputFormat.JsonObject;
  }

  static byte[] encode(InferenceRequest request, String model) {
    if (!(request.prompt() instanceof Prompt.Chat chat)) {
      throw new IllegalArgumentException("Anthropic's API answers conversations only");
    }
    return JsonBody.object(
        json -> {
          json.writeStringField("model", model);
          json.writeBooleanField("stream", true);
          json.writeNumberField(
              "max_tokens", request.completionTokensMax().orElse(DEFAULT_TOKENS_MAX));
          AnthropicTurns.write(json, chat.messages());
          if (isAnsweredByATool(request)) {
            answerTool(json);
          } else {
            tools(json, chat);
          }
          outputConfig(json, request);
          sampling(json, request.sampling());
          thinking(json, request, chat);
          ExtraFields.write(json, request.extras(), Extras.Form.ANTHROPIC_MESSAGES, OWN);
        });
  }

  private static void answerTool(JsonGenerator json) throws IOException {
    json.writeArrayFieldStart("tools");
    tool(json, new Tool(ANSWER_TOOL, "Gives the answer, as a JSON object.", ANY_OBJECT));
    json.writeEndArray();
    toolChoice(json, new ToolChoice.Named(ANSWER_TOOL), false);
  }

  private static void tools(JsonGenerator json, Prompt.Chat chat) throws IOException {
    if (!chat.tools().isEmpty()) {
      json.writeArrayFieldStart("tools");
      for (Tool tool : chat.tools()) {
        tool(json, tool);
      }
      json.writeEndArray();
      toolChoice(json, chat.toolChoice(), chat.parallelToolCalls());
      return;
    }
    Set<String> called = new LinkedHashSet<>();
    chat.messages()
        .forEach(message -> message.toolCalls().forEach(call -> called.add(call.name())));
    if (called.isEmpty()) {
      return;
    }
    // A conversation with calls is taken only with tools that could have been called.
    json.writeArrayFieldStart("tools");
    for (String name : called) {
      tool(json, new Tool(name, "", ANY_OBJECT));
    }
    json.writeEndArray();
    toolChoice(json, new ToolChoice.None(), true);
  }

  private static void tool(JsonGenerator json, Tool tool) throws IOException {
    json.writeStartObject();
    json.writeStringField("name", tool.name());
    if (!tool.description().isEmpty()) {
      json.writeStringField("description", tool.description());
    }
    json.writeFieldName("input_schema");
    json.writeRawValue(tool.parametersSchema());
    json.writeEndObject();
  }

  private static void toolChoice(JsonGenerator json, ToolChoice choice, boolean parallel)
      throws IOException {
    boolean isSaid = !(choice instanceof ToolChoice.Auto) || !parallel;
    if (!isSaid) {
      return;
    }
    json.writeObjectFieldStart("tool_choice");
    switch (choice) {
      case ToolChoice.Auto _ -> json.writeStringField("type", "auto");
      case ToolChoice.None _ -> json.writeStringField("type", "none");
      case ToolChoice.Required _ -> json.writeStringField("type", "any");
      case ToolChoice.Named named -> {
        json.writeStringField("type", "tool");
        json.writeStringField("name", named.name());
      }
    }
    if (!parallel && !(choice instanceof ToolChoice.None)) {
      json.writeBooleanField("disable_parallel_tool_use", true);
    }
    json.writeEndObject();
  }

  /** The schema that the answer is held to, beside what a client of the same API said there. */
  private static void outputConfig(JsonGenerator json, InferenceRequest request)
      throws IOException {
    JsonNode said = extra(request, OUTPUT_CONFIG);
    Optional<String> schema =
        request.format() instanceof OutputFormat.JsonSchema asked
            ? Optional.of(asked.schema())
            : Optional.empty();
    boolean hasMore = said.properties().stream().anyMatch(f -> !f.getKey().equals("format"));
    if (schema.isEmpty() && !hasMore) {
      return;
    }
    json.writeObjectFieldStart(OUTPUT_CONFIG);
    for (Map.Entry<String, JsonNode> field : said.properties()) {
      if (!field.getKey().equals("format")) {
        json.writeFieldName(field.getKey());
        json.writeRawValue(field.getValue().toString());
      }
    }
    if (schema.isPresent()) {
      json.writeObjectFieldStart("format");
      json.writeStringField("type", "json_schema");
      json.writeFieldName("schema");
      json.writeRawValue(schema.get());
      json.writeEndObject();
    }
    json.writeEndObject();
  }

  /**
   * What a client of the same API said of thinking. In the middle of a turn with tools the API
   * wants the thinking that led to the call back, signed, which the neutral form does not keep: the
   * rest of such a turn goes without.
   */
  private static void thinking(JsonGenerator json, InferenceRequest request, Prompt.Chat chat)
      throws IOException {
    JsonNode said = extra(request, THINKING);
    boolean isMidTurn =
        !chat.messages().isEmpty() && chat.messages().getLast().role() == Message.Role.TOOL;
    if (said.isObject() && !isMidTurn) {
      json.writeFieldName(THINKING);
      json.writeRawValue(said.toString());
    }
  }

  private static JsonNode extra(InferenceRequest request, String name) {
    String raw = request.extras().of(Extras.Form.ANTHROPIC_MESSAGES).get(name);
    try {
      return raw == null ? RemoteJson.MAPPER.missingNode() : RemoteJson.MAPPER.readTree(raw);
    } catch (JacksonException e) {
      throw new IllegalStateException("a field of a request's JSON is no JSON", e);
    }
  }

  private static void sampling(JsonGenerator json, Sampling sampling) throws IOException {
    JsonBody.number(json, "temperature", sampling.temperature());
    JsonBody.number(json, "top_p", sampling.topP());
    if (sampling.topK().isPresent()) {
      json.writeNumberField("top_k", sampling.topK().getAsInt());
    }
    JsonBody.texts(json, "stop_sequences", sampling.stop());
  }
}
