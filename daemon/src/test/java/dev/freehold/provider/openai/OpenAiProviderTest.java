package dev.freehold.provider.openai;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.freehold.inference.FinishReason;
import dev.freehold.inference.InferenceEvent;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.InferenceStream;
import dev.freehold.inference.Message;
import dev.freehold.inference.OutputFormat;
import dev.freehold.inference.Prompt;
import dev.freehold.inference.Sampling;
import dev.freehold.inference.Tool;
import dev.freehold.inference.ToolCall;
import dev.freehold.inference.ToolChoice;
import dev.freehold.inference.Usage;
import dev.freehold.provider.remote.FaultyUpstream;
import dev.freehold.provider.remote.FaultyUpstream.Then;
import dev.freehold.provider.remote.RemoteProvider;
import dev.freehold.provider.remote.UpstreamTest;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** How requests and answers are put into OpenAI's form and back. */
class OpenAiProviderTest extends UpstreamTest {

  @Test
  void streamBecomesEventsAndUsage() throws Exception {
    upstream.answers(
        FaultyUpstream.events(
                "{\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}",
                "{\"choices\":[{\"delta\":{\"reasoning_content\":\"hm\"}}]}",
                HELLO,
                STOP,
                USAGE,
                "[DONE]")
            + FaultyUpstream.end(),
        Then.KEEP_OPEN);
    try (RemoteProvider provider = provider();
        InferenceStream stream = ask(provider, chat())) {
      assertEquals(
          List.of(
              new InferenceEvent.ReasoningDelta("hm"),
              new InferenceEvent.TextDelta("Hello"),
              new InferenceEvent.Finished(FinishReason.STOP, new Usage(11, 4, 3))),
          all(stream));
    }
    FaultyUpstream.Request request = upstream.requests().getFirst();
    assertTrue(request.head().startsWith("POST /v1/chat/completions HTTP/1.1\r\n"));
    assertTrue(request.head().contains("Bearer " + KEY));
    JsonNode body = new ObjectMapper().readTree(request.body());
    assertEquals("big-model", body.path("model").asText());
    assertTrue(body.path("stream").asBoolean());
    assertTrue(body.at("/stream_options/include_usage").asBoolean());
    assertFalse(body.has("temperature"));
  }

  @Test
  void toolCallsArriveInPieces() throws Exception {
    upstream.answers(
        FaultyUpstream.events(
                "{\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"c1\",\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"a\\\":\"}}]}}]}",
                "{\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"1}\"}}]}}]}",
                "{\"choices\":[{\"delta\":{\"tool_calls\":[{\"id\":\"c2\",\"function\":{\"name\":\"g\",\"arguments\":{\"b\":2}}}]}}]}",
                "{\"choices\":[{\"delta\":{},\"finish_reason\":\"tool_calls\"}]}",
                "[DONE]")
            + FaultyUpstream.end(),
        Then.KEEP_OPEN);
    try (RemoteProvider provider = provider();
        InferenceStream stream = ask(provider, chat())) {
      List<InferenceEvent> events = all(stream);
      assertEquals(
          new InferenceEvent.ToolCallDelta(0, Optional.of("c1"), Optional.of("f"), "{\"a\":"),
          events.get(0));
      assertEquals(
          new InferenceEvent.ToolCallDelta(0, Optional.empty(), Optional.empty(), "1}"),
          events.get(1));
      assertEquals(
          new InferenceEvent.ToolCallDelta(1, Optional.of("c2"), Optional.of("g"), "{\"b\":2}"),
          events.get(2));
      assertEquals(FinishReason.TOOL_CALLS, ((InferenceEvent.Finished) events.getLast()).reason());
    }
  }

  @Test
  void everythingAskedForIsSent() throws Exception {
    upstream.answers(FaultyUpstream.events(STOP, "[DONE]") + FaultyUpstream.end(), Then.KEEP_OPEN);
    Prompt prompt =
        new Prompt.Chat(
            List.of(
                Message.of(Message.Role.SYSTEM, "brief"),
                new Message(
                    Message.Role.ASSISTANT,
                    "",
                    List.of(new ToolCall("c1", "f", "{}")),
                    Optional.empty(),
                    Optional.empty()),
                new Message(
                    Message.Role.TOOL, "42", List.of(), Optional.of("c1"), Optional.empty())),
            List.of(
                new Tool("e", "does e", "{\"type\":\"object\"}"),
                new Tool("f", "does f", "{\"type\":\"object\"}")),
            new ToolChoice.Named("f"),
            false);
    Sampling sampling =
        new Sampling(
            OptionalDouble.of(0.5),
            OptionalDouble.of(0.9),
            OptionalInt.of(40),
            OptionalDouble.empty(),
            OptionalDouble.of(1),
            OptionalDouble.of(-1),
            OptionalDouble.empty(),
            OptionalLong.of(42),
            Map.of(7, -100.0),
            List.of("END"));
    InferenceRequest request =
        new InferenceRequest(
            "r-1",
            "assistant",
            prompt,
            sampling,
            new OutputFormat.JsonSchema("{\"type\":\"string\"}"),
            OptionalInt.of(99));
    try (RemoteProvider provider = provider();
        InferenceStream stream = ask(provider, request)) {
      all(stream);
    }
    JsonNode body = new ObjectMapper().readTree(upstream.requests().getFirst().body());
    assertEquals("system", body.at("/messages/0/role").asText());
    assertTrue(body.at("/messages/1/content").isNull());
    assertEquals("f", body.at("/messages/1/tool_calls/0/function/name").asText());
    assertEquals("c1", body.at("/messages/2/tool_call_id").asText());
    assertEquals("object", body.at("/tools/0/function/parameters/type").asText());
    assertEquals("f", body.at("/tools/0/function/name").asText());
    assertEquals(1, body.path("tools").size());
    assertEquals("required", body.path("tool_choice").asText());
    assertFalse(body.path("parallel_tool_calls").asBoolean(true));
    assertEquals(0.5, body.path("temperature").asDouble());
    assertEquals(42, body.path("seed").asLong());
    assertEquals(-100.0, body.at("/logit_bias/7").asDouble());
    assertEquals("END", body.at("/stop/0").asText());
    assertEquals(99, body.path("max_tokens").asInt());
    assertEquals("string", body.at("/response_format/json_schema/schema/type").asText());
  }

  @Test
  void plainTextGoesToCompletions() throws Exception {
    upstream.answers(
        FaultyUpstream.events(
                "{\"choices\":[{\"text\":\"abc\",\"finish_reason\":null}]}",
                "{\"choices\":[{\"text\":\"\",\"finish_reason\":\"length\"}]}",
                "[DONE]")
            + FaultyUpstream.end(),
        Then.KEEP_OPEN);
    try (RemoteProvider provider = provider();
        InferenceStream stream = ask(provider, request("assistant", new Prompt.Text("once")))) {
      List<InferenceEvent> events = all(stream);
      assertEquals(new InferenceEvent.TextDelta("abc"), events.getFirst());
      assertEquals(FinishReason.LENGTH, ((InferenceEvent.Finished) events.getLast()).reason());
    }
    assertTrue(upstream.requests().getFirst().head().startsWith("POST /v1/completions "));
  }

  @Test
  void answerWithoutUsageIsCountedByItsPieces() throws Exception {
    upstream.answers(
        FaultyUpstream.events(HELLO, HELLO, STOP, "[DONE]") + FaultyUpstream.end(), Then.KEEP_OPEN);
    try (RemoteProvider provider = provider();
        InferenceStream stream = ask(provider, chat())) {
      assertEquals(new Usage(0, 0, 2), ((InferenceEvent.Finished) all(stream).getLast()).usage());
    }
  }

  @Test
  void oddButLawfulEventStreamIsRead() throws Exception {
    String body =
        ": a comment\r\n\r\nevent: x\rdata:"
            + HELLO.substring(0, 20)
            + "\rdata: "
            + HELLO.substring(20)
            + "\r\r"
            + "data: "
            + STOP
            + "\r\n\r\n";
    StringBuilder chunks = new StringBuilder();
    for (int i = 0; i < body.length(); i++) {
      chunks.append(FaultyUpstream.chunk(body.substring(i, i + 1)));
    }
    upstream.answers(
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
            + "Transfer-Encoding: chunked\r\n\r\n"
            + chunks
            + FaultyUpstream.end(),
        Then.KEEP_OPEN);
    try (RemoteProvider provider = provider();
        InferenceStream stream = ask(provider, chat())) {
      assertEquals(new InferenceEvent.TextDelta("Hello"), stream.next());
      assertEquals(FinishReason.STOP, ((InferenceEvent.Finished) stream.next()).reason());
    }
  }

  @Test
  void connectionIsUsedAgain() throws Exception {
    String answer = FaultyUpstream.events(HELLO, STOP, USAGE, "[DONE]") + FaultyUpstream.end();
    try (RemoteProvider provider = provider()) {
      for (int i = 0; i < 3; i++) {
        upstream.answers(answer, Then.KEEP_OPEN);
        try (InferenceStream stream = ask(provider, chat())) {
          all(stream);
        }
      }
    }
    assertEquals(3, upstream.requests().size());
    assertEquals(1, upstream.connections());
  }

  @Test
  void requestThatWasDecidedBeforeThePolicyChangedStillBegins() throws Exception {
    upstream.answers(
        FaultyUpstream.events(HELLO, STOP, "[DONE]") + FaultyUpstream.end(), Then.KEEP_OPEN);
    RemoteProvider provider = provider();
    provider.close();
    try (InferenceStream stream = ask(provider, chat())) {
      assertEquals(2, all(stream).size());
    }
  }
}
