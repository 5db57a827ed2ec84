package dev.freehold.api;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.freehold.inference.FinishReason;
import dev.freehold.inference.Usage;
import java.io.IOException;
import java.util.List;

/** The parts of an answer's JSON that whole and streamed answers share. */
final class AnswerJson {

  private AnswerJson() {}

  static String finishReason(FinishReason reason) {
    return switch (reason) {
      case STOP -> "stop";
      case LENGTH -> "length";
      case TOOL_CALLS -> "tool_calls";
      case CONTENT_FILTER -> "content_filter";
    };
  }

  /** The tokens of several answers to one prompt, which is counted once. */
  static Usage total(List<Usage> answers) {
    Usage one = answers.getFirst();
    int completion = answers.stream().mapToInt(Usage::completionTokens).sum();
    return new Usage(one.promptTokens(), one.cachedTokens(), completion);
  }

  static void usage(JsonGenerator json, Usage usage) throws IOException {
    json.writeStartObject();
    json.writeNumberField("prompt_tokens", usage.promptTokens());
    json.writeNumberField("completion_tokens", usage.completionTokens());
    json.writeNumberField("total_tokens", usage.totalTokens());
    json.writeObjectFieldStart("prompt_tokens_details");
    json.writeNumberField("cached_tokens", usage.cachedTokens());
    json.writeEndObject();
    json.writeEndObject();
  }

  /**
   * A text that can be written as UTF-8: half of a pair, which a provider may have cut, becomes the
   * replacement character.
   */
  static String wellFormed(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (Character.isSurrogate(text.charAt(i))) {
        return repaired(text);
      }
    }
    return text;
  }

  private static String repaired(String text) {
    StringBuilder result = new StringBuilder(text.length());
    text.codePoints()
        .map(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE ? 0xFFFD : c)
        .forEach(result::appendCodePoint);
    return result.toString();
  }
}
