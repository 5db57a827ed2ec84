package dev.freehold.provider.anthropic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.freehold.inference.Extras;
import dev.freehold.inference.FinishReason;
import dev.freehold.inference.InferenceEvent;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.Message;
import dev.freehold.inference.OutputFormat;
import dev.freehold.inference.Priority;
import dev.freehold.inference.Prompt;
import dev.freehold.inference.Sampling;
import dev.freehold.inference.Tool;
import dev.freehold.inference.ToolCall;
import dev.freehold.inference.ToolChoice;
import dev.freehold.inference.Usage;
import dev.freehold.provider.remote.BytesReply;
import dev.freehold.provider.remote.CollectedAnswer;
import dev.freehold.provider.remote.RandomTexts;
import dev.freehold.provider.remote.SpokenItem;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** How requests and answers are put into Anthropic's form and back. */
class AnthropicFormTest {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final AnthropicProtocol PROTOCOL =
      new AnthropicProtocol(AnthropicProtocol.DEFAULT_URL, Optional.empty());
  private static final List<Message> HI = List.of(Message.of(Message.Role.USER, "hi"));
  private static final Tool TOOL = new Tool("f", "does f", "{\"type\":\"object\"}");

  private static JsonNode body(InferenceRequest request) throws IOException {
    return JSON.readTree(PROTOCOL.encode(request, "claude-x").body());
  }

  private static InferenceRequest request(Prompt prompt, Sampling sampling, OutputFormat format) {
    return new InferenceRequest("r-1", "assistant", prompt, sampling, format, OptionalInt.empty());
  }

  private static InferenceRequest chat(List<Message> messages) {
    return request(
        new Prompt.Chat(messages, List.of(), new ToolChoice.Auto(), true),
        Sampling.defaults(),
        new OutputFormat.Text());
  }

  @Test
  void randomConversationIsTheSameThere() throws Exception {
    long seed = System.nanoTime();
    RandomTexts texts = new RandomTexts(new Random(seed));
    for (int i = 0; i < 500; i++) {
      InferenceRequest request = texts.request();
      JsonNode body = body(request);
      assertEquals(SpokenItem.of(request), spoken(body), "seed " + seed + ", request " + i);
      for (int turn = 1; turn < body.path("messages").size(); turn++) {
        assertNotEquals(
            body.path("messages").get(turn - 1).path("role"),
            body.path("messages").get(turn).path("role"),
            "seed " + seed);
      }
      Prompt.Chat chat = (Prompt.Chat) request.prompt();
      if (!chat.tools().isEmpty()) {
        List<Tool> tools = new ArrayList<>();
        body.path("tools")
            .forEach(
                tool ->
                    tools.add(
                        new Tool(
                            tool.path("name").asText(),
                            tool.path("description").asText(""),
                            tool.path("input_schema").toString())));
        assertEquals(chat.tools(), tools, "seed " + seed);
      }
    }
  }

  /** Reads the published shape. */
  private static List<SpokenItem> spoken(JsonNode body) {
    List<SpokenItem> items = new ArrayList<>();
    body.path("system")
        .forEach(b -> items.add(SpokenItem.words("system", b.path("text").asText())));
    for (JsonNode turn : body.path("messages")) {
      for (JsonNode block : turn.path("content")) {
        items.add(
            switch (block.path("type").asText()) {
              case "text" ->
                  SpokenItem.words(turn.path("role").asText(), block.path("text").asText());
              case "image" ->
                  SpokenItem.image(
                      block.at("/source/media_type").asText(), block.at("/source/data").asText());
              case "tool_use" ->
                  SpokenItem.call(
                      block.path("id").asText(), block.path("name").asText(), block.path("input"));
              case "tool_result" ->
                  SpokenItem.result(
                      block.path("tool_use_id").asText(), block.path("content").asText());
              default -> throw new AssertionError("no such block: " + block);
            });
      }
    }
    return items;
  }

  @Test
  void randomAnswerIsTheSameHere() throws Exception {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    RandomTexts texts = new RandomTexts(random);
    for (int i = 0; i < 500; i++) {
      CollectedAnswer answer = texts.answer();
      List<InferenceEvent> events =
          BytesReply.read(PROTOCOL.reading(chat(HI), 7), streamed(answer, texts, random), random);
      assertEquals(answer, CollectedAnswer.of(events), "seed " + seed + ", answer " + i);
    }
  }

  /** Streams an answer as the API's reference says that it does. */
  static String streamed(CollectedAnswer answer, RandomTexts texts, Random random) {
    StringBuilder stream = new StringBuilder();
    ObjectNode start = JSON.createObjectNode();
    int cached = answer.usage().cachedTokens();
    int written = random.nextInt(answer.usage().promptTokens() - cached + 1);
    ObjectNode message = start.putObject("message");
    message.put("id", "msg_1").put("type", "message").put("role", "assistant").put("model", "x");
    message.putNull("stop_reason").putNull("stop_sequence").putArray("content");
    message
        .putObject("usage")
        .put("input_tokens", answer.usage().promptTokens() - cached - written)
        .put("cache_read_input_tokens", cached)
        .put("cache_creation_input_tokens", written)
        .put("output_tokens", 1);
    event(stream, "message_start", start);
    int index = 0;
    if (!answer.reasoning().isEmpty()) {
      block(
          stream,
          index,
          JSON.createObjectNode().put("type", "thinking").put("thinking", "").put("signature", ""));
      for (String piece : texts.pieces(answer.reasoning())) {
        delta(stream, index, "thinking_delta", "thinking", piece);
      }
      delta(stream, index, "signature_delta", "signature", "c2ln");
      stop(stream, index++);
    }
    if (!answer.text().isEmpty()) {
      block(stream, index, JSON.createObjectNode().put("type", "text").put("text", ""));
      event(stream, "ping", JSON.createObjectNode());
      for (String piece : texts.pieces(answer.text())) {
        delta(stream, index, "text_delta", "text", piece);
      }
      stop(stream, index++);
    }
    for (ToolCall call : answer.calls()) {
      ObjectNode block = JSON.createObjectNode().put("type", "tool_use");
      block.put("id", call.id()).put("name", call.name()).putObject("input");
      block(stream, index, block);
      delta(stream, index, "input_json_delta", "partial_json", "");
      for (String piece : texts.pieces(call.arguments())) {
        delta(stream, index, "input_json_delta", "partial_json", piece);
      }
      stop(stream, index++);
    }
    ObjectNode end = JSON.createObjectNode();
    end.putObject("delta")
        .put(
            "stop_reason",
            switch (answer.reason()) {
              case STOP -> "end_turn";
              case LENGTH -> "max_tokens";
              case TOOL_CALLS -> "tool_use";
              case CONTENT_FILTER -> "refusal";
            })
        .putNull("stop_sequence");
    end.putObject("usage").put("output_tokens", answer.usage().completionTokens());
    event(stream, "message_delta", end);
    event(stream, "message_stop", JSON.createObjectNode());
    return stream.toString();
  }

  private static void block(StringBuilder stream, int index, ObjectNode block) {
    ObjectNode event = JSON.createObjectNode().put("index", index);
    event.set("content_block", block);
    event(stream, "content_block_start", event);
  }

  private static void delta(
      StringBuilder stream, int index, String type, String field, String piece) {
    ObjectNode event = JSON.createObjectNode().put("index", index);
    event.putObject("delta").put("type", type).put(field, piece);
    event(stream, "content_block_delta", event);
  }

  private static void stop(StringBuilder stream, int index) {
    event(stream, "content_block_stop", JSON.createObjectNode().put("index", index));
  }

  private static void event(StringBuilder stream, String type, ObjectNode data) {
    stream.append("event: ").append(type).append("\ndata: ");
    stream.append(data.put("type", type)).append("\n\n");
  }

  @Test
  void toolsAndFormatAskedForAreSent() throws Exception {
    JsonNode body =
        body(
            request(
                new Prompt.Chat(HI, List.of(TOOL), new ToolChoice.Named("f"), false),
                Sampling.defaults(),
                new OutputFormat.JsonSchema("{\"type\":\"string\"}")));
    assertEquals("claude-x", body.path("model").asText());
    assertTrue(body.path("stream").asBoolean());
    assertEquals(AnthropicRequest.DEFAULT_TOKENS_MAX, body.path("max_tokens").asInt());
    assertEquals("string", body.at("/output_config/format/schema/type").asText());
    assertEquals("json_schema", body.at("/output_config/format/type").asText());
    assertEquals(
        JSON.readTree("{\"type\":\"tool\",\"name\":\"f\",\"disable_parallel_tool_use\":true}"),
        body.path("tool_choice"));
  }

  @Test
  void toolChoicesAreTold() throws Exception {
    Map<ToolChoice, String> words =
        Map.of(new ToolChoice.None(), "none", new ToolChoice.Required(), "any");
    for (Map.Entry<ToolChoice, String> choice : words.entrySet()) {
      JsonNode body =
          body(
              request(
                  new Prompt.Chat(HI, List.of(TOOL), choice.getKey(), true),
                  Sampling.defaults(),
                  new OutputFormat.Text()));
      assertEquals(choice.getValue(), body.at("/tool_choice/type").asText());
      assertFalse(body.path("tool_choice").has("disable_parallel_tool_use"));
    }
  }

  @Test
  void anyJsonObjectComesAsTheArgumentsOfATool() throws Exception {
    InferenceRequest request =
        request(
            new Prompt.Chat(HI, List.of(), new ToolChoice.Auto(), true),
            Sampling.defaults(),
            new OutputFormat.JsonObject());
    JsonNode body = body(request);
    assertEquals(body.at("/tools/0/name"), body.at("/tool_choice/name"));
    CollectedAnswer called =
        new CollectedAnswer(
            "",
            "Here it is.",
            List.of(new ToolCall("t1", AnthropicRequest.ANSWER_TOOL, "{\"a\":1}")),
            FinishReason.TOOL_CALLS,
            new Usage(5, 0, 4));
    Random random = new Random(1);
    String stream = streamed(called, new RandomTexts(random), random);
    assertEquals(
        new CollectedAnswer("", "{\"a\":1}", List.of(), FinishReason.STOP, new Usage(5, 0, 4)),
        CollectedAnswer.of(BytesReply.read(PROTOCOL.reading(request, 7), stream, random)));
  }

  @Test
  void stopTextThatEndedTheAnswerIsTold() throws Exception {
    String stream =
        "data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"stop_sequence\","
            + "\"stop_sequence\":\"END\"},\"usage\":{\"output_tokens\":3}}\n\n"
            + "data: {\"type\":\"message_stop\"}\n\n";
    List<InferenceEvent> events =
        BytesReply.read(PROTOCOL.reading(chat(HI), 7), stream, new Random(1));
    assertEquals(
        new InferenceEvent.Finished(FinishReason.STOP, new Usage(0, 0, 3), Optional.of("END")),
        events.getLast());
  }

  @Test
  void conversationWithCallsThatHasNoToolsAnyMoreStillNamesThem() throws Exception {
    JsonNode body =
        body(
            chat(
                List.of(
                    Message.of(Message.Role.USER, "hi"),
                    new Message(
                        Message.Role.ASSISTANT,
                        "",
                        List.of(new ToolCall("of another: 1", "g", "no json")),
                        Optional.empty(),
                        Optional.empty()),
                    new Message(
                        Message.Role.TOOL,
                        "42",
                        List.of(),
                        Optional.of("of another: 1"),
                        Optional.empty()))));
    assertEquals("g", body.at("/tools/0/name").asText());
    assertEquals("none", body.at("/tool_choice/type").asText());
    String id = body.at("/messages/1/content/0/id").asText();
    assertTrue(id.matches("[a-zA-Z0-9_-]+"), id);
    assertEquals(id, body.at("/messages/2/content/0/tool_use_id").asText());
    assertEquals("no json", body.at("/messages/1/content/0/input/arguments").asText());
  }

  @Test
  void whatHasNoPlaceThereIsKnownBefore() {
    Prompt chat = new Prompt.Chat(HI, List.of(), new ToolChoice.Auto(), true);
    assertEquals(Optional.empty(), PROTOCOL.lacks(chat(HI)));
    for (Prompt prompt :
        List.of(
            new Prompt.Text("x"),
            new Prompt.Infill("a", "b", List.of()),
            new Prompt.Ranking("q", List.of("d")),
            new Prompt.Embedding(List.of(new Prompt.Input.OfText("x")), OptionalInt.empty()),
            new Prompt.Chat(
                List.of(Message.of(Message.Role.ASSISTANT, "I")),
                List.of(),
                new ToolChoice.Auto(),
                true))) {
      assertTrue(
          PROTOCOL
              .lacks(request(prompt, Sampling.defaults(), new OutputFormat.Text()))
              .isPresent());
    }
    assertTrue(
        PROTOCOL
            .lacks(request(chat, Sampling.defaults(), new OutputFormat.Grammar("root ::= \"x\"")))
            .isPresent());
    assertTrue(
        PROTOCOL
            .lacks(
                new InferenceRequest(
                    "r-1",
                    "assistant",
                    chat,
                    Sampling.defaults(),
                    new OutputFormat.Text(),
                    OptionalInt.empty(),
                    OptionalInt.of(0),
                    Priority.INTERACTIVE))
            .isPresent());
  }

  @Test
  void whatAClientOfTheSameApiSaidBesidesIsPassedOn() throws Exception {
    Map<String, String> fields =
        Map.of(
            "metadata", "{\"user_id\":\"u\"}",
            "thinking", "{\"type\":\"enabled\",\"budget_tokens\":2000}",
            "output_config", "{\"effort\":\"low\",\"format\":{\"type\":\"other\"}}",
            "model", "\"mine\"",
            "mcp_servers", "[{}]",
            "inference_geo", "\"us\"");
    InferenceRequest request =
        request(
                new Prompt.Chat(HI, List.of(), new ToolChoice.Auto(), true),
                Sampling.defaults(),
                new OutputFormat.JsonSchema("{}"))
            .withExtras(new Extras(Extras.Form.ANTHROPIC_MESSAGES, fields));
    JsonNode body = body(request);
    assertEquals("u", body.at("/metadata/user_id").asText());
    assertEquals(2000, body.at("/thinking/budget_tokens").asInt());
    assertEquals("low", body.at("/output_config/effort").asText());
    assertEquals("json_schema", body.at("/output_config/format/type").asText());
    assertEquals("claude-x", body.path("model").asText());
    assertFalse(body.has("mcp_servers") || body.has("inference_geo"));
    JsonNode other = body(request.withExtras(new Extras(Extras.Form.OPENAI_CHAT, fields)));
    assertFalse(other.has("metadata") || other.has("thinking"));
  }

  @Test
  void baseMayEndWithItsVersion() throws Exception {
    for (String base : List.of("https://h/x", "https://h/x/v1")) {
      assertEquals(
          URI.create("https://h/x/v1/messages"),
          new AnthropicProtocol(URI.create(base), Optional.empty()).encode(chat(HI), "m").uri());
    }
  }
}
