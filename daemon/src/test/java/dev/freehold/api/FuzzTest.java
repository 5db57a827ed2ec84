package dev.freehold.api;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Bodies that are nearly right, of every surface: each gets an answer, and none a 5xx. */
class FuzzTest extends ServedTest {

  /** Some ten seconds of them; {@code -Dfreehold.fuzz.mutations} sets another number. */
  private static final int MUTATIONS = Integer.getInteger("freehold.fuzz.mutations", 10_000);

  private static final int SOAK_MUTATIONS = 300_000;

  private static final long SEED = Long.getLong("freehold.fuzz.seed", System.nanoTime());

  private static final Map<String, String> BODIES =
      Map.of(
          "/v1/chat/completions",
          """
          {"model":"assistant","messages":[{"role":"system","content":"s"},
            {"role":"user","content":[{"type":"text","text":"hé"}]},
            {"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function",
              "function":{"name":"f","arguments":"{}"}}]},
            {"role":"tool","tool_call_id":"c1","content":"42"}],
           "tools":[{"type":"function","function":{"name":"f","description":"d","strict":true,
             "parameters":{"type":"object","properties":{"a":{"type":"string"}}}}}],
           "tool_choice":"auto","parallel_tool_calls":true,"n":2,"logprobs":true,"top_logprobs":3,
           "stop":["END"],"seed":7,"temperature":0.5,"top_p":0.9,"min_p":0.1,"mirostat":2,
           "dry_multiplier":0.8,"dry_sequence_breakers":["\\n"],"logit_bias":{"7":-100},
           "service_tier":"flex","stream":true,"stream_options":{"include_usage":true}}
          """,
          "/v1/completions",
          """
          {"model":"assistant","prompt":["hi"],"max_tokens":9,"n":2,"best_of":2,"logprobs":2,
           "echo":false,"stop":"x","grammar":"root ::= \\"a\\"","ignore_eos":true,
           "top_n_sigma":1.5,"repeat_last_n":12,"stream":false}
          """,
          "/v1/responses",
          """
          {"model":"assistant","instructions":"be brief","input":[{"role":"user","content":"hi"},
            {"type":"function_call","call_id":"c1","name":"f","arguments":"{}"},
            {"type":"function_call_output","call_id":"c1","output":"42"}],
           "tools":[{"type":"function","name":"f","parameters":{"type":"object"}}],
           "text":{"format":{"type":"json_schema","name":"n","schema":{"type":"object"}}},
           "include":["message.output_text.logprobs"],"top_logprobs":2,"metadata":{"a":"b"},
           "reasoning":{"effort":"low"},"max_output_tokens":64,"stream":true}
          """,
          "/v1/messages",
          """
          {"model":"assistant","max_tokens":64,"system":[{"type":"text","text":"s"}],
           "messages":[{"role":"user","content":[{"type":"text","text":"a"}]},
            {"role":"assistant","content":[{"type":"tool_use","id":"c1","name":"f","input":{}}]},
            {"role":"user","content":[{"type":"tool_result","tool_use_id":"c1","content":"42"}]}],
           "tools":[{"name":"f","input_schema":{"type":"object"}}],"tool_choice":{"type":"auto"},
           "thinking":{"type":"enabled","budget_tokens":1024},"service_tier":"auto"}
          """,
          "/v1/messages/count_tokens",
          """
          {"model":"assistant","messages":[{"role":"user","content":"hi"}]}
          """,
          "/infill",
          """
          {"input_prefix":"def f(","input_suffix":"):","prompt":"x","n_predict":8,"stop":["\\n"],
           "input_extra":[{"filename":"a.py","text":"A"}],"response_fields":["content"]}
          """,
          "/tokenize",
          """
          {"content":"a text","add_special":true,"parse_special":false,"with_pieces":true}
          """,
          "/detokenize",
          """
          {"tokens":[97,98,233],"model":"assistant"}
          """,
          "/apply-template",
          """
          {"messages":[{"role":"system","content":"s"},{"role":"user","content":"hi"}]}
          """);

  private static final List<String> VALUES =
      List.of(
          "null",
          "true",
          "0",
          "-1",
          "1e999",
          "123456789012345678901234567890",
          "0.1",
          "\"\"",
          "\"\\ud800\"",
          "\"\\u0000\"",
          "\"x\"",
          "[]",
          "{}",
          "[null]",
          "[[[[]]]]",
          "{\"type\":null}",
          "{\"type\":\"text\",\"text\":7}",
          "[\"a\",1,{}]");

  @Test
  void bodyThatIsNearlyRightIsAnsweredOrRefusedAndTheConnectionLivesOn() throws Exception {
    fuzz(MUTATIONS);
  }

  @Test
  @Tag("soak")
  void hundredsOfThousandsOfThem() throws Exception {
    fuzz(SOAK_MUTATIONS);
  }

  private static void fuzz(int mutations) throws Exception {
    System.out.println("FuzzTest: seed " + SEED + ", " + mutations + " mutations");
    Random random = new Random(SEED);
    List<String> paths = BODIES.keySet().stream().sorted().toList();
    int answered = 0;
    TestClient client = box.client();
    try {
      for (int i = 0; i < mutations; i++) {
        String path = paths.get(random.nextInt(paths.size()));
        byte[] body = mutated(BODIES.get(path), random);
        String what = "seed %d, mutation %d of %s: %s".formatted(SEED, i, path, hex(body));
        TestClient.Reply reply = exchange(client, path, body, what);
        // One who is shut out would be told 429 without a look at what was sent.
        boolean fine =
            reply.status() == 200 || (reply.status() / 100 == 4 && reply.status() != 429);
        assertTrue(fine, () -> reply.status() + " for " + what + "\n" + reply.body());
        answered += reply.status() == 200 ? 1 : 0;
        if (reply.header("connection").equals("close")) {
          client.close();
          client = box.client();
        }
      }
    } finally {
      client.close();
    }
    assertTrue(
        answered > 0 && answered < mutations, "seed " + SEED + ": " + answered + " answered");
  }

  private static TestClient.Reply exchange(
      TestClient client, String path, byte[] body, String what) {
    try {
      String head =
          "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
              .formatted(path, body.length);
      ByteArrayOutputStream all = new ByteArrayOutputStream();
      all.write(head.getBytes(StandardCharsets.US_ASCII));
      all.write(body);
      client.output().write(all.toByteArray());
      client.output().flush();
      return client.reply();
    } catch (IOException e) {
      throw new AssertionError("no reply to " + what, e);
    }
  }

  private static String hex(byte[] body) {
    return new String(body, StandardCharsets.ISO_8859_1).replaceAll("[^ -~]", "?");
  }

  private static byte[] mutated(String body, Random random) throws IOException {
    JsonNode tree = Json.MAPPER.readTree(body);
    for (int i = random.nextInt(3); i >= 0; i--) {
      Mutation.change(tree, VALUES, random);
    }
    byte[] bytes = Json.MAPPER.writeValueAsBytes(tree);
    return switch (random.nextInt(6)) {
      case 0 -> flipped(bytes, random);
      case 1 -> Arrays.copyOf(bytes, random.nextInt(bytes.length));
      case 2 -> spliced(bytes, random);
      default -> bytes;
    };
  }

  private static byte[] flipped(byte[] bytes, Random random) {
    for (int i = random.nextInt(4); i >= 0; i--) {
      bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
    }
    return bytes;
  }

  /** A key twice, deep nesting, a huge number, zeros or half a character, anywhere. */
  private static byte[] spliced(byte[] bytes, Random random) {
    byte[] splice =
        switch (random.nextInt(5)) {
          case 0 -> "\"model\":\"assistant\",\"model\":7,".getBytes(StandardCharsets.UTF_8);
          case 1 -> "[".repeat(5_000).getBytes(StandardCharsets.UTF_8);
          case 2 -> "9".repeat(2_000).getBytes(StandardCharsets.UTF_8);
          case 3 -> new byte[3];
          default -> new byte[] {(byte) 0xE4, (byte) 0xB8};
        };
    int at = 1 + random.nextInt(bytes.length - 1);
    byte[] result = new byte[bytes.length + splice.length];
    System.arraycopy(bytes, 0, result, 0, at);
    System.arraycopy(splice, 0, result, at, splice.length);
    System.arraycopy(bytes, at, result, at + splice.length, bytes.length - at);
    return result;
  }
}
