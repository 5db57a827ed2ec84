package dev.freehold.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.freehold.api.TestClient.Reply;
import dev.freehold.inference.FinishReason;
import dev.freehold.provider.FakeProvider;
import dev.freehold.store.Outcome;
import dev.freehold.store.UsageRecord;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The answers that a client of Anthropic's form gets, whole and streamed. */
class MessagesTest extends ServedMessages {

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
            FakeProvider.call(3, "call-1", "weather", "{\"city\":"),
            FakeProvider.call(3, null, null, "\"Bern\"}"),
            FakeProvider.call(4, "call-2", "time", ""),
            FakeProvider.finish(FinishReason.TOOL_CALLS)));
    try (TestClient client = box.client()) {
      Reply reply = client.post(PATH, QUESTION.formatted(TOOLS));
      assertEquals("remote", reply.header("freehold-provider"));
      JsonNode whole = json(reply);
      assertEquals(
          """
          [{"type":"text","text":"Let me see."},\
          {"type":"tool_use","id":"call-1","name":"weather","input":{"city":"Bern"}},\
          {"type":"tool_use","id":"call-2","name":"time","input":{}}]\
          """,
          whole.path("content").toString());
      assertEquals("tool_use", whole.path("stop_reason").asText());
      List<JsonNode> events =
          Sse.typed(client.post(PATH, QUESTION.formatted(TOOLS + ",\"stream\":true")));
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
          Sse.types(events));
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
    box.remote.plays(
        List.of(
            FakeProvider.call(0, "call-1", "weather", "{}"),
            FakeProvider.finish(FinishReason.STOP)));
    try (TestClient client = box.client()) {
      Reply reply = client.post(PATH, QUESTION.formatted(TOOLS));
      assertEquals("tool_use", json(reply).path("stop_reason").asText());
    }
  }

  @Test
  void limitAndContentFilterHaveTheirStopReasons() throws Exception {
    try (TestClient client = box.client()) {
      box.local.plays(List.of(FakeProvider.say("a"), FakeProvider.finish(FinishReason.LENGTH)));
      assertEquals("max_tokens", stopReason(client));
      box.local.plays(
          List.of(FakeProvider.say("a"), FakeProvider.finish(FinishReason.CONTENT_FILTER)));
      assertEquals("refusal", stopReason(client));
    }
  }

  private static String stopReason(TestClient client) throws IOException {
    Reply reply = client.post(PATH, QUESTION.formatted(""));
    return json(reply).path("stop_reason").asText();
  }

  @Test
  void argumentsThatAreNoObjectAreTheProvidersFailureUnlessTheLimitCutThem() throws Exception {
    try (TestClient client = box.client()) {
      box.remote.plays(
          List.of(
              FakeProvider.call(0, "c", "weather", "{\"secret"),
              FakeProvider.finish(FinishReason.TOOL_CALLS)));
      Reply broken = client.post(PATH, QUESTION.formatted(TOOLS));
      assertError(broken, 502, "api_error");
      assertFalse(broken.body().contains("secret"));
      box.remote.plays(
          List.of(
              FakeProvider.call(0, "c", "weather", "{\"ci"),
              FakeProvider.finish(FinishReason.LENGTH)));
      JsonNode cut = Json.MAPPER.readTree(client.post(PATH, QUESTION.formatted(TOOLS)).body());
      assertEquals("{}", cut.at("/content/0/input").toString());
      assertEquals("max_tokens", cut.path("stop_reason").asText());
    }
  }

  @Test
  void thinkingIsSentToWhoeverAskedForIt() throws Exception {
    box.local.plays(
        List.of(
            FakeProvider.reason("hm"),
            FakeProvider.say("yes"),
            FakeProvider.finish(FinishReason.STOP)));
    String thinking = ",\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":1024%s}%s";
    try (TestClient client = box.client()) {
      Reply asked = client.post(PATH, QUESTION.formatted(thinking.formatted("", "")));
      assertEquals(
          "[{\"type\":\"thinking\",\"thinking\":\"hm\",\"signature\":\"\"},"
              + "{\"type\":\"text\",\"text\":\"yes\"}]",
          Json.MAPPER.readTree(asked.body()).path("content").toString());
      List<JsonNode> events =
          Sse.typed(
              client.post(PATH, QUESTION.formatted(thinking.formatted("", ",\"stream\":true"))));
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
  void failureAfterOutputEndsTheStreamWithAnErrorAndNoStop() throws Exception {
    Reply reply = brokenOffAfterOutput(PATH, STREAM);
    JsonNode last = Sse.typed(reply).getLast();
    assertEquals("error", last.path("type").asText());
    assertEquals("api_error", last.at("/error/type").asText());
    assertFalse(reply.body().contains("message_stop"));
  }

  @Test
  void providerThatMixesItsToolCallsBreaksTheStreamAndNotTheWholeAnswer() throws Exception {
    box.remote.plays(
        List.of(
            FakeProvider.call(0, "c0", "weather", "{"),
            FakeProvider.call(1, "c1", "weather", "{}"),
            FakeProvider.call(0, null, null, "}"),
            FakeProvider.finish(FinishReason.TOOL_CALLS)));
    try (TestClient client = box.client()) {
      Reply streamed = client.post(PATH, QUESTION.formatted(TOOLS + ",\"stream\":true"));
      assertEquals("error", Sse.typed(streamed).getLast().path("type").asText());
      assertEquals(Outcome.FAILED, box.record(streamed.header("x-request-id")).outcome());
      Reply whole = client.post(PATH, QUESTION.formatted(TOOLS));
      assertEquals(2, json(whole).path("content").size());
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
    hungUpAfterOutput(PATH, STREAM, "messages-hang-up");
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
}
