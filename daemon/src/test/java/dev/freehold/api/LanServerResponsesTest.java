package dev.freehold.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
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
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** What a client of OpenAI's Responses surface gets. */
class LanServerResponsesTest extends ServedTest {

  private static final String PATH = "/v1/responses";
  private static final String ASK = "{\"model\":\"assistant\",\"input\":\"hi there\"%s}";
  private static final String STREAM = ASK.formatted(",\"stream\":true");
  private static final String TOOLS =
      ",\"tools\":[{\"type\":\"function\",\"name\":\"weather\",\"description\":\"of a city\","
          + "\"parameters\":{\"type\":\"object\"},\"strict\":true}]";

  @Test
  void wholeResponseHasOutputUsageAndSaysThatNothingIsStored() throws Exception {
    try (TestClient client = box.client()) {
      Reply reply = client.post(PATH, ASK.formatted(",\"store\":true"), "x-request-id: w-1");
      assertEquals(200, reply.status());
      assertEquals("application/json", reply.header("content-type"));
      assertEquals("local", reply.header("freehold-provider"));
      assertEquals("w-1", reply.header("x-request-id"));
      ObjectNode json = (ObjectNode) Json.MAPPER.readTree(reply.body());
      assertTrue(json.remove("created_at").asLong() > 1_700_000_000);
      assertEquals(
          Json.MAPPER.readTree(
              """
              {"id":"resp_w-1","object":"response","model":"assistant","status":"completed",
               "error":null,"incomplete_details":null,
               "output":[{"id":"msg_w-1_0","type":"message","status":"completed",
                 "role":"assistant","content":[
                   {"type":"output_text","annotations":[],"logprobs":[],"text":"Hello"}]}],
               "usage":{"input_tokens":7,
                 "input_tokens_details":{"cached_tokens":2,"cache_write_tokens":0},
                 "output_tokens":2,"output_tokens_details":{"reasoning_tokens":0},
                 "total_tokens":9},
               "store":false,"previous_response_id":null,"background":false,
               "truncation":"disabled","instructions":null,"max_output_tokens":null,
               "temperature":null,"top_p":null,"metadata":{},"parallel_tool_calls":true,
               "tool_choice":"auto","tools":[],"text":{"format":{"type":"text"}},
               "reasoning":{"effort":null,"summary":null}}
              """),
          json);
    }
  }

  @Test
  void streamIsTypedEventsInOrderWithoutDone() throws Exception {
    try (TestClient client = box.client()) {
      Reply reply = client.post(PATH, STREAM, "x-request-id: s-1");
      assertEquals("text/event-stream", reply.header("content-type"));
      List<JsonNode> events = events(reply.body());
      assertEquals(
          List.of(
              "response.created",
              "response.in_progress",
              "response.output_item.added",
              "response.content_part.added",
              "response.output_text.delta",
              "response.output_text.delta",
              "response.output_text.done",
              "response.content_part.done",
              "response.output_item.done",
              "response.completed"),
          types(events));
      assertEquals("in_progress", events.get(0).at("/response/status").asText());
      assertEquals(0, events.get(0).at("/response/output").size());
      assertEquals("[]", events.get(2).at("/item/content").toString());
      assertEquals("in_progress", events.get(2).at("/item/status").asText());
      assertEquals(
          "{\"type\":\"response.output_text.delta\",\"item_id\":\"msg_s-1_0\",\"output_index\":0,"
              + "\"content_index\":0,\"delta\":\"Hel\",\"logprobs\":[],\"sequence_number\":4}",
          events.get(4).toString());
      assertEquals("Hello", events.get(6).path("text").asText());
      assertEquals("Hello", events.get(7).at("/part/text").asText());
      assertEquals(events.get(8).path("item"), events.get(9).at("/response/output/0"));
      assertEquals(9, events.get(9).at("/response/usage/total_tokens").asInt());
      assertFalse(reply.body().contains("[DONE]"));
    }
  }

  @Test
  void streamedAndWholeResponsesAreTheSame() throws Exception {
    box.remote.plays(
        List.of(
            reasoning("let me "),
            reasoning("see"),
            FakeProvider.say("I ask"),
            tool(0, "call-1", "weather", "{\"city\":"),
            tool(1, "call-2", "weather", ""),
            tool(0, null, null, "\"Bern\"}"),
            tool(1, null, null, "{}"),
            finished(FinishReason.TOOL_CALLS)));
    try (TestClient client = box.client()) {
      JsonNode whole = json(client.post(PATH, ASK.formatted(TOOLS), "x-request-id: same"));
      List<JsonNode> events =
          events(
              client.post(PATH, ASK.formatted(TOOLS + ",\"stream\":true"), "x-request-id: same"));
      ObjectNode streamed = (ObjectNode) events.getLast().path("response");
      ((ObjectNode) whole).remove("created_at");
      streamed.remove("created_at");
      assertEquals(whole, streamed);
      assertEquals(
          List.of("reasoning", "message", "function_call", "function_call"),
          whole.path("output").findValuesAsText("type").stream()
              .filter(type -> !type.endsWith("_text"))
              .toList());
    }
  }

  @Test
  void functionCallsAreItemsWholeAndStreamed() throws Exception {
    box.remote.plays(
        List.of(
            tool(0, "call-1", "weather", "{\"city\":"),
            tool(0, null, null, "\"Bern\"}"),
            finished(FinishReason.TOOL_CALLS)));
    String ask = ASK.formatted(TOOLS + ",\"tool_choice\":\"required\"%s");
    try (TestClient client = box.client()) {
      Reply reply = client.post(PATH, ask.formatted(""), "x-request-id: f-1");
      assertEquals("remote", reply.header("freehold-provider"));
      assertEquals(
          "[{\"id\":\"fc_f-1_0\",\"type\":\"function_call\",\"status\":\"completed\","
              + "\"call_id\":\"call-1\",\"name\":\"weather\","
              + "\"arguments\":\"{\\\"city\\\":\\\"Bern\\\"}\"}]",
          json(reply).path("output").toString());
      assertEquals("required", json(reply).path("tool_choice").asText());
      assertTrue(json(reply).at("/tools/0/strict").asBoolean());
      Prompt.Chat asked = (Prompt.Chat) box.remote.attempts().getFirst().request().prompt();
      assertEquals(new ToolChoice.Required(), asked.toolChoice());
      assertEquals("of a city", asked.tools().getFirst().description());
      assertEquals("{\"type\":\"object\"}", asked.tools().getFirst().parametersSchema());
      List<JsonNode> events = events(client.post(PATH, ask.formatted(",\"stream\":true")));
      assertEquals(
          List.of(
              "response.created",
              "response.in_progress",
              "response.output_item.added",
              "response.function_call_arguments.delta",
              "response.function_call_arguments.delta",
              "response.function_call_arguments.done",
              "response.output_item.done",
              "response.completed"),
          types(events));
      assertEquals("call-1", events.get(2).at("/item/call_id").asText());
      assertEquals("", events.get(2).at("/item/arguments").asText());
      assertEquals("{\"city\":", events.get(3).path("delta").asText());
      assertEquals("{\"city\":\"Bern\"}", events.get(5).path("arguments").asText());
    }
  }

  @Test
  void reasoningIsAnItemOfItsOwn() throws Exception {
    box.local.plays(List.of(reasoning("hm"), FakeProvider.say("yes"), finished(FinishReason.STOP)));
    try (TestClient client = box.client()) {
      List<JsonNode> events = events(client.post(PATH, STREAM));
      assertEquals(
          List.of(
              "response.output_item.added",
              "response.content_part.added",
              "response.reasoning_text.delta",
              "response.reasoning_text.done",
              "response.content_part.done",
              "response.output_item.done",
              "response.output_item.added"),
          types(events).subList(2, 9));
      JsonNode output = events.getLast().at("/response/output");
      assertEquals("reasoning", output.at("/0/type").asText());
      assertEquals("[]", output.at("/0/summary").toString());
      assertEquals(
          "{\"type\":\"reasoning_text\",\"text\":\"hm\"}", output.at("/0/content/0").toString());
      assertEquals("yes", output.at("/1/content/0/text").asText());
      assertEquals(1, events.get(8).path("output_index").asInt());
    }
  }

  @Test
  void textAfterACallIsAMessageOfItsOwn() throws Exception {
    box.local.plays(
        List.of(
            FakeProvider.say("before"),
            tool(3, null, "f", ""),
            FakeProvider.say("after"),
            finished(FinishReason.STOP)));
    try (TestClient client = box.client()) {
      Reply reply = client.post(PATH, ASK.formatted(""), "x-request-id: a-1");
      JsonNode output = json(reply).path("output");
      assertEquals("before", output.at("/0/content/0/text").asText());
      assertEquals("call_a-1_1", output.at("/1/call_id").asText(), "a call always has an id");
      assertEquals("", output.at("/1/arguments").textValue());
      assertEquals("after", output.at("/2/content/0/text").asText());
      assertEquals(
          output.size(),
          events(client.post(PATH, STREAM, "x-request-id: a-1"))
              .getLast()
              .at("/response/output")
              .size());
    }
  }

  @Test
  void answerThatMeetsItsLimitIsIncomplete() throws Exception {
    box.local.plays(List.of(FakeProvider.say("cut"), finished(FinishReason.LENGTH)));
    try (TestClient client = box.client()) {
      JsonNode whole = json(client.post(PATH, ASK.formatted(",\"max_output_tokens\":1")));
      assertEquals("incomplete", whole.path("status").asText());
      assertEquals("max_output_tokens", whole.at("/incomplete_details/reason").asText());
      assertEquals("incomplete", whole.at("/output/0/status").asText());
      assertEquals(1, whole.path("max_output_tokens").asInt());
      JsonNode last = events(client.post(PATH, STREAM)).getLast();
      assertEquals("response.incomplete", last.path("type").asText());
      assertEquals(9, last.at("/response/usage/output_tokens").asInt());
    }
    assertEquals(1, box.local.attempts().getFirst().request().completionTokensMax().orElseThrow());
  }

  @Test
  void answerWithoutAWordIsAnEmptyMessage() throws Exception {
    box.local.answers();
    try (TestClient client = box.client()) {
      JsonNode whole = json(client.post(PATH, ASK.formatted("")));
      assertEquals("", whole.at("/output/0/content/0/text").textValue());
      List<JsonNode> events = events(client.post(PATH, STREAM));
      assertEquals("response.completed", events.getLast().path("type").asText());
      assertEquals(1, events.getLast().at("/response/output").size());
    }
  }

  @Test
  void conversationOfItemsReachesTheProviderInTheNeutralForm() throws Exception {
    String ask =
        """
        {"model":"assistant","instructions":"be brief","input":[
          {"role":"developer","content":"in English"},
          {"type":"message","role":"user","content":[
            {"type":"input_text","text":"a"},{"type":"input_text","text":"b"}]},
          {"type":"reasoning","id":"rs_1","summary":[]},
          {"type":"message","id":"msg_1","status":"completed","role":"assistant","content":[
            {"type":"output_text","text":"I ask","annotations":[]}]},
          {"type":"function_call","id":"fc_1","call_id":"c1","name":"f","arguments":"{}"},
          {"type":"function_call","call_id":"c2","name":"g","arguments":"{}"},
          {"type":"function_call_output","call_id":"c1","output":"42"},
          {"type":"function_call_output","call_id":"c2","output":[
            {"type":"input_text","text":"43"}]}]}
        """;
    try (TestClient client = box.client()) {
      Reply reply = client.post(PATH, ask);
      assertEquals(200, reply.status(), reply.body());
      assertEquals("be brief", json(reply).path("instructions").asText());
    }
    assertEquals(
        List.of(
            Message.of(Message.Role.SYSTEM, "be brief"),
            Message.of(Message.Role.SYSTEM, "in English"),
            Message.of(Message.Role.USER, "ab"),
            new Message(
                Message.Role.ASSISTANT,
                "I ask",
                List.of(new ToolCall("c1", "f", "{}"), new ToolCall("c2", "g", "{}")),
                Optional.empty(),
                Optional.empty()),
            answer("c1", "42"),
            answer("c2", "43")),
        ((Prompt.Chat) box.local.attempts().getFirst().request().prompt()).messages());
  }

  @Test
  void everyOptionReachesTheProviderAndComesBack() throws Exception {
    String options =
        TOOLS
            + ",\"temperature\":0.5,\"top_p\":0.9,\"max_output_tokens\":33,"
            + "\"parallel_tool_calls\":false,\"tool_choice\":{\"type\":\"function\","
            + "\"name\":\"weather\"},\"metadata\":{\"run\":\"7 \\ud83d\"},"
            + "\"truncation\":\"auto\",\"include\":[\"reasoning.encrypted_content\"],"
            + "\"reasoning\":{\"effort\":\"low\"},\"text\":{\"verbosity\":\"low\",\"format\":{"
            + "\"type\":\"json_schema\",\"name\":\"x\",\"strict\":true,"
            + "\"schema\":{\"type\":\"object\"}}}";
    try (TestClient client = box.client()) {
      Reply reply = client.post(PATH, ASK.formatted(options));
      JsonNode json = json(reply);
      assertEquals(200, reply.status(), reply.body());
      assertEquals(0.5, json.path("temperature").asDouble());
      assertEquals(0.9, json.path("top_p").asDouble());
      assertEquals(33, json.path("max_output_tokens").asInt());
      assertFalse(json.path("parallel_tool_calls").asBoolean(true));
      assertEquals("weather", json.at("/tool_choice/name").asText());
      assertEquals("7 \ud83d", json.at("/metadata/run").textValue());
      assertEquals("disabled", json.path("truncation").asText());
      assertEquals("low", json.at("/reasoning/effort").asText());
      assertEquals("x", json.at("/text/format/name").asText());
    }
    InferenceRequest asked = box.remote.attempts().getFirst().request();
    Prompt.Chat chat = (Prompt.Chat) asked.prompt();
    assertEquals(33, asked.completionTokensMax().orElseThrow());
    assertEquals(0.5, asked.sampling().temperature().orElseThrow());
    assertEquals(0.9, asked.sampling().topP().orElseThrow());
    assertEquals(new OutputFormat.JsonSchema("{\"type\":\"object\"}"), asked.format());
    assertEquals(new ToolChoice.Named("weather"), chat.toolChoice());
    assertFalse(chat.parallelToolCalls());
  }

  @Test
  void whatNeedsAMemoryIsRefusedWithTheWayOut() throws Exception {
    try (TestClient client = box.client()) {
      for (String field :
          List.of("\"previous_response_id\":\"resp_1\"", "\"conversation\":\"conv_1\"")) {
        Reply reply = client.post(PATH, ASK.formatted("," + field));
        assertEquals(400, reply.status());
        String message = json(reply).at("/error/message").asText();
        assertTrue(message.contains("stateless") && message.contains("'input'"), message);
        assertEquals(
            field.substring(1, field.indexOf('"', 1)), json(reply).at("/error/param").asText());
      }
      Reply orphan = client.post(PATH, input(item("function_call_output", "call_id", "output")));
      assertEquals(400, orphan.status());
      assertEquals("input[0].call_id", json(orphan).at("/error/param").asText());
      Reply stored = client.get(PATH + "/resp_1");
      assertEquals(404, stored.status());
      assertTrue(stored.body().contains("keeps no response"), stored.body());
      assertEquals(405, client.get(PATH).status());
    }
    assertTrue(box.local.attempts().isEmpty());
  }

  @Test
  void wrongRequestsAreRefusedByTheNameOfTheField() throws Exception {
    String image =
        "{\"role\":\"user\",\"content\":[{\"type\":\"input_image\",\"image_url\":\"data:,\"}]}";
    List<String[]> cases = new ArrayList<>();
    cases.add(new String[] {"{\"model\":\"assistant\"}", "input"});
    cases.add(new String[] {"{\"input\":\"hi\"}", "model"});
    cases.add(new String[] {"{\"model\":\"assistant\",\"input\":[]}", "input"});
    cases.add(new String[] {"{\"model\":\"assistant\",\"input\":[7]}", "input[0]"});
    cases.add(new String[] {input("{}"), "input[0].type"});
    cases.add(new String[] {input("{\"type\":\"item_reference\"}"), "input[0].type"});
    cases.add(new String[] {input("{\"type\":\"computer_call\"}"), "input[0].type"});
    cases.add(new String[] {input("{\"role\":\"tool\",\"content\":\"x\"}"), "input[0].role"});
    cases.add(new String[] {input(image), "input[0].content[0].image_url"});
    cases.add(
        new String[] {ASK.formatted(",\"tools\":[{\"type\":\"web_search\"}]"), "tools[0].type"});
    cases.add(
        new String[] {
          ASK.formatted(",\"tool_choice\":{\"type\":\"file_search\"}"), "tool_choice.type"
        });
    cases.add(new String[] {ASK.formatted(",\"tool_choice\":\"required\""), "tool_choice"});
    cases.add(
        new String[] {
          ASK.formatted(",\"text\":{\"format\":{\"type\":\"grammar\"}}"), "text.format.type"
        });
    cases.add(
        new String[] {
          ASK.formatted(",\"text\":{\"format\":{\"type\":\"json_schema\"}}"), "text.format.schema"
        });
    cases.add(new String[] {ASK.formatted(",\"metadata\":{\"a\":1}"), "metadata"});
    cases.add(new String[] {ASK.formatted(",\"metadata\":[]"), "metadata"});
    cases.add(new String[] {ASK.formatted(",\"background\":true"), "background"});
    cases.add(new String[] {ASK.formatted(",\"max_output_tokens\":0"), "max_output_tokens"});
    cases.add(new String[] {ASK.formatted(",\"store\":1"), "store"});
    try (TestClient client = box.client()) {
      for (String[] wrong : cases) {
        Reply reply = client.post(PATH, wrong[0]);
        assertEquals(400, reply.status(), wrong[0]);
        assertEquals(wrong[1], json(reply).at("/error/param").asText(), wrong[0]);
      }
    }
    assertTrue(box.local.attempts().isEmpty());
  }

  @Test
  void failureAfterOutputEndsTheStreamWithAFailedResponse() throws Exception {
    box.local.plays(
        List.of(
            FakeProvider.say("half"),
            FakeProvider.breaks(InferenceException.Kind.PROVIDER_FAILED)));
    try (TestClient client = box.client()) {
      Reply reply = client.post(PATH, STREAM);
      assertEquals(200, reply.status());
      JsonNode last = events(reply).getLast();
      assertEquals("response.failed", last.path("type").asText());
      assertEquals("failed", last.at("/response/status").asText());
      assertEquals("provider_failed", last.at("/response/error/code").asText());
      assertEquals("incomplete", last.at("/response/output/0/status").asText());
      assertEquals("half", last.at("/response/output/0/content/0/text").asText());
      UsageRecord record = box.record(reply.header("x-request-id"));
      assertEquals(Outcome.FAILED, record.outcome());
      assertEquals(1, record.completionTokens());
      assertEquals(200, client.get("/v1/models").status(), "the connection lives on");
    }
  }

  @Test
  void failureBeforeOutputIsAnOrdinaryErrorOrAnotherProvidersTurn() throws Exception {
    box.local.fails(InferenceException.Kind.OVERLOADED);
    try (TestClient client = box.client()) {
      assertEquals("remote", client.post(PATH, STREAM).header("freehold-provider"));
      Reply confidential = client.post(PATH, STREAM, "Freehold-Label: confidential");
      assertEquals(429, confidential.status());
      assertEquals("overloaded", json(confidential).at("/error/code").asText());
    }
  }

  @Test
  void responseLongerThanItsBoundIsRefusedWholeAndStreamed() throws Exception {
    String big = "x".repeat(ResponseItems.CHARACTERS_MAX / 2 + 1);
    box.local.answers(big, big);
    try (TestClient client = box.client()) {
      Reply whole = client.post(PATH, ASK.formatted(""));
      assertEquals(400, whole.status());
      assertTrue(whole.body().contains("max_output_tokens"), whole.body());
      assertEquals(
          "response.failed", events(client.post(PATH, STREAM)).getLast().path("type").asText());
      box.local.answers(big + big);
      assertEquals(
          List.of(
              "response.created",
              "response.in_progress",
              "response.output_item.added",
              "response.content_part.added",
              "response.failed"),
          types(events(client.post(PATH, STREAM))));
    }
  }

  @Test
  void recordSaysWhoWhatWhereAndHowMuch() throws Exception {
    try (TestClient client = box.client("CN=carol, OU=website, O=test")) {
      Reply reply = client.post(PATH, STREAM, "Freehold-Label: internal");
      UsageRecord record = box.record(reply.header("x-request-id"));
      assertEquals("carol", record.client());
      assertEquals(Optional.of("internal"), record.label());
      assertEquals(Optional.of("local"), record.provider());
      assertEquals(Optional.of("assistant"), record.model());
      assertEquals(7, record.promptTokens());
      assertEquals(2, record.completionTokens());
      assertEquals(Outcome.COMPLETED, record.outcome());
    }
  }

  @Test
  void hangUpInTheMiddleOfAStreamFreesTheProvider() throws Exception {
    CountDownLatch never = new CountDownLatch(1);
    box.local.plays(
        List.of(
            FakeProvider.say("one"), new FakeProvider.Step.Await(never), FakeProvider.finish(1)));
    String id = "responses-hang-up";
    try (TestClient client = box.client()) {
      client.sendPost(PATH, STREAM, "x-request-id: " + id);
      assertEquals(200, client.head().status());
      assertTrue(client.chunk().contains("one"));
    }
    UsageRecord record = box.record(id);
    assertEquals(Outcome.CLIENT_GONE, record.outcome());
    assertEquals(499, record.status());
  }

  /** The events of a stream; their numbers and {@code event:} lines are checked on the way. */
  private static List<JsonNode> events(Reply reply) throws IOException {
    assertEquals(200, reply.status(), reply.body());
    return events(reply.body());
  }

  private static List<JsonNode> events(String body) throws IOException {
    List<JsonNode> events = new ArrayList<>();
    for (String frame : body.split("\n\n", -1)) {
      if (frame.isEmpty()) {
        continue;
      }
      String[] lines = frame.split("\n", -1);
      assertEquals(2, lines.length, frame);
      assertTrue(lines[1].startsWith("data: "), frame);
      JsonNode event = Json.MAPPER.readTree(lines[1].substring("data: ".length()));
      assertEquals("event: " + event.path("type").asText(), lines[0]);
      assertEquals(events.size(), event.path("sequence_number").intValue(), frame);
      events.add(event);
    }
    return events;
  }

  private static List<String> types(List<JsonNode> events) {
    return events.stream().map(event -> event.path("type").asText()).toList();
  }

  private static JsonNode json(Reply reply) throws IOException {
    return Json.MAPPER.readTree(reply.body());
  }

  private static String input(String item) {
    return "{\"model\":\"assistant\",\"input\":[" + item + "]}";
  }

  private static String item(String type, String... fields) {
    StringBuilder item = new StringBuilder("{\"type\":\"" + type + "\"");
    for (String field : fields) {
      item.append(",\"").append(field).append("\":\"x\"");
    }
    return item.append('}').toString();
  }

  private static Message answer(String callId, String text) {
    return new Message(Message.Role.TOOL, text, List.of(), Optional.of(callId), Optional.empty());
  }

  private static FakeProvider.Step reasoning(String text) {
    return new FakeProvider.Step.Say(new InferenceEvent.ReasoningDelta(text));
  }

  private static FakeProvider.Step finished(FinishReason reason) {
    return new FakeProvider.Step.Say(new InferenceEvent.Finished(reason, new Usage(5, 0, 9)));
  }

  private static FakeProvider.Step tool(int index, String id, String name, String arguments) {
    return new FakeProvider.Step.Say(
        new InferenceEvent.ToolCallDelta(
            index, Optional.ofNullable(id), Optional.ofNullable(name), arguments));
  }
}
