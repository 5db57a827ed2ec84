package dev.freehold.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.freehold.api.TestClient.Reply;
import dev.freehold.inference.FinishReason;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.Prompt;
import dev.freehold.inference.ToolChoice;
import dev.freehold.provider.FakeProvider;
import dev.freehold.store.Outcome;
import dev.freehold.store.UsageRecord;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The answers that a client of OpenAI's Responses surface gets, whole and streamed. */
class LanServerResponsesTest extends ServedResponses {

  @Test
  void wholeResponseHasOutputUsageAndSaysThatNothingIsStored() throws Exception {
    try (TestClient client = box.client()) {
      Reply reply = client.post(PATH, ASK.formatted(",\"store\":true"), "x-request-id: w-1");
      assertEquals(200, reply.status());
      assertEquals("application/json", reply.header("content-type"));
      assertEquals("local", reply.header("freehold-provider"));
      assertEquals("w-1", reply.header("x-request-id"));
      ObjectNode json = (ObjectNode) json(reply);
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
      List<JsonNode> events = events(reply);
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
          Sse.types(events));
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
            FakeProvider.reason("let me "),
            FakeProvider.reason("see"),
            FakeProvider.say("I ask"),
            FakeProvider.call(0, "call-1", "weather", "{\"city\":"),
            FakeProvider.call(1, "call-2", "weather", ""),
            FakeProvider.call(0, null, null, "\"Bern\"}"),
            FakeProvider.call(1, null, null, "{}"),
            FakeProvider.finish(FinishReason.TOOL_CALLS)));
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
            FakeProvider.call(0, "call-1", "weather", "{\"city\":"),
            FakeProvider.call(0, null, null, "\"Bern\"}"),
            FakeProvider.finish(FinishReason.TOOL_CALLS)));
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
      Prompt.Chat asked = chatSentTo(box.remote);
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
          Sse.types(events));
      assertEquals("call-1", events.get(2).at("/item/call_id").asText());
      assertEquals("", events.get(2).at("/item/arguments").asText());
      assertEquals("{\"city\":", events.get(3).path("delta").asText());
      assertEquals("{\"city\":\"Bern\"}", events.get(5).path("arguments").asText());
    }
  }

  @Test
  void reasoningIsAnItemOfItsOwn() throws Exception {
    box.local.plays(
        List.of(
            FakeProvider.reason("hm"),
            FakeProvider.say("yes"),
            FakeProvider.finish(FinishReason.STOP)));
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
          Sse.types(events).subList(2, 9));
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
            FakeProvider.call(3, null, "f", ""),
            FakeProvider.say("after"),
            FakeProvider.finish(FinishReason.STOP)));
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
    box.local.plays(List.of(FakeProvider.say("cut"), FakeProvider.finish(FinishReason.LENGTH)));
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
  void failureAfterOutputEndsTheStreamWithAFailedResponse() throws Exception {
    JsonNode last = events(brokenOffAfterOutput(PATH, STREAM)).getLast();
    assertEquals("response.failed", last.path("type").asText());
    assertEquals("failed", last.at("/response/status").asText());
    assertEquals("provider_failed", last.at("/response/error/code").asText());
    assertEquals("incomplete", last.at("/response/output/0/status").asText());
    assertEquals("half", last.at("/response/output/0/content/0/text").asText());
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
          Sse.types(events(client.post(PATH, STREAM))));
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
    UsageRecord record = hungUpAfterOutput(PATH, STREAM, "responses-hang-up");
    assertEquals(499, record.status());
  }

  /** The events of a stream; their numbers and {@code event:} lines are checked on the way. */
  private static List<JsonNode> events(Reply reply) throws IOException {
    List<JsonNode> events = Sse.typed(reply);
    for (int i = 0; i < events.size(); i++) {
      assertEquals(i, events.get(i).path("sequence_number").intValue(), events.get(i).toString());
    }
    return events;
  }
}
