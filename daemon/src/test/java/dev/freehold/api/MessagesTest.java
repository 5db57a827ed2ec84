package dev.freehold.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.freehold.api.TestClient.Reply;
import dev.freehold.inference.FinishReason;
import dev.freehold.inference.InferenceEvent;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.Message;
import dev.freehold.inference.OutputFormat;
import dev.freehold.inference.Prompt;
import dev.freehold.inference.ToolCall;
import dev.freehold.inference.ToolChoice;
import dev.freehold.inference.Usage;
import dev.freehold.provider.FakeProvider;
import dev.freehold.store.Outcome;
import dev.freehold.store.UsageRecord;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a client of Anthropic's form gets. */
class MessagesTest extends ServedTest {

  private static final String PATH = "/v1/messages";
  private static final String COUNT = "/v1/messages/count_tokens";
  private static final String QUESTION =
      "{\"model\":\"assistant\",\"max_tokens\":64,"
          + "\"messages\":[{\"role\":\"user\",\"content\":\"hi there\"}]%s}";
  private static final String STREAM = QUESTION.formatted(",\"stream\":true");
  private static final String TOOLS =
      ",\"tools\":[{\"name\":\"weather\",\"description\":\"Tells the weather.\","
          + "\"input_schema\":{\"type\":\"object\"}}]";

  /** A body with a little of everything. */
  private static final String EVERYTHING =
      """
      {"model":"assistant","max_tokens":9,"stop_sequences":["END"],"temperature":0.5,"stream":false,
       "tools":[{"name":"f","description":"d","input_schema":{"type":"object"}}],
       "tool_choice":{"type":"none"},"thinking":{"type":"enabled","budget_tokens":1024},
       "output_config":{"format":{"type":"json_schema","schema":{"type":"object"}}},
       "system":[{"type":"text","text":"be brief","cache_control":{"type":"ephemeral"}},
                 {"type":"text","text":"be kind"}],
       "messages":[
        {"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]},
        {"role":"user","content":"c"},
        {"role":"assistant","content":[
          {"type":"thinking","thinking":"hm","signature":"x"},
          {"type":"text","text":"I look."},
          {"type":"tool_use","id":"c1","name":"f","input":{"x":1}},
          {"type":"tool_use","id":"c2","name":"g","input":{}}]},
        {"role":"user","content":[
          {"type":"tool_result","tool_use_id":"c1","content":[{"type":"text","text":"42"}]},
          {"type":"tool_result","tool_use_id":"c2","content":"no","is_error":true},
          {"type":"text","text":"go on"}]}]}
      """;

  @Test
  void wholeMessageIsByteForByteWhatSdksRead() throws Exception {
    try (TestClient client = box.client()) {
      Reply reply = client.post(PATH, QUESTION.formatted(""), "x-request-id: r-1");
      assertEquals(200, reply.status());
      assertEquals("application/json", reply.header("content-type"));
      assertEquals("local", reply.header("freehold-provider"));
      assertEquals("r-1", reply.header("x-request-id"));
      assertEquals("r-1", reply.header("request-id"));
      assertEquals(
          "{\"id\":\"msg_r-1\",\"type\":\"message\",\"role\":\"assistant\","
              + "\"model\":\"assistant\",\"content\":[{\"type\":\"text\",\"text\":\"Hello\"}],"
              + "\"stop_reason\":\"end_turn\",\"stop_sequence\":null,\"usage\":{"
              + "\"input_tokens\":5,\"cache_creation_input_tokens\":0,"
              + "\"cache_read_input_tokens\":2,\"output_tokens\":2}}",
          reply.body());
    }
  }

  @Test
  void streamIsByteForByteWhatSdksRead() throws Exception {
    try (TestClient client = box.client()) {
      Reply reply = client.post(PATH, STREAM, "x-request-id: r-2");
      assertEquals("text/event-stream", reply.header("content-type"));
      assertEquals("no-cache", reply.header("cache-control"));
      assertEquals(
          """
          event: message_start
          data: {"type":"message_start","message":{"id":"msg_r-2","type":"message",\
          "role":"assistant","model":"assistant","content":[],"stop_reason":null,\
          "stop_sequence":null,"usage":{"input_tokens":5,"cache_creation_input_tokens":0,\
          "cache_read_input_tokens":2,"output_tokens":1}}}

          event: content_block_start
          data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}

          event: content_block_delta
          data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hel"}}

          event: content_block_delta
          data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"lo"}}

          event: content_block_stop
          data: {"type":"content_block_stop","index":0}

          event: message_delta
          data: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},\
          "usage":{"input_tokens":5,"cache_creation_input_tokens":0,"cache_read_input_tokens":2,\
          "output_tokens":2}}

          event: message_stop
          data: {"type":"message_stop"}

          """,
          reply.body());
    }
  }

  @Test
  void toolCallsAreBlocksWholeAndStreamed() throws Exception {
    box.remote.plays(
        List.of(
            FakeProvider.say("Let me see."),
            tool(3, "call-1", "weather", "{\"city\":"),
            tool(3, null, null, "\"Bern\"}"),
            tool(4, "call-2", "time", ""),
            finish(FinishReason.TOOL_CALLS)));
    try (TestClient client = box.client()) {
      Reply reply = client.post(PATH, QUESTION.formatted(TOOLS));
      assertEquals("remote", reply.header("freehold-provider"));
      JsonNode whole = Json.MAPPER.readTree(reply.body());
      assertEquals(
          """
          [{"type":"text","text":"Let me see."},\
          {"type":"tool_use","id":"call-1","name":"weather","input":{"city":"Bern"}},\
          {"type":"tool_use","id":"call-2","name":"time","input":{}}]\
          """,
          whole.path("content").toString());
      assertEquals("tool_use", whole.path("stop_reason").asText());
      List<JsonNode> events =
          events(client.post(PATH, QUESTION.formatted(TOOLS + ",\"stream\":true")));
      assertEquals(
          List.of(
              "message_start",
              "content_block_start",
              "content_block_delta",
              "content_block_stop",
              "content_block_start",
              "content_block_delta",
              "content_block_delta",
              "content_block_stop",
              "content_block_start",
              "content_block_stop",
              "message_delta",
              "message_stop"),
          events.stream().map(event -> event.path("type").asText()).toList());
      assertEquals(
          "{\"type\":\"tool_use\",\"id\":\"call-1\",\"name\":\"weather\",\"input\":{}}",
          events.get(4).path("content_block").toString());
      assertEquals(
          "{\"type\":\"input_json_delta\",\"partial_json\":\"{\\\"city\\\":\"}",
          events.get(5).path("delta").toString());
      assertEquals(2, events.get(9).path("index").asInt());
      assertEquals("tool_use", events.get(10).at("/delta/stop_reason").asText());
    }
  }

  @Test
  void callThatAProviderCallsAnOrdinaryStopIsAToolUse() throws Exception {
    box.remote.plays(List.of(tool(0, "call-1", "weather", "{}"), finish(FinishReason.STOP)));
    try (TestClient client = box.client()) {
      Reply reply = client.post(PATH, QUESTION.formatted(TOOLS));
      assertEquals("tool_use", Json.MAPPER.readTree(reply.body()).path("stop_reason").asText());
    }
  }

  @Test
  void limitAndContentFilterHaveTheirStopReasons() throws Exception {
    try (TestClient client = box.client()) {
      box.local.plays(List.of(FakeProvider.say("a"), finish(FinishReason.LENGTH)));
      assertEquals("max_tokens", stopReason(client));
      box.local.plays(List.of(FakeProvider.say("a"), finish(FinishReason.CONTENT_FILTER)));
      assertEquals("refusal", stopReason(client));
    }
  }

  private static String stopReason(TestClient client) throws IOException {
    Reply reply = client.post(PATH, QUESTION.formatted(""));
    return Json.MAPPER.readTree(reply.body()).path("stop_reason").asText();
  }

  @Test
  void argumentsThatAreNoObjectAreTheProvidersFailureUnlessTheLimitCutThem() throws Exception {
    try (TestClient client = box.client()) {
      box.remote.plays(
          List.of(tool(0, "c", "weather", "{\"secret"), finish(FinishReason.TOOL_CALLS)));
      Reply broken = client.post(PATH, QUESTION.formatted(TOOLS));
      assertError(broken, 502, "api_error");
      assertFalse(broken.body().contains("secret"));
      box.remote.plays(List.of(tool(0, "c", "weather", "{\"ci"), finish(FinishReason.LENGTH)));
      JsonNode cut = Json.MAPPER.readTree(client.post(PATH, QUESTION.formatted(TOOLS)).body());
      assertEquals("{}", cut.at("/content/0/input").toString());
      assertEquals("max_tokens", cut.path("stop_reason").asText());
    }
  }

  @Test
  void thinkingIsSentToWhoeverAskedForIt() throws Exception {
    box.local.plays(
        List.of(
            new FakeProvider.Step.Say(new InferenceEvent.ReasoningDelta("hm")),
            FakeProvider.say("yes"),
            finish(FinishReason.STOP)));
    String thinking = ",\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":1024%s}%s";
    try (TestClient client = box.client()) {
      Reply asked = client.post(PATH, QUESTION.formatted(thinking.formatted("", "")));
      assertEquals(
          "[{\"type\":\"thinking\",\"thinking\":\"hm\",\"signature\":\"\"},"
              + "{\"type\":\"text\",\"text\":\"yes\"}]",
          Json.MAPPER.readTree(asked.body()).path("content").toString());
      List<JsonNode> events =
          events(client.post(PATH, QUESTION.formatted(thinking.formatted("", ",\"stream\":true"))));
      assertEquals("thinking", events.get(1).at("/content_block/type").asText());
      assertEquals(
          "{\"type\":\"thinking_delta\",\"thinking\":\"hm\"}",
          events.get(2).path("delta").toString());
      assertEquals("content_block_stop", events.get(3).path("type").asText());
      assertEquals("text", events.get(4).at("/content_block/type").asText());
      assertEquals(1, events.get(5).path("index").asInt());
      String omitted = thinking.formatted(",\"display\":\"omitted\"", "");
      String disabled = ",\"thinking\":{\"type\":\"disabled\"}";
      for (String other : List.of("", ",\"stream\":true", omitted, disabled)) {
        Reply reply = client.post(PATH, QUESTION.formatted(other));
        assertFalse(reply.body().contains("thinking"), reply.body());
        assertTrue(reply.body().contains("yes"), reply.body());
      }
    }
  }

  @Test
  void conversationOfBlocksIsReadIntoTheNeutralForm() throws Exception {
    try (TestClient client = box.client()) {
      assertEquals(200, client.post(PATH, EVERYTHING).status());
    }
    assertEquals(
        List.of(
            Message.of(Message.Role.SYSTEM, "be brief\nbe kind"),
            Message.of(Message.Role.USER, "a\nb\nc"),
            new Message(
                Message.Role.ASSISTANT,
                "I look.",
                List.of(new ToolCall("c1", "f", "{\"x\":1}"), new ToolCall("c2", "g", "{}")),
                Optional.empty(),
                Optional.empty()),
            result("c1", "42"),
            result("c2", "Error: no"),
            Message.of(Message.Role.USER, "go on")),
        ((Prompt.Chat) box.remote.attempts().getFirst().request().prompt()).messages());
  }

  private static Message result(String id, String text) {
    return new Message(Message.Role.TOOL, text, List.of(), Optional.of(id), Optional.empty());
  }

  @Test
  void everyOptionReachesTheProviderInTheNeutralForm() throws Exception {
    String options =
        ",\"temperature\":0.5,\"top_p\":0.9,\"top_k\":40,\"stop_sequences\":[\"END\",\"\\n\"],"
            + "\"system\":\"be brief\",\"output_config\":{\"effort\":\"low\",\"format\":"
            + "{\"type\":\"json_schema\",\"schema\":{\"type\":\"object\"}}}";
    try (TestClient client = box.client()) {
      assertEquals(200, client.post(PATH, QUESTION.formatted(options)).status());
    }
    InferenceRequest asked = box.local.attempts().getFirst().request();
    assertEquals(64, asked.completionTokensMax().orElseThrow());
    assertEquals(0.5, asked.sampling().temperature().orElseThrow());
    assertEquals(0.9, asked.sampling().topP().orElseThrow());
    assertEquals(40, asked.sampling().topK().orElseThrow());
    assertEquals(List.of("END", "\n"), asked.sampling().stop());
    assertEquals(new OutputFormat.JsonSchema("{\"type\":\"object\"}"), asked.format());
    assertEquals(Message.of(Message.Role.SYSTEM, "be brief"), asked().messages().getFirst());
  }

  @Test
  void toolChoicesAreReadIntoTheNeutralForm() throws Exception {
    assertEquals(new ToolChoice.Auto(), choice(""));
    assertEquals(new ToolChoice.Auto(), choice("{\"type\":\"auto\"}"));
    assertEquals(new ToolChoice.None(), choice("{\"type\":\"none\"}"));
    assertEquals(new ToolChoice.Required(), choice("{\"type\":\"any\"}"));
    assertEquals(
        new ToolChoice.Named("weather"), choice("{\"type\":\"tool\",\"name\":\"weather\"}"));
    choice("{\"type\":\"any\",\"disable_parallel_tool_use\":true}");
    Prompt.Chat asked = (Prompt.Chat) box.remote.attempts().getLast().request().prompt();
    assertFalse(asked.parallelToolCalls());
    assertEquals("weather", asked.tools().getFirst().name());
    assertEquals("Tells the weather.", asked.tools().getFirst().description());
    assertEquals("{\"type\":\"object\"}", asked.tools().getFirst().parametersSchema());
  }

  private static ToolChoice choice(String json) throws IOException {
    try (TestClient client = box.client()) {
      String choice = json.isEmpty() ? "" : ",\"tool_choice\":" + json;
      assertEquals(200, client.post(PATH, QUESTION.formatted(TOOLS + choice)).status());
    }
    return ((Prompt.Chat) box.remote.attempts().getLast().request().prompt()).toolChoice();
  }

  @Test
  void whatIsMeantForAnthropicsOwnServiceIsPassedOver() throws Exception {
    String beta =
        ",\"metadata\":{\"user_id\":\"u\"},\"service_tier\":\"auto\",\"container\":null,"
            + "\"context_management\":{\"edits\":[]},\"mcp_servers\":[],\"no_such_field\":[1]";
    try (TestClient client = box.client()) {
      Reply reply =
          client.post(
              PATH + "?beta=true",
              QUESTION.formatted(beta),
              "x-api-key: anything",
              "anthropic-version: 2023-06-01",
              "anthropic-beta: some-beta-2025-01-01");
      assertEquals(200, reply.status(), reply.body());
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "{\"model\":\"assistant\"                                                | valid JSON",
        "{\"model\":\"assistant\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}"
            + " | 'max_tokens' is missing",
        "{\"model\":\"assistant\",\"max_tokens\":0}                              | 'max_tokens'",
        "{\"max_tokens\":1,\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]} | 'model'",
        "{\"model\":\"assistant\",\"max_tokens\":1}                              | 'messages'",
        "{\"model\":\"assistant\",\"max_tokens\":1,\"messages\":[{\"role\":\"user\",\"content\":[]}]}"
            + " | 'messages'",
        "{\"model\":\"assistant\",\"max_tokens\":1,\"messages\":[{\"role\":\"tool\",\"content\":\"x\"}]}"
            + " | 'messages[0].role'",
        "{\"model\":\"assistant\",\"max_tokens\":1,\"messages\":[{\"role\":\"user\",\"content\":7}]}"
            + " | 'messages[0].content'",
        "{\"model\":\"assistant\",\"max_tokens\":1,\"messages\":[{\"role\":\"user\",\"content\":\"x\"},{\"role\":\"assistant\",\"content\":\"The"
            + " answer is (\"}]} | End with a user's message",
      })
  void wrongBodyIsToldInAnthropicsErrorShape(String body, String told) throws Exception {
    try (TestClient client = box.client()) {
      Reply reply = client.post(PATH, body);
      assertTold(reply, told);
      assertEquals(200, client.get("/v1/models").status(), "the connection lives on");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "{\"type\":\"image\",\"source\":{}}                    | content[0].source.type",
        "{\"type\":\"document\",\"source\":{}}                 | cannot read",
        "{\"type\":\"tool_use\",\"id\":\"a\",\"name\":\"b\",\"input\":{}} | only the assistant",
        "{\"type\":\"tool_result\"}                            | content[0].tool_use_id",
        "{\"type\":\"tool_result\",\"tool_use_id\":\"a\",\"content\":[{\"type\":\"image\"}]}"
            + " | content[0].content[0].type",
        "{\"type\":\"text\"}                                   | content[0].text",
        "{}                                                    | content[0].type",
        "7                                                     | 'messages[0].content[0]'",
      })
  void wrongBlockIsToldByItsPlace(String block, String told) throws Exception {
    String body =
        "{\"model\":\"assistant\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":["
            + block
            + "]}]}";
    try (TestClient client = box.client()) {
      assertTold(client.post(PATH, body), told);
      assertTold(client.post(COUNT, body), told);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "\"temperature\":3                                        | 'temperature'",
        "\"stop_sequences\":[\"\"]                                | 'stop_sequences'",
        "\"stop_sequences\":7                                     | 'stop_sequences'",
        "\"stream\":\"yes\"                                       | 'stream'",
        "\"system\":[{\"type\":\"image\"}]                        | 'system[0].type'",
        "\"tools\":[{\"name\":\"x\"}]                             | 'tools[0].input_schema'",
        "\"tools\":[{\"type\":\"web_search_20250305\",\"name\":\"web_search\"}]"
            + " | no tools of its own",
        "\"tool_choice\":{\"type\":\"any\"}                       | there are no 'tools'",
        "\"tool_choice\":{\"type\":\"tool\",\"name\":\"f\"}       | not among 'tools'",
        "\"tool_choice\":{\"type\":\"king\"}                      | 'tool_choice.type'",
        "\"tool_choice\":\"auto\"                                 | 'tool_choice'",
        "\"thinking\":{}                                          | 'thinking.type'",
        "\"output_config\":{\"format\":{\"type\":\"xml\"}}        | 'output_config.format.type'",
      })
  void wrongOptionIsToldByItsName(String option, String told) throws Exception {
    try (TestClient client = box.client()) {
      assertTold(client.post(PATH, QUESTION.formatted("," + option)), told);
    }
  }

  @Test
  void mutatedBodiesAreReadOrRefusedAndNeverADefect() throws Exception {
    long seed = System.nanoTime();
    System.out.println("seed of the mutated messages: " + seed);
    Random random = new Random(seed);
    String[] values = {
      "null",
      "7",
      "-1",
      "1e400",
      "true",
      "\"\"",
      "\"x\"",
      "[]",
      "[[]]",
      "{}",
      "[{}]",
      "[null]",
      "{\"type\":\"text\"}",
      "[{\"type\":\"tool_use\"}]",
      "{\"type\":\"tool\"}"
    };
    int read = 0;
    for (int i = 0; i < 10_000; i++) {
      ObjectNode body = (ObjectNode) Json.MAPPER.readTree(EVERYTHING);
      List<JsonNode> nodes = new ArrayList<>();
      collect(body, nodes);
      for (int changes = random.nextInt(1, 4); changes > 0; changes--) {
        JsonNode value = Json.MAPPER.readTree(values[random.nextInt(values.length)]);
        switch (nodes.get(random.nextInt(nodes.size()))) {
          case ObjectNode object when !object.isEmpty() -> {
            List<String> names = new ArrayList<>();
            object.fieldNames().forEachRemaining(names::add);
            object.set(names.get(random.nextInt(names.size())), value);
          }
          case ArrayNode array when !array.isEmpty() ->
              array.set(random.nextInt(array.size()), value);
          default -> {
            // It was emptied by a change before.
          }
        }
      }
      try {
        MessageRequests.read("r", body);
        MessageRequests.readUnlimited("r", body);
        read++;
      } catch (ApiException e) {
        assertEquals(400, e.error().status());
      }
    }
    assertTrue(read > 0 && read < 10_000, read + " of the bodies were read, seed " + seed);
  }

  private static void collect(JsonNode node, List<JsonNode> into) {
    if (node.isContainerNode()) {
      into.add(node);
      node.forEach(child -> collect(child, into));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "INVALID_REQUEST, 400, invalid_request_error",
    "CONTEXT_TOO_LONG, 400, invalid_request_error",
    "MODEL_NOT_FOUND, 404, not_found_error",
    "FORBIDDEN, 403, permission_error",
    "OVERLOADED, 429, rate_limit_error",
    "UNAVAILABLE, 503, overloaded_error",
    "PROVIDER_FAILED, 502, api_error",
    "TIMED_OUT, 504, timeout_error",
    "INTERNAL, 500, api_error",
  })
  void failureOfTheProviderHasItsStatusAndType(
      InferenceException.Kind kind, int status, String type) throws Exception {
    box.local.fails(kind);
    try (TestClient client = box.client("CN=bob, OU=legal, O=test")) {
      for (String body : List.of(QUESTION.formatted(""), STREAM)) {
        Reply reply = client.post(PATH, body);
        assertError(reply, status, type);
        assertEquals(Outcome.FAILED, box.record(reply.header("x-request-id")).outcome());
      }
    }
  }

  @Test
  void everyOtherRefusalHasTheShapeToo() throws Exception {
    try (TestClient client = box.client("CN=mallory, OU=strangers, O=test")) {
      assertError(client.post(PATH, QUESTION.formatted("")), 403, "permission_error");
    }
    try (TestClient client = box.client()) {
      assertError(
          client.post(PATH, QUESTION.formatted("").replace("assistant", "other")),
          404,
          "not_found_error");
      assertError(client.post(PATH, "x".repeat(200_000)), 413, "request_too_large");
    }
    try (TestClient client = box.client()) {
      for (String path : List.of(PATH, COUNT)) {
        Reply method = client.get(path);
        assertError(method, 405, "invalid_request_error");
        assertEquals("POST", method.header("allow"));
      }
      assertError(client.get(PATH + "/batches"), 404, "not_found_error");
      assertError(
          client.post(PATH, QUESTION.formatted(""), "Content-Type: text/plain"),
          415,
          "invalid_request_error");
      assertError(
          client.post(PATH, STREAM, "Freehold-Label: top-secret"), 400, "invalid_request_error");
    }
    try (TestClient client = box.client()) {
      client.send("POST /v1/messages HTTP/1.1\r\n\r\n");
      assertError(client.reply(), 400, "invalid_request_error");
    }
  }

  @Test
  void failureAfterOutputEndsTheStreamWithAnErrorAndNoStop() throws Exception {
    box.local.plays(
        List.of(
            FakeProvider.say("half"),
            FakeProvider.breaks(InferenceException.Kind.PROVIDER_FAILED)));
    try (TestClient client = box.client()) {
      Reply reply = client.post(PATH, STREAM);
      assertEquals(200, reply.status());
      JsonNode last = events(reply).getLast();
      assertEquals("error", last.path("type").asText());
      assertEquals("api_error", last.at("/error/type").asText());
      assertFalse(reply.body().contains("message_stop"));
      UsageRecord record = box.record(reply.header("x-request-id"));
      assertEquals(Outcome.FAILED, record.outcome());
      assertEquals(1, record.completionTokens());
      assertEquals(200, client.get("/v1/models").status(), "the connection lives on");
    }
  }

  @Test
  void providerThatMixesItsToolCallsBreaksTheStreamAndNotTheWholeAnswer() throws Exception {
    box.remote.plays(
        List.of(
            tool(0, "c0", "weather", "{"),
            tool(1, "c1", "weather", "{}"),
            tool(0, null, null, "}"),
            finish(FinishReason.TOOL_CALLS)));
    try (TestClient client = box.client()) {
      Reply streamed = client.post(PATH, QUESTION.formatted(TOOLS + ",\"stream\":true"));
      assertEquals("error", events(streamed).getLast().path("type").asText());
      assertEquals(Outcome.FAILED, box.record(streamed.header("x-request-id")).outcome());
      Reply whole = client.post(PATH, QUESTION.formatted(TOOLS));
      assertEquals(2, Json.MAPPER.readTree(whole.body()).path("content").size());
    }
  }

  @Test
  void labelProviderAndRecordAreAsOnEverySurface() throws Exception {
    try (TestClient client = box.client()) {
      Reply reply = client.post(PATH, STREAM, "Freehold-Label: confidential");
      assertEquals("local", reply.header("freehold-provider"));
      UsageRecord record = box.record(reply.header("x-request-id"));
      assertEquals("alice", record.client());
      assertEquals(Optional.of("confidential"), record.label());
      assertEquals(Optional.of("usual"), record.route());
      assertEquals(Optional.of("local"), record.provider());
      assertEquals(Optional.of("assistant"), record.model());
      assertEquals(7, record.promptTokens());
      assertEquals(2, record.completionTokens());
      assertEquals(Outcome.COMPLETED, record.outcome());
      assertTrue(record.firstTokenMillis().isPresent());
    }
  }

  @Test
  void hangUpInTheMiddleOfAStreamFreesTheProvider() throws Exception {
    CountDownLatch never = new CountDownLatch(1);
    box.local.plays(
        List.of(
            FakeProvider.say("one"), new FakeProvider.Step.Await(never), FakeProvider.finish(1)));
    String id = "messages-hang-up";
    try (TestClient client = box.client()) {
      client.sendPost(PATH, STREAM, "x-request-id: " + id);
      assertEquals(200, client.head().status());
      assertTrue(client.chunk().contains("one"));
    }
    assertEquals(Outcome.CLIENT_GONE, box.record(id).outcome());
  }

  @Test
  void tokensAreCountedByTheLocalModelAndNothingIsSent() throws Exception {
    String body =
        "{\"model\":\"assistant\",\"system\":\"be very brief\",\"messages\":["
            + "{\"role\":\"user\",\"content\":\"hi there\"},"
            + "{\"role\":\"assistant\",\"content\":\"hello\"}]}";
    try (TestClient client = box.client()) {
      Reply reply = client.post(COUNT, body);
      assertEquals(200, reply.status(), reply.body());
      assertEquals("application/json", reply.header("content-type"));
      assertEquals("{\"input_tokens\":6}", reply.body());
      assertEquals("none", reply.header("freehold-provider"));
      assertEquals(reply.header("x-request-id"), reply.header("request-id"));
      assertEquals(200, client.get("/v1/models").status(), "the connection lives on");
    }
    assertTrue(box.local.attempts().isEmpty() && box.remote.attempts().isEmpty());
    assertEquals(0, box.models.openPrompts());
  }

  @Test
  void onlyAdmittedClientsAndOfferedModelsAreCountedFor() throws Exception {
    try (TestClient client = box.client("CN=mallory, OU=strangers, O=test")) {
      assertError(client.post(COUNT, QUESTION.formatted("")), 403, "permission_error");
    }
    try (TestClient client = box.client()) {
      Reply reply = client.post(COUNT, QUESTION.formatted("").replace("assistant", "other"));
      assertError(reply, 404, "not_found_error");
    }
  }

  @Test
  void countOfAModelThatIsNotLoadedIsRefusedAndNotEstimated(@TempDir Path own) throws Exception {
    try (TestBox loading = new TestBox(own);
        TestClient client = loading.client()) {
      loading.models.fails(InferenceException.Kind.UNAVAILABLE);
      Reply reply = client.post(COUNT, QUESTION.formatted(""));
      assertError(reply, 503, "overloaded_error");
      assertEquals("1", reply.header("retry-after"));
      Reply answered = client.post(PATH, QUESTION.formatted(""));
      assertEquals(200, answered.status(), "an estimate is good enough to route by");
      loading.server.close(Duration.ofSeconds(1));
    }
  }

  private static Prompt.Chat asked() {
    return (Prompt.Chat) box.local.attempts().getFirst().request().prompt();
  }

  private static FakeProvider.Step tool(int index, String id, String name, String arguments) {
    return new FakeProvider.Step.Say(
        new InferenceEvent.ToolCallDelta(
            index, Optional.ofNullable(id), Optional.ofNullable(name), arguments));
  }

  private static FakeProvider.Step finish(FinishReason reason) {
    return new FakeProvider.Step.Say(new InferenceEvent.Finished(reason, new Usage(5, 0, 9)));
  }

  /** Every event's data, once its name has been found to be its type. */
  private static List<JsonNode> events(Reply reply) throws IOException {
    List<JsonNode> events = new ArrayList<>();
    for (String event : reply.body().strip().split("\n\n", -1)) {
      String[] lines = event.split("\n", -1);
      assertEquals(2, lines.length, event);
      JsonNode data = Json.MAPPER.readTree(lines[1].substring("data: ".length()));
      assertEquals("event: " + data.path("type").asText(), lines[0]);
      events.add(data);
    }
    return events;
  }

  private static void assertTold(Reply reply, String told) throws IOException {
    JsonNode error = assertError(reply, 400, "invalid_request_error");
    assertTrue(error.path("message").asText().contains(told), reply.body());
  }

  /** Every error has the headers of any answer and Anthropic's error object. */
  private static JsonNode assertError(Reply reply, int status, String type) throws IOException {
    assertEquals(status, reply.status(), reply.body());
    assertEquals("application/json", reply.header("content-type"));
    assertFalse(reply.header("freehold-provider").isEmpty());
    assertFalse(reply.header("x-request-id").isEmpty());
    assertEquals(reply.header("x-request-id"), reply.header("request-id"));
    JsonNode json = Json.MAPPER.readTree(reply.body());
    assertEquals("error", json.path("type").asText());
    assertEquals(reply.header("x-request-id"), json.path("request_id").asText());
    assertEquals(type, json.at("/error/type").asText());
    assertFalse(json.at("/error/message").asText().isEmpty());
    return json.path("error");
  }
}
