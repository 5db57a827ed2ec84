package dev.freehold.api;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import dev.freehold.api.TestClient.Reply;
import dev.freehold.inference.FinishReason;
import dev.freehold.provider.FakeProvider;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * A model's reasoning, its text and its calls arrive as they were said, streamed or whole, on every
 * surface that shows them. What is said is drawn at random, since no small model thinks; what real
 * models say is compared in {@link StreamedAndWholeTest}.
 */
class ReasoningStreamedAndWholeTest extends ServedTest {

  private static final long SEED = Long.getLong("freehold.seed", System.nanoTime());
  private static final int ANSWERS = 200;

  private static final String WEATHER = "\"parameters\":{\"type\":\"object\"}}";

  /** What an answer said, whichever way it came. */
  private record Said(String reasoning, String text, String calls) {}

  @Test
  void reasoningTextAndCallsAreTheSameStreamedAndWhole() throws Exception {
    System.out.println("ReasoningStreamedAndWholeTest: seed " + SEED);
    Random random = new Random(SEED);
    try (TestClient client = box.client()) {
      for (int i = 0; i < ANSWERS; i++) {
        Said said = play(random);
        String what = "seed " + SEED + ", answer " + i;
        // Real models' answers to one prompt are not the same: they are each other's neighbours.
        int answers = 1 + random.nextInt(3);
        String several = ",\"n\":" + answers;
        Reply whole = client.post("/v1/chat/completions", chat(several));
        Reply streamed = client.post("/v1/chat/completions", chat(several + STREAM));
        for (int choice = 0; choice < answers; choice++) {
          assertEquals(said, chatWhole(whole, choice), what);
          assertEquals(said, chatStream(streamed, choice), what);
        }
        assertEquals(said, responseWhole(client.post("/v1/responses", response(""))), what);
        assertEquals(said, responseStream(client.post("/v1/responses", response(STREAM))), what);
        assertEquals(said, messageWhole(client.post("/v1/messages", message(""))), what);
        assertEquals(said, messageStream(client.post("/v1/messages", message(STREAM))), what);
      }
    }
  }

  /** Tells both providers what to say: the one with tools is routed to the remote one. */
  private static Said play(Random random) {
    List<FakeProvider.Step> steps = new ArrayList<>();
    StringBuilder reasoning = new StringBuilder();
    StringBuilder text = new StringBuilder();
    StringBuilder calls = new StringBuilder();
    for (int i = random.nextInt(4); i > 0; i--) {
      String piece = piece(random);
      reasoning.append(piece);
      steps.add(FakeProvider.reason(piece));
    }
    for (int i = random.nextInt(5); i > 0; i--) {
      String piece = piece(random);
      text.append(piece);
      steps.add(FakeProvider.say(piece));
    }
    int count = random.nextInt(3);
    for (int call = 0; call < count; call++) {
      String arguments = "{\"city\":\"" + "Zürich".repeat(1 + random.nextInt(3)) + "\"}";
      calls.append("get_weather").append(arguments).append(' ');
      int cut = random.nextInt(arguments.length());
      steps.add(
          FakeProvider.call(call, "call_" + call, "get_weather", arguments.substring(0, cut)));
      steps.add(FakeProvider.call(call, null, null, arguments.substring(cut)));
    }
    FinishReason reason = count > 0 ? FinishReason.TOOL_CALLS : FinishReason.STOP;
    steps.add(FakeProvider.finish(reason));
    box.local.plays(steps);
    box.remote.plays(steps);
    return new Said(reasoning.toString(), text.toString(), calls.toString());
  }

  private static String piece(Random random) {
    List<String> pieces = List.of("so ", "\"quoted\"\n", "日本 ", "🙂", "\\ back ", "<think>", "a");
    return pieces.get(random.nextInt(pieces.size()));
  }

  private static final String STREAM = ",\"stream\":true";

  private static String chat(String more) {
    return "{\"model\":\"assistant\",\"messages\":[{\"role\":\"user\",\"content\":\"?\"}],"
        + "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"get_weather\","
        + WEATHER
        + "}]"
        + more
        + "}";
  }

  private static String response(String more) {
    return "{\"model\":\"assistant\",\"input\":\"?\",\"tools\":[{\"type\":\"function\","
        + "\"name\":\"get_weather\","
        + WEATHER
        + "]"
        + more
        + "}";
  }

  private static String message(String more) {
    return "{\"model\":\"assistant\",\"max_tokens\":2000,"
        + "\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":1024},"
        + "\"messages\":[{\"role\":\"user\",\"content\":\"?\"}],"
        + "\"tools\":[{\"name\":\"get_weather\",\"input_schema\":{\"type\":\"object\"}}]"
        + more
        + "}";
  }

  private static Said chatWhole(Reply reply, int choice) throws Exception {
    JsonNode message = answered(reply).path("choices").path(choice).path("message");
    StringBuilder calls = new StringBuilder();
    for (JsonNode call : message.path("tool_calls")) {
      calls.append(call.at("/function/name").asText());
      calls.append(call.at("/function/arguments").asText()).append(' ');
    }
    return new Said(
        message.path("reasoning_content").asText(""),
        message.path("content").asText(""),
        calls.toString());
  }

  private static Said chatStream(Reply reply, int choice) throws Exception {
    StringBuilder reasoning = new StringBuilder();
    StringBuilder text = new StringBuilder();
    List<StringBuilder> calls = new ArrayList<>();
    for (JsonNode frame : Sse.frames(reply)) {
      if (frame.at("/choices/0/index").asInt() != choice) {
        continue;
      }
      JsonNode delta = frame.at("/choices/0/delta");
      reasoning.append(delta.path("reasoning_content").asText(""));
      text.append(delta.path("content").asText(""));
      for (JsonNode call : delta.path("tool_calls")) {
        if (call.path("index").asInt() == calls.size()) {
          calls.add(new StringBuilder());
        }
        calls
            .get(call.path("index").asInt())
            .append(call.at("/function/name").asText(""))
            .append(call.at("/function/arguments").asText(""));
      }
    }
    return new Said(reasoning.toString(), text.toString(), joined(calls));
  }

  private static String joined(List<StringBuilder> calls) {
    StringBuilder all = new StringBuilder();
    calls.forEach(call -> all.append(call).append(' '));
    return all.toString();
  }

  private static Said responseWhole(Reply reply) throws Exception {
    return response(answered(reply));
  }

  private static Said response(JsonNode response) {
    StringBuilder reasoning = new StringBuilder();
    StringBuilder text = new StringBuilder();
    StringBuilder calls = new StringBuilder();
    for (JsonNode item : response.path("output")) {
      switch (item.path("type").asText()) {
        case "reasoning" -> reasoning.append(item.at("/content/0/text").asText());
        case "message" -> text.append(item.at("/content/0/text").asText());
        default ->
            calls
                .append(item.path("name").asText())
                .append(item.path("arguments").asText())
                .append(' ');
      }
    }
    return new Said(reasoning.toString(), text.toString(), calls.toString());
  }

  /** The pieces as they came; they must add up to the response that ends the stream. */
  private static Said responseStream(Reply reply) throws Exception {
    StringBuilder reasoning = new StringBuilder();
    StringBuilder text = new StringBuilder();
    List<JsonNode> frames = Sse.frames(reply);
    for (JsonNode frame : frames) {
      switch (frame.path("type").asText()) {
        case "response.reasoning_text.delta" -> reasoning.append(frame.path("delta").asText());
        case "response.output_text.delta" -> text.append(frame.path("delta").asText());
        default -> {
          // Arguments are compared by the last frame alone.
        }
      }
    }
    Said last = response(frames.getLast().path("response"));
    return new Said(reasoning.toString(), text.toString(), last.calls());
  }

  private static Said messageWhole(Reply reply) throws Exception {
    StringBuilder reasoning = new StringBuilder();
    StringBuilder text = new StringBuilder();
    StringBuilder calls = new StringBuilder();
    for (JsonNode block : answered(reply).path("content")) {
      reasoning.append(block.path("thinking").asText(""));
      text.append(block.path("text").asText(""));
      if (block.path("type").asText().equals("tool_use")) {
        calls.append(block.path("name").asText()).append(block.path("input")).append(' ');
      }
    }
    return new Said(reasoning.toString(), text.toString(), calls.toString());
  }

  private static Said messageStream(Reply reply) throws Exception {
    StringBuilder reasoning = new StringBuilder();
    StringBuilder text = new StringBuilder();
    List<StringBuilder> calls = new ArrayList<>();
    for (JsonNode frame : Sse.frames(reply)) {
      if (frame.at("/content_block/type").asText().equals("tool_use")) {
        calls.add(new StringBuilder(frame.at("/content_block/name").asText()));
      }
      JsonNode delta = frame.path("delta");
      reasoning.append(delta.path("thinking").asText(""));
      text.append(delta.path("text").asText(""));
      if (delta.has("partial_json")) {
        calls.getLast().append(delta.path("partial_json").asText());
      }
    }
    return new Said(reasoning.toString(), text.toString(), joined(calls));
  }

  private static JsonNode answered(Reply reply) throws Exception {
    assertEquals(200, reply.status(), reply.body());
    return json(reply);
  }
}
