package dev.freehold.provider.bedrock;

import com.fasterxml.jackson.databind.JsonNode;
import dev.freehold.inference.FinishReason;
import dev.freehold.inference.InferenceEvent;
import dev.freehold.inference.InferenceException.Kind;
import dev.freehold.inference.Usage;
import dev.freehold.provider.remote.BrokenAnswer;
import dev.freehold.provider.remote.Protocol;
import dev.freehold.provider.remote.RemoteJson;
import dev.freehold.provider.remote.Reply;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Reads the events of one ConverseStream. Written by the pump; anyone may read the usage. */
final class BedrockEvents implements Protocol.Reading {

  static final String CONTENT_TYPE = "application/vnd.amazon.eventstream";

  private final int promptTokensEstimate;
  private final Map<Integer, Call> calls = new HashMap<>();
  private volatile Usage usage = Usage.NONE;
  private Optional<FinishReason> finishReason = Optional.empty();

  BedrockEvents(int promptTokensEstimate) {
    this.promptTokensEstimate = promptTokensEstimate;
  }

  @Override
  public String contentType() {
    return CONTENT_TYPE;
  }

  @Override
  public Usage usage() {
    return usage;
  }

  /** The usage comes after the end of the message, as the stream's last event. */
  @Override
  public void read(Reply reply, Protocol.Sink sink)
      throws IOException, BrokenAnswer, InterruptedException {
    EventFrames frames = new EventFrames(reply.body());
    while (frames.advance()) {
      String type = frames.header(":message-type");
      if (!type.equals("event")) {
        throw broken(type, frames.header(":exception-type"));
      }
      JsonNode event = json(frames.payload());
      switch (frames.header(":event-type")) {
        case "contentBlockStart" -> start(event, sink);
        case "contentBlockDelta" -> delta(event, sink);
        case "contentBlockStop" -> stop(event, sink);
        case "messageStop" ->
            finishReason = Optional.of(reason(event.path("stopReason").asText("")));
        case "metadata" -> count(event.path("usage"));
        default -> {
          // The message's start, and whatever is added one day.
        }
      }
    }
    FinishReason reason =
        finishReason.orElseThrow(() -> new BrokenAnswer("broke off before the end of its answer"));
    sink.put(new InferenceEvent.Finished(reason, usage));
  }

  private void start(JsonNode event, Protocol.Sink sink) throws InterruptedException {
    JsonNode use = event.path("start").path("toolUse");
    if (!use.isObject()) {
      return;
    }
    Call call = new Call(calls.size());
    calls.put(index(event), call);
    put(
        sink,
        new InferenceEvent.ToolCallDelta(
            call.number,
            Optional.of(use.path("toolUseId").asText("")),
            Optional.of(use.path("name").asText("")),
            ""));
  }

  private void delta(JsonNode event, Protocol.Sink sink) throws BrokenAnswer, InterruptedException {
    JsonNode delta = event.path("delta");
    String text = delta.path("text").asText("");
    if (!text.isEmpty()) {
      put(sink, new InferenceEvent.TextDelta(text));
    }
    String reasoning = delta.path("reasoningContent").path("text").asText("");
    if (!reasoning.isEmpty()) {
      put(sink, new InferenceEvent.ReasoningDelta(reasoning));
    }
    String input = delta.path("toolUse").path("input").asText("");
    if (!input.isEmpty()) {
      Call call = calls.get(index(event));
      if (call == null) {
        throw new BrokenAnswer("sent arguments of a tool call that did not begin");
      }
      call.hasArguments = true;
      put(sink, arguments(call, input));
    }
  }

  /** A call without arguments has no deltas; clients expect an object all the same. */
  private void stop(JsonNode event, Protocol.Sink sink) throws InterruptedException {
    Call call = calls.get(index(event));
    if (call != null && !call.hasArguments) {
      call.hasArguments = true;
      put(sink, arguments(call, "{}"));
    }
  }

  private static InferenceEvent.ToolCallDelta arguments(Call call, String text) {
    return new InferenceEvent.ToolCallDelta(call.number, Optional.empty(), Optional.empty(), text);
  }

  /** Until the provider tells its own numbers, a piece counts as a token. */
  private void put(Protocol.Sink sink, InferenceEvent event) throws InterruptedException {
    usage = new Usage(promptTokensEstimate, 0, usage.completionTokens() + 1);
    sink.put(event);
  }

  /** Tokens read from or written to a cache are not among the input's here. */
  private void count(JsonNode said) {
    if (said.isObject()) {
      int cached = tokens(said.path("cacheReadInputTokens"));
      int prompt =
          tokens(said.path("inputTokens")) + cached + tokens(said.path("cacheWriteInputTokens"));
      usage = new Usage(Math.max(0, prompt), cached, tokens(said.path("outputTokens")));
    }
  }

  private static int tokens(JsonNode number) {
    return number.canConvertToInt() ? Math.max(0, number.intValue()) : 0;
  }

  private static int index(JsonNode event) {
    return event.path("contentBlockIndex").asInt(0);
  }

  private static JsonNode json(byte[] payload) throws BrokenAnswer {
    try {
      JsonNode read = RemoteJson.MAPPER.readTree(payload);
      if (read != null && read.isObject()) {
        return read;
      }
    } catch (IOException e) {
      // Said below, without what was sent.
    }
    throw new BrokenAnswer("sent an event that is no JSON object");
  }

  private static FinishReason reason(String text) throws BrokenAnswer {
    return switch (text) {
      case "max_tokens", "model_context_window_exceeded" -> FinishReason.LENGTH;
      case "tool_use" -> FinishReason.TOOL_CALLS;
      case "content_filtered", "guardrail_intervened" -> FinishReason.CONTENT_FILTER;
      case "malformed_model_output", "malformed_tool_use" ->
          throw new BrokenAnswer("says that its model's answer is malformed");
      default -> FinishReason.STOP;
    };
  }

  private static BrokenAnswer broken(String type, String exception) {
    if (!type.equals("exception")) {
      return new BrokenAnswer("broke off with an error");
    }
    return switch (exception) {
      case "throttlingException" ->
          new BrokenAnswer(Kind.PROVIDER_LIMITED, "broke off: its limit is reached");
      case "validationException" ->
          new BrokenAnswer(Kind.INVALID_REQUEST, "does not accept the request");
      default -> new BrokenAnswer("broke off with an error");
    };
  }

  private static final class Call {

    private final int number;
    private boolean hasArguments;

    Call(int number) {
      this.number = number;
    }
  }
}
