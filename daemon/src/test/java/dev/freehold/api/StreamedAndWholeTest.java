package dev.freehold.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.freehold.models.TestModels;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A streamed answer, put together, is the whole answer to the same request: over the real server
 * and the real models, for requests drawn from a seed. Each asks for one answer: of several, which
 * are computed side by side, the last digits of a probability may differ, and with them a close
 * choice.
 */
@Timeout(600)
class StreamedAndWholeTest {

  private static final int REQUESTS = Integer.getInteger("freehold.property.requests", 16);
  private static final long SEED = Long.getLong("freehold.property.seed", System.nanoTime());

  private static final List<String> QUESTIONS =
      List.of(
          "What is the weather in Paris?",
          "Name three colours.",
          "Write one line of Python that prints hello.",
          "Was ist die Hauptstadt der Schweiz? 日本は？");

  @TempDir static Path folder;
  private static LocalBox box;

  @BeforeAll
  static void start() {
    box =
        new LocalBox(
            folder,
            new LocalBox.Model("starter", "qwen2.5-coder-0.5b", TestModels.starter(), 2048, 2),
            new LocalBox.Model("small", "smollm2-135m", TestModels.small(), 2048, 2));
  }

  @AfterAll
  static void stop() {
    box.close();
  }

  @Test
  void streamedAnswerIsTheWholeAnswer() throws Exception {
    System.out.println("StreamedAndWholeTest: seed " + SEED + ", " + REQUESTS + " requests");
    Random random = new Random(SEED);
    List<Drawn> surfaces = List.of(Drawn.CHAT, Drawn.COMPLETION, Drawn.RESPONSE, Drawn.MESSAGE);
    try (TestClient client = box.client()) {
      client.socket().setSoTimeout(120_000);
      for (int i = 0; i < REQUESTS; i++) {
        Drawn surface = surfaces.get(i % surfaces.size());
        ObjectNode body = surface.draw(random);
        String what = "seed " + SEED + ", request " + i + ": " + body;
        TestClient.Reply whole = client.post(surface.path, body.toString());
        assertEquals(200, whole.status(), () -> what + "\n" + whole.body());
        body.put("stream", true);
        TestClient.Reply streamed = client.post(surface.path, body.toString());
        assertEquals(200, streamed.status(), () -> what + "\n" + streamed.body());
        List<String> expected = surface.ofWhole(Json.MAPPER.readTree(whole.body()));
        assertTrue(!expected.isEmpty(), what);
        assertEquals(expected, surface.ofStream(Sse.frames(streamed)), what);
      }
    }
  }

  /** A surface: how its requests are drawn, and what its two forms of an answer say. */
  private enum Drawn {
    CHAT("/v1/chat/completions") {
      @Override
      ObjectNode draw(Random random) throws Exception {
        ObjectNode body = common(random);
        message(body, random);
        tools(
            body,
            random,
            """
            {"type":"function","function":{"name":"get_weather","description":"The weather",
             "parameters":%s}}
            """,
            List.of(
                "\"auto\"",
                "\"none\"",
                "\"required\"",
                "{\"type\":\"function\",\"function\":{\"name\":\"get_weather\"}}"));
        if (!body.has("tools") && random.nextInt(3) == 0) {
          body.set(
              "response_format",
              Json.MAPPER.readTree(
                  "{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"n\",\"schema\":"
                      + SCHEMA
                      + "}}"));
        }
        body.put("max_tokens", 8 + random.nextInt(24));
        if (random.nextInt(2) == 0) {
          body.put("logprobs", true).put("top_logprobs", random.nextInt(3));
        }
        return body;
      }

      @Override
      List<String> ofWhole(JsonNode answer) {
        List<String> told = new ArrayList<>();
        for (JsonNode choice : answer.path("choices")) {
          Told one = new Told();
          one.take(choice, choice.path("message"));
          told.add(one.toString());
        }
        return told;
      }

      @Override
      List<String> ofStream(List<JsonNode> frames) {
        return chunks(frames);
      }
    },
    COMPLETION("/v1/completions") {
      @Override
      ObjectNode draw(Random random) {
        ObjectNode body = common(random).put("prompt", "Once upon a time, " + random.nextInt(99));
        body.put("max_tokens", 4 + random.nextInt(24));
        if (random.nextInt(2) == 0) {
          body.put("logprobs", random.nextInt(3));
        }
        if (random.nextInt(3) == 0) {
          body.put("grammar", "root ::= [a-z ]{1,40} \"!\"");
        }
        return body;
      }

      @Override
      List<String> ofWhole(JsonNode answer) throws Exception {
        return CHAT.ofWhole(answer);
      }

      @Override
      List<String> ofStream(List<JsonNode> frames) {
        return chunks(frames);
      }
    },
    RESPONSE("/v1/responses") {
      @Override
      ObjectNode draw(Random random) throws Exception {
        ObjectNode body = common(random);
        body.put("input", QUESTIONS.get(random.nextInt(QUESTIONS.size())));
        tools(
            body,
            random,
            "{\"type\":\"function\",\"name\":\"get_weather\",\"parameters\":%s}",
            List.of("\"auto\"", "\"required\""));
        body.put("max_output_tokens", 8 + random.nextInt(24));
        body.putArray("include").add("message.output_text.logprobs");
        return body;
      }

      @Override
      List<String> ofWhole(JsonNode answer) {
        List<String> told = new ArrayList<>(List.of(answer.path("status").asText()));
        for (JsonNode item : answer.path("output")) {
          told.add(
              item.path("type").asText()
                  + item.path("content")
                  + item.path("name")
                  + item.path("arguments"));
        }
        return told;
      }

      @Override
      List<String> ofStream(List<JsonNode> frames) {
        Map<Integer, String> deltas = new TreeMap<>();
        for (JsonNode frame : frames) {
          if (frame.path("type").asText().endsWith(".delta")) {
            int item = frame.path("output_index").asInt();
            deltas.merge(item, frame.path("delta").asText(), String::concat);
          }
        }
        JsonNode response = frames.getLast().path("response");
        List<String> texts = new ArrayList<>();
        for (JsonNode item : response.path("output")) {
          texts.add(item.path("arguments").asText(item.at("/content/0/text").asText()));
        }
        assertEquals(String.join("|", texts), String.join("|", deltas.values()));
        return ofWhole(response);
      }
    },
    MESSAGE("/v1/messages") {
      @Override
      ObjectNode draw(Random random) throws Exception {
        ObjectNode body = common(random);
        message(body, random);
        tools(
            body,
            random,
            "{\"name\":\"get_weather\",\"input_schema\":%s}",
            List.of("{\"type\":\"auto\"}", "{\"type\":\"any\"}"));
        // Anthropic's form has no place for arguments that were cut short.
        body.put("max_tokens", body.has("tools") ? 96 : 8 + random.nextInt(24));
        body.remove("stop");
        return body;
      }

      @Override
      List<String> ofWhole(JsonNode answer) {
        List<String> told = new ArrayList<>(List.of(answer.path("stop_reason").asText()));
        for (JsonNode block : answer.path("content")) {
          told.add(block.path("text").asText() + block.path("name").asText() + block.path("input"));
        }
        return told;
      }

      @Override
      List<String> ofStream(List<JsonNode> frames) throws Exception {
        Map<Integer, StringBuilder> blocks = new TreeMap<>();
        Map<Integer, StringBuilder> inputs = new TreeMap<>();
        List<String> told = new ArrayList<>();
        for (JsonNode frame : frames) {
          int index = frame.path("index").asInt();
          JsonNode delta = frame.path("delta");
          if (frame.has("content_block")) {
            blocks.put(index, new StringBuilder(frame.at("/content_block/name").asText()));
            if (frame.at("/content_block/type").asText().equals("tool_use")) {
              inputs.put(index, new StringBuilder());
            }
          }
          if (delta.has("text")) {
            blocks.get(index).append(delta.path("text").asText());
          }
          if (delta.has("partial_json")) {
            inputs.get(index).append(delta.path("partial_json").asText());
          }
          if (delta.path("stop_reason").isTextual()) {
            told.add(delta.path("stop_reason").asText());
          }
        }
        for (Map.Entry<Integer, StringBuilder> block : blocks.entrySet()) {
          StringBuilder input = inputs.get(block.getKey());
          told.add(
              block.getValue()
                  + (input == null ? "" : Json.MAPPER.readTree(input.toString()).toString()));
        }
        return told;
      }
    };

    private static final String SCHEMA =
        "{\"type\":\"object\",\"properties\":{\"city\":{\"type\":\"string\",\"maxLength\":12}},"
            + "\"required\":[\"city\"]}";

    final String path;

    Drawn(String path) {
      this.path = path;
    }

    abstract ObjectNode draw(Random random) throws Exception;

    abstract List<String> ofWhole(JsonNode answer) throws Exception;

    abstract List<String> ofStream(List<JsonNode> frames) throws Exception;

    private static ObjectNode common(Random random) {
      ObjectNode body = Json.MAPPER.createObjectNode();
      body.put("model", random.nextInt(3) == 0 ? "starter" : "small");
      body.put("seed", random.nextInt(1_000));
      body.put("temperature", random.nextInt(15) / 10.0);
      if (random.nextInt(3) == 0) {
        body.putArray("stop").add("e ").add("\n");
      }
      return body;
    }

    private static void message(ObjectNode body, Random random) {
      String question = QUESTIONS.get(random.nextInt(QUESTIONS.size()));
      body.putArray("messages").addObject().put("role", "user").put("content", question);
    }

    private static void tools(ObjectNode body, Random random, String tool, List<String> choices)
        throws Exception {
      if (random.nextInt(2) == 0) {
        body.putArray("tools").add(Json.MAPPER.readTree(tool.formatted(SCHEMA)));
        String choice = choices.get(random.nextInt(choices.size()));
        body.set("tool_choice", Json.MAPPER.readTree(choice));
      }
    }

    private static List<String> chunks(List<JsonNode> frames) {
      Map<Integer, Told> told = new TreeMap<>();
      for (JsonNode frame : frames) {
        for (JsonNode choice : frame.path("choices")) {
          told.computeIfAbsent(choice.path("index").asInt(), _ -> new Told())
              .take(choice, choice.path("delta"));
        }
      }
      return told.values().stream().map(Told::toString).toList();
    }
  }

  /** What one choice has said, ids apart, which are drawn anew each time. */
  private static final class Told {

    private final StringBuilder text = new StringBuilder();
    private final StringBuilder reasoning = new StringBuilder();
    private final Map<Integer, StringBuilder> calls = new TreeMap<>();
    private final StringBuilder tokens = new StringBuilder();
    private final StringBuilder offsets = new StringBuilder();
    private String end = "";

    void take(JsonNode choice, JsonNode message) {
      text.append(message.path("content").asText("")).append(choice.path("text").asText(""));
      reasoning.append(message.path("reasoning_content").asText(""));
      int index = 0;
      for (JsonNode call : message.path("tool_calls")) {
        calls
            .computeIfAbsent(call.path("index").asInt(index++), _ -> new StringBuilder())
            .append(call.at("/function/name").asText(""))
            .append(call.at("/function/arguments").asText(""));
      }
      choice.at("/logprobs/content").forEach(token -> tokens.append(token.path("token")));
      choice.at("/logprobs/tokens").forEach(token -> tokens.append(token));
      choice.at("/logprobs/text_offset").forEach(offset -> offsets.append(offset).append(' '));
      end = choice.path("finish_reason").asText(end);
    }

    @Override
    public String toString() {
      return String.join("|", text, reasoning, calls.toString(), tokens, offsets, end);
    }
  }
}
