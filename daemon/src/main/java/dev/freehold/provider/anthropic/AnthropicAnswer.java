package dev.freehold.provider.anthropic;

import com.fasterxml.jackson.databind.JsonNode;
import dev.freehold.inference.FinishReason;
import dev.freehold.inference.InferenceEvent;
import dev.freehold.inference.InferenceException.Kind;
import dev.freehold.inference.Usage;
import dev.freehold.provider.remote.BrokenAnswer;
import dev.freehold.provider.remote.Protocol;
import dev.freehold.provider.remote.RemoteJson;
import dev.freehold.provider.remote.Reply;
import dev.freehold.provider.remote.ServerSentEvents;
import java.io.IOException;
import java.util.Optional;

/**
 * Reads a streamed message: its blocks come one after the other, each begun, continued and ended.
 * Events and blocks that are not known are passed over, as the API's versioning asks.
 */
final class AnthropicAnswer implements Protocol.Reading {

  /** What kind of block is being read. */
  private enum Block {
    NONE,
    TEXT,
    THINKING,
    CALL,
    OTHER
  }

  private final boolean toolIsAnswer;
  private final int promptTokensEstimate;
  private volatile Usage usage = Usage.NONE;

  // The pump's own.
  private Block open = Block.NONE;
  private int openIndex;
  private boolean hasArguments;
  private int calls;
  private Usage counted = Usage.NONE;
  private boolean isPromptCounted;
  private Optional<FinishReason> reason = Optional.empty();
  private Optional<String> stopText = Optional.empty();

  /**
   * Nothing read yet.
   *
   * @param toolIsAnswer whether the arguments of the one call are the answer's text
   * @param promptTokensEstimate taken until the provider says its own number
   */
  AnthropicAnswer(boolean toolIsAnswer, int promptTokensEstimate) {
    this.toolIsAnswer = toolIsAnswer;
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
    boolean ended = false;
    while (!ended && events.advance()) {
      JsonNode event = RemoteJson.object(events);
      switch (event.path("type").asText("")) {
        case "message_start" -> count(event.path("message").path("usage"), false);
        case "content_block_start" -> begin(event, sink);
        case "content_block_delta" -> more(event, sink);
        case "content_block_stop" -> endBlock(sink);
        case "message_delta" -> ending(event);
        case "message_stop" -> ended = true;
        case "error" -> throw failure(event.path("error").path("type").asText(""));
        default -> {
          // A ping, or an event of a later version.
        }
      }
    }
    if (reason.isEmpty()) {
      throw new BrokenAnswer("broke off before the end of its answer");
    }
    sink.put(new InferenceEvent.Finished(reason.get(), usage, stopText));
  }

  private void begin(JsonNode event, Protocol.Sink sink) throws InterruptedException {
    JsonNode block = event.path("content_block");
    openIndex = event.path("index").asInt(0);
    hasArguments = false;
    open =
        switch (block.path("type").asText("")) {
          case "text" -> Block.TEXT;
          case "thinking" -> Block.THINKING;
          case "tool_use" -> Block.CALL;
          default -> Block.OTHER;
        };
    switch (open) {
      case TEXT -> text(block.path("text").asText(""), sink);
      case THINKING -> thinking(block.path("thinking").asText(""), sink);
      case CALL -> call(block, sink);
      case NONE, OTHER -> {
        // Redacted thinking and tools of the provider's own have no place in the neutral form.
      }
    }
  }

  private void call(JsonNode block, Protocol.Sink sink) throws InterruptedException {
    if (!toolIsAnswer) {
      sink.put(
          new InferenceEvent.ToolCallDelta(
              calls,
              Optional.of(block.path("id").asText("")),
              Optional.of(block.path("name").asText("")),
              ""));
    }
    calls++;
    // Anthropic sends the input in pieces; some who speak its API send it whole.
    if (!block.path("input").isEmpty()) {
      arguments(block.path("input").toString(), sink);
    }
  }

  private void more(JsonNode event, Protocol.Sink sink) throws BrokenAnswer, InterruptedException {
    if (open == Block.NONE || event.path("index").asInt(0) != openIndex) {
      throw new BrokenAnswer("went on with a block that it had not begun");
    }
    JsonNode delta = event.path("delta");
    switch (open) {
      case TEXT -> text(delta.path("text").asText(""), sink);
      case THINKING -> thinking(delta.path("thinking").asText(""), sink);
      case CALL -> arguments(delta.path("partial_json").asText(""), sink);
      case NONE, OTHER -> {
        // As above.
      }
    }
  }

  private void endBlock(Protocol.Sink sink) throws InterruptedException {
    if (open == Block.CALL && !hasArguments) {
      arguments("{}", sink);
    }
    open = Block.NONE;
  }

  private void text(String text, Protocol.Sink sink) throws InterruptedException {
    // Words beside a tool's arguments would spoil the JSON that was asked for.
    if (!text.isEmpty() && !toolIsAnswer) {
      piece();
      sink.put(new InferenceEvent.TextDelta(text));
    }
  }

  private void thinking(String text, Protocol.Sink sink) throws InterruptedException {
    if (!text.isEmpty()) {
      piece();
      sink.put(new InferenceEvent.ReasoningDelta(text));
    }
  }

  private void arguments(String text, Protocol.Sink sink) throws InterruptedException {
    if (text.isEmpty()) {
      return;
    }
    hasArguments = true;
    piece();
    sink.put(
        toolIsAnswer
            ? new InferenceEvent.TextDelta(text)
            : new InferenceEvent.ToolCallDelta(
                calls - 1, Optional.empty(), Optional.empty(), text));
  }

  private void ending(JsonNode event) {
    JsonNode delta = event.path("delta");
    if (delta.path("stop_reason").isTextual()) {
      reason = Optional.of(reason(delta.path("stop_reason").textValue()));
    }
    if (delta.path("stop_sequence").isTextual()) {
      stopText = Optional.of(delta.path("stop_sequence").textValue());
    }
    count(event.path("usage"), true);
  }

  /** A token for each piece, until the provider says its own number. */
  private void piece() {
    counted =
        new Usage(
            isPromptCounted ? counted.promptTokens() : promptTokensEstimate,
            counted.cachedTokens(),
            counted.completionTokens() + 1);
    usage = counted;
  }

  /**
   * The parts of the prompt that were read from a cache or written to one are counted apart there.
   *
   * @param atEnd whether the answer's tokens are counted in full
   */
  private void count(JsonNode said, boolean atEnd) {
    int prompt = counted.promptTokens();
    int cached = counted.cachedTokens();
    if (said.path("input_tokens").isNumber()) {
      int read = RemoteJson.tokens(said.path("cache_read_input_tokens"));
      long all =
          (long) RemoteJson.tokens(said.path("input_tokens"))
              + read
              + RemoteJson.tokens(said.path("cache_creation_input_tokens"));
      // Both ends of an answer may count it, one of them with zero.
      prompt = (int) Math.min(Integer.MAX_VALUE, Math.max(isPromptCounted ? prompt : 0, all));
      cached = Math.max(cached, read);
      isPromptCounted = true;
    }
    int completion =
        atEnd && said.path("output_tokens").isNumber()
            ? RemoteJson.tokens(said.path("output_tokens"))
            : counted.completionTokens();
    counted = new Usage(prompt, cached, completion);
    usage = counted;
  }

  private FinishReason reason(String text) {
    return switch (text) {
      case "max_tokens", "model_context_window_exceeded" -> FinishReason.LENGTH;
      case "tool_use" -> toolIsAnswer ? FinishReason.STOP : FinishReason.TOOL_CALLS;
      case "refusal" -> FinishReason.CONTENT_FILTER;
      default -> FinishReason.STOP;
    };
  }

  private static BrokenAnswer failure(String type) {
    return switch (type) {
      case "overloaded_error" -> new BrokenAnswer("is overloaded and broke off");
      case "rate_limit_error" ->
          new BrokenAnswer(Kind.PROVIDER_LIMITED, "broke off: its limit is reached");
      case "authentication_error", "permission_error", "billing_error" ->
          new BrokenAnswer(
              Kind.PROVIDER_REFUSED,
              "broke off with a refusal. The operator should check its credential and its credit");
      default -> new BrokenAnswer("broke off with an error");
    };
  }
}
