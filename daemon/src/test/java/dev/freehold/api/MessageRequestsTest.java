package dev.freehold.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.freehold.api.TestClient.Reply;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.Message;
import dev.freehold.inference.OutputFormat;
import dev.freehold.inference.Prompt;
import dev.freehold.inference.ToolCall;
import dev.freehold.inference.ToolChoice;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** How requests of Anthropic's form are read. */
class MessageRequestsTest extends ServedMessages {

  private static final List<String> REPLACEMENTS =
      List.of(
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
          "{\"type\":\"tool\"}");

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
            toolAnswer("c1", "42"),
            toolAnswer("c2", "Error: no"),
            Message.of(Message.Role.USER, "go on")),
        chatSentTo(box.remote).messages());
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
    assertEquals(
        Message.of(Message.Role.SYSTEM, "be brief"), chatSentTo(box.local).messages().getFirst());
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

  @Test
  void mutatedBodiesAreReadOrRefusedAndNeverADefect() throws Exception {
    long seed = System.nanoTime();
    System.out.println("seed of the mutated messages: " + seed);
    Random random = new Random(seed);
    int read = 0;
    for (int i = 0; i < 10_000; i++) {
      ObjectNode body = (ObjectNode) Json.MAPPER.readTree(EVERYTHING);
      for (int changes = random.nextInt(1, 4); changes > 0; changes--) {
        Mutation.change(body, REPLACEMENTS, random);
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
}
