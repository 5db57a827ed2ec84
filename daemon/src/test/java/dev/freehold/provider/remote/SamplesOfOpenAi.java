package dev.freehold.provider.remote;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.freehold.inference.FinishReason;
import dev.freehold.inference.InferenceEvent;
import dev.freehold.inference.Usage;
import dev.freehold.provider.remote.AdapterContract.Sample;
import dev.freehold.provider.remote.FakeApi.Response;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/** Streamed answers as OpenAI's API has them. */
public final class SamplesOfOpenAi {

  private static final ObjectMapper JSON = new ObjectMapper();

  private SamplesOfOpenAi() {}

  /**
   * A random one.
   *
   * @param azure with what Azure adds: results of its content filter
   */
  public static Sample random(Random random, boolean azure) {
    RandomChats words = new RandomChats(random);
    List<InferenceEvent> events = new ArrayList<>();
    List<ObjectNode> chunks = new ArrayList<>();
    if (azure) {
      ObjectNode filter = JSON.createObjectNode();
      filter.putArray("choices");
      filter.putArray("prompt_filter_results").addObject().put("prompt_index", 0);
      chunks.add(filter);
    }
    for (int i = random.nextInt(5); i >= 0; i--) {
      String text = words.text();
      events.add(new InferenceEvent.TextDelta(text));
      delta(chunks, azure).put("content", text);
    }
    FinishReason reason = random.nextBoolean() ? FinishReason.STOP : FinishReason.LENGTH;
    String said = reason == FinishReason.STOP ? "stop" : "length";
    int calls = random.nextInt(3);
    for (int i = 0; i < calls; i++) {
      reason = FinishReason.TOOL_CALLS;
      said = "tool_calls";
      events.add(
          new InferenceEvent.ToolCallDelta(i, Optional.of("c" + i), Optional.of("f"), "{\"a\":"));
      events.add(new InferenceEvent.ToolCallDelta(i, Optional.empty(), Optional.empty(), "1}"));
      ObjectNode begun = delta(chunks, azure).putArray("tool_calls").addObject();
      begun.put("index", i).put("id", "c" + i).put("type", "function");
      begun.putObject("function").put("name", "f").put("arguments", "{\"a\":");
      ObjectNode more = delta(chunks, azure).putArray("tool_calls").addObject();
      more.put("index", i).putObject("function").put("arguments", "1}");
    }
    if (azure && calls == 0 && random.nextInt(4) == 0) {
      reason = FinishReason.CONTENT_FILTER;
      said = "content_filter";
    }
    ObjectNode end = JSON.createObjectNode();
    end.putArray("choices").addObject().put("finish_reason", said).putObject("delta");
    chunks.add(end);
    Usage usage = new Usage(11 + random.nextInt(9), random.nextInt(5), random.nextInt(99));
    ObjectNode counted = JSON.createObjectNode();
    counted.putArray("choices");
    ObjectNode numbers = counted.putObject("usage");
    numbers.put("prompt_tokens", usage.promptTokens());
    numbers.put("completion_tokens", usage.completionTokens());
    numbers.putObject("prompt_tokens_details").put("cached_tokens", usage.cachedTokens());
    chunks.add(counted);
    events.add(new InferenceEvent.Finished(reason, usage));
    StringBuilder body = new StringBuilder();
    chunks.forEach(chunk -> body.append("data: ").append(chunk).append("\n\n"));
    body.append("data: [DONE]\n\n");
    byte[] bytes = body.toString().getBytes(StandardCharsets.UTF_8);
    return new Sample(Response.of(200, "text/event-stream; charset=utf-8", bytes), events);
  }

  private static ObjectNode delta(List<ObjectNode> chunks, boolean azure) {
    ObjectNode chunk = JSON.createObjectNode();
    ObjectNode choice = chunk.putArray("choices").addObject();
    choice.put("index", 0).putNull("finish_reason");
    if (azure) {
      choice.putObject("content_filter_results").putObject("hate").put("filtered", false);
    }
    chunks.add(chunk);
    return choice.putObject("delta");
  }

  /** Streams that are none. */
  public static List<byte[]> nonsense() {
    List<byte[]> bodies = new ArrayList<>();
    for (String event :
        List.of(
            "{\"choices\":[",
            "[]",
            "42",
            "{\"error\":{\"message\":\"" + AdapterContract.CANARY + "\"}}")) {
      bodies.add(("data: " + event + "\n\n").getBytes(StandardCharsets.UTF_8));
    }
    bodies.add(new byte[0]);
    return bodies;
  }
}
