package dev.freehold.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.freehold.api.TestClient.Reply;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.Message;
import dev.freehold.inference.OutputFormat;
import dev.freehold.inference.Prompt;
import dev.freehold.inference.ToolCall;
import dev.freehold.inference.ToolChoice;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** How requests to OpenAI's Responses surface are read, and refused. */
class LanServerResponseRequestsTest extends ServedResponses {

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
            toolAnswer("c1", "42"),
            toolAnswer("c2", "43")),
        chatSentTo(box.local).messages());
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
}
