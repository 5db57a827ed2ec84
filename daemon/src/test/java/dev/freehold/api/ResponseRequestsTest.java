package dev.freehold.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.freehold.inference.FinishReason;
import dev.freehold.inference.InferenceEvent;
import dev.freehold.inference.Usage;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Requests to the Responses surface that no SDK would send. */
class ResponseRequestsTest {

  private static final int MUTATIONS = 10_000;

  private static final String FULL =
      """
      {"model":"assistant","instructions":"be brief","stream":true,"store":true,
       "input":[
         {"role":"user","content":[{"type":"input_text","text":"a"}]},
         {"type":"reasoning","id":"rs_1","summary":[]},
         {"type":"function_call","call_id":"c1","name":"f","arguments":"{}"},
         {"type":"function_call_output","call_id":"c1","output":"42"}],
       "tools":[{"type":"function","name":"f","parameters":{"type":"object"},"strict":true}],
       "tool_choice":{"type":"function","name":"f"},"parallel_tool_calls":true,
       "text":{"format":{"type":"json_schema","name":"x","schema":{"type":"object"}}},
       "reasoning":{"effort":"low"},"metadata":{"k":"v"},"max_output_tokens":5,
       "temperature":1,"top_p":0.5,"truncation":"auto","include":[],"previous_response_id":null}
      """;

  private static final List<String> REPLACEMENTS =
      List.of(
          "null",
          "true",
          "0",
          "-1",
          "1e400",
          "99999999999999999999",
          "\"\"",
          "\"x\"",
          "\"\\ud83d\"",
          "\"function_call\"",
          "[]",
          "[null]",
          "[[]]",
          "{}",
          "{\"type\":\"message\"}",
          "{\"a\":\"\\udc00\"}",
          "[{\"type\":\"input_image\"}]",
          "{\"role\":\"user\"}");

  @Test
  void mutatedRequestIsReadOrRefusedAndNeverADefect() throws Exception {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    int refused = 0;
    for (int i = 0; i < MUTATIONS; i++) {
      ObjectNode body = Json.object(FULL.getBytes(StandardCharsets.UTF_8));
      for (int changes = 1 + random.nextInt(3); changes > 0; changes--) {
        Mutation.change(body, REPLACEMENTS, random);
      }
      String what = "seed " + seed + ": " + body;
      try {
        ApiRequest read = Surface.RESPONSES.read("r-1", body);
        assertTrue(Json.MAPPER.readTree(answer(read)).has("output"), what);
      } catch (ApiException e) {
        assertEquals(400, e.error().status(), what);
        refused++;
      } catch (RuntimeException e) {
        throw new AssertionError(what, e);
      }
    }
    assertTrue(refused > 0 && refused < MUTATIONS, "seed " + seed + " refused " + refused);
  }

  /** An answer repeats much of its request, so it must be writable whatever was read. */
  private static byte[] answer(ApiRequest read) throws Exception {
    InferenceEvent.Finished end = new InferenceEvent.Finished(FinishReason.STOP, Usage.NONE);
    ResponseBody answer = ((AnswerShape.Response) read.shape()).whole(read.request());
    answer.add(0, end);
    return answer.json("r-1", "assistant", Instant.EPOCH);
  }
}
