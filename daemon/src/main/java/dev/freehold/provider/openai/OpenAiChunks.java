package dev.freehold.provider.openai;

import com.fasterxml.jackson.databind.JsonNode;
import dev.freehold.inference.FinishReason;
import dev.freehold.inference.InferenceEvent;
import dev.freehold.inference.TokenLogprob;
import dev.freehold.inference.Usage;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Turns the chunks of one streamed answer into events. Written by the pump; the usage may be read
 * by anyone.
 */
final class OpenAiChunks {

  private final int promptTokensEstimate;
  private volatile Usage usage;
  private boolean reported;
  private Optional<FinishReason> finishReason = Optional.empty();
  private int toolCallsSeen;

  /**
   * Nothing read yet.
   *
   * @param promptTokensEstimate how long the prompt is taken to be on this box, until the provider
   *     says its own number
   */
  OpenAiChunks(int promptTokensEstimate) {
    this.promptTokensEstimate = promptTokensEstimate;
    this.usage = Usage.NONE;
  }

  /**
   * What the provider reported; before that, and if it never does, the local count of the prompt
   * and one token for each piece of output, which is what providers send. Nothing is counted before
   * the first piece arrived.
   */
  Usage usage() {
    return usage;
  }

  Optional<FinishReason> finishReason() {
    return finishReason;
  }

  List<InferenceEvent> read(JsonNode chunk) {
    List<InferenceEvent> events = new ArrayList<>(1);
    JsonNode choice = chunk.path("choices").path(0);
    JsonNode delta = choice.path("delta");
    List<TokenLogprob> logprobs = OpenAiLogprobs.read(choice.path("logprobs"));
    if (!logprobs.isEmpty()) {
      events.add(new InferenceEvent.Logprobs(logprobs));
    }
    int told = events.size();
    text(delta.path("reasoning_content"))
        .or(() -> text(delta.path("reasoning")))
        .ifPresent(text -> events.add(new InferenceEvent.ReasoningDelta(text)));
    // A chat's delta has "content", a plain completion's choice has "text".
    text(delta.path("content"))
        .or(() -> text(choice.path("text")))
        .ifPresent(text -> events.add(new InferenceEvent.TextDelta(text)));
    for (JsonNode call : delta.path("tool_calls")) {
      events.add(toolCall(call));
    }
    if (choice.path("finish_reason").isTextual()) {
      finishReason = Optional.of(reason(choice.path("finish_reason").textValue()));
    }
    count(events.size() - told, chunk.path("usage"));
    return events;
  }

  private InferenceEvent.ToolCallDelta toolCall(JsonNode call) {
    Optional<String> id = text(call.path("id"));
    // Some servers leave the index out and send each call whole.
    int index =
        call.path("index").canConvertToInt()
            ? Math.max(0, call.path("index").intValue())
            : Math.max(0, id.isPresent() ? toolCallsSeen : toolCallsSeen - 1);
    toolCallsSeen = Math.max(toolCallsSeen, index + 1);
    JsonNode function = call.path("function");
    JsonNode arguments = function.path("arguments");
    return new InferenceEvent.ToolCallDelta(
        index,
        id,
        text(function.path("name")),
        arguments.isContainerNode() ? arguments.toString() : arguments.asText(""));
  }

  private void count(int pieces, JsonNode said) {
    if (said.isObject()) {
      reported = true;
      usage =
          new Usage(
              tokens(said.path("prompt_tokens")),
              tokens(said.path("prompt_tokens_details").path("cached_tokens")),
              tokens(said.path("completion_tokens")));
    } else if (!reported && pieces > 0) {
      usage = new Usage(promptTokensEstimate, 0, usage.completionTokens() + pieces);
    }
  }

  private static int tokens(JsonNode number) {
    return number.canConvertToInt() ? Math.max(0, number.intValue()) : 0;
  }

  private static Optional<String> text(JsonNode node) {
    return node.isTextual() && !node.textValue().isEmpty()
        ? Optional.of(node.textValue())
        : Optional.empty();
  }

  private static FinishReason reason(String text) {
    return switch (text) {
      case "length" -> FinishReason.LENGTH;
      case "tool_calls", "function_call" -> FinishReason.TOOL_CALLS;
      case "content_filter" -> FinishReason.CONTENT_FILTER;
      default -> FinishReason.STOP;
    };
  }
}
