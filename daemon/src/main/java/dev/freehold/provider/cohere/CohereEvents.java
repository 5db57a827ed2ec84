package dev.freehold.provider.cohere;

import com.fasterxml.jackson.databind.JsonNode;
import dev.freehold.inference.FinishReason;
import dev.freehold.inference.InferenceEvent;
import dev.freehold.inference.Usage;
import dev.freehold.provider.remote.BrokenAnswer;
import dev.freehold.provider.remote.Protocol;
import dev.freehold.provider.remote.RemoteJson;
import dev.freehold.provider.remote.Reply;
import dev.freehold.provider.remote.ServerSentEvents;
import java.io.IOException;
import java.util.Optional;

/**
 * Reads the events of one streamed chat. What the model says before it calls tools (its plan) is
 * reasoning here. Citations have no place in the surfaces and are passed over. Written by the pump;
 * anyone may read the usage.
 */
final class CohereEvents implements Protocol.Reading {

  private final int promptTokensEstimate;
  private volatile Usage usage = Usage.NONE;
  private int calls;
  private boolean hasArguments;

  CohereEvents(int promptTokensEstimate) {
    this.promptTokensEstimate = promptTokensEstimate;
  }

  @Override
  public String contentType() {
    return "text/event-stream";
  }

  @Override
  public Usage usage() {
    return usage;
  }

  @Override
  public void read(Reply reply, Protocol.Sink sink)
      throws IOException, BrokenAnswer, InterruptedException {
    ServerSentEvents events = new ServerSentEvents(reply.body());
    while (events.advance()) {
      JsonNode event = json(events);
      JsonNode delta = event.path("delta");
      JsonNode message = delta.path("message");
      switch (event.path("type").asText("")) {
        case "content-start", "content-delta" -> content(message.path("content"), sink);
        case "tool-plan-delta" -> reasoning(message.path("tool_plan"), sink);
        case "tool-call-start" -> callStart(message.path("tool_calls"), sink);
        case "tool-call-delta" -> arguments(message.path("tool_calls"), sink);
        case "tool-call-end" -> callEnd(sink);
        case "message-end" -> {
          count(delta.path("usage"));
          sink.put(new InferenceEvent.Finished(reason(delta), usage));
          return;
        }
        default -> {
          // The message's start, the content's end, citations, and whatever is added one day.
        }
      }
    }
    throw new BrokenAnswer("broke off before the end of its answer");
  }

  private static JsonNode json(ServerSentEvents events) throws IOException, BrokenAnswer {
    JsonNode event = RemoteJson.object(events);
    if (!event.path("type").isTextual()) {
      throw new BrokenAnswer("sent an event without a type");
    }
    return event;
  }

  private void content(JsonNode content, Protocol.Sink sink) throws InterruptedException {
    String text = content.path("text").asText("");
    if (!text.isEmpty()) {
      put(sink, new InferenceEvent.TextDelta(text));
    }
    reasoning(content.path("thinking"), sink);
  }

  private void reasoning(JsonNode node, Protocol.Sink sink) throws InterruptedException {
    String text = node.asText("");
    if (!text.isEmpty()) {
      put(sink, new InferenceEvent.ReasoningDelta(text));
    }
  }

  private void callStart(JsonNode call, Protocol.Sink sink) throws InterruptedException {
    JsonNode function = call.path("function");
    String begun = function.path("arguments").asText("");
    hasArguments = !begun.isEmpty();
    put(
        sink,
        new InferenceEvent.ToolCallDelta(
            calls++,
            Optional.of(call.path("id").asText("")),
            Optional.of(function.path("name").asText("")),
            begun));
  }

  private void arguments(JsonNode call, Protocol.Sink sink)
      throws BrokenAnswer, InterruptedException {
    if (calls == 0) {
      throw new BrokenAnswer("sent arguments of a tool call that did not begin");
    }
    String more = call.path("function").path("arguments").asText("");
    if (!more.isEmpty()) {
      hasArguments = true;
      put(sink, more(more));
    }
  }

  /** A call without arguments is sent as none; clients expect an object all the same. */
  private void callEnd(Protocol.Sink sink) throws InterruptedException {
    if (calls > 0 && !hasArguments) {
      hasArguments = true;
      put(sink, more("{}"));
    }
  }

  private InferenceEvent.ToolCallDelta more(String text) {
    return new InferenceEvent.ToolCallDelta(calls - 1, Optional.empty(), Optional.empty(), text);
  }

  /** Until the provider tells its own numbers, a piece counts as a token. */
  private void put(Protocol.Sink sink, InferenceEvent event) throws InterruptedException {
    usage = new Usage(promptTokensEstimate, 0, usage.completionTokens() + 1);
    sink.put(event);
  }

  /** Those that the model saw, where they are told; else those that are paid for. */
  private void count(JsonNode said) {
    JsonNode seen =
        said.path("tokens").isObject() ? said.path("tokens") : said.path("billed_units");
    if (seen.isObject()) {
      usage =
          new Usage(
              tokens(seen.path("input_tokens")),
              tokens(said.path("cached_tokens")),
              tokens(seen.path("output_tokens")));
    }
  }

  /** They are written as numbers with a point. */
  private static int tokens(JsonNode number) {
    return number.isNumber() && number.asDouble() > 0
        ? (int) Math.min(Integer.MAX_VALUE, number.asLong())
        : 0;
  }

  private static FinishReason reason(JsonNode delta) throws BrokenAnswer {
    return switch (delta.path("finish_reason").asText("")) {
      case "MAX_TOKENS" -> FinishReason.LENGTH;
      case "TOOL_CALL" -> FinishReason.TOOL_CALLS;
      case "ERROR_TOXIC" -> FinishReason.CONTENT_FILTER;
      case "ERROR", "TIMEOUT", "ERROR_LIMIT" -> throw new BrokenAnswer("broke off with an error");
      default -> FinishReason.STOP;
    };
  }
}
