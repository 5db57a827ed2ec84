package dev.freehold.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.freehold.api.TestClient.Reply;
import java.io.IOException;

/** What the tests of Anthropic's surface share: bodies, and what an error looks like. */
abstract class ServedMessages extends ServedTest {

  static final String PATH = "/v1/messages";
  static final String COUNT = "/v1/messages/count_tokens";
  static final String QUESTION =
      "{\"model\":\"assistant\",\"max_tokens\":64,"
          + "\"messages\":[{\"role\":\"user\",\"content\":\"hi there\"}]%s}";
  static final String STREAM = QUESTION.formatted(",\"stream\":true");
  static final String TOOLS =
      ",\"tools\":[{\"name\":\"weather\",\"description\":\"Tells the weather.\","
          + "\"input_schema\":{\"type\":\"object\"}}]";

  /** A body with a little of everything. */
  static final String EVERYTHING =
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

  static void assertTold(Reply reply, String told) throws IOException {
    JsonNode error = assertError(reply, 400, "invalid_request_error");
    assertTrue(error.path("message").asText().contains(told), reply.body());
  }

  /** Every error has the headers of any answer and Anthropic's error object. */
  static JsonNode assertError(Reply reply, int status, String type) throws IOException {
    assertEquals(status, reply.status(), reply.body());
    assertEquals("application/json", reply.header("content-type"));
    assertFalse(reply.header("freehold-provider").isEmpty());
    assertFalse(reply.header("x-request-id").isEmpty());
    assertEquals(reply.header("x-request-id"), reply.header("request-id"));
    JsonNode json = json(reply);
    assertEquals("error", json.path("type").asText());
    assertEquals(reply.header("x-request-id"), json.path("request_id").asText());
    assertEquals(type, json.at("/error/type").asText());
    assertFalse(json.at("/error/message").asText().isEmpty());
    return json.path("error");
  }
}
