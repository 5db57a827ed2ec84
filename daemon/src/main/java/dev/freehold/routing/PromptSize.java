package dev.freehold.routing;

import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.Message;
import dev.freehold.inference.OutputFormat;
import dev.freehold.inference.Prompt;
import dev.freehold.inference.Tool;
import dev.freehold.inference.ToolCall;

/**
 * How long a prompt is, without a model to count its tokens.
 *
 * @param estimatedTokens a guess by its characters
 * @param tokensMax what no model's count of it passes; the largest number where that is not known
 */
record PromptSize(int estimatedTokens, long tokensMax) {

  /** A token of ordinary text is taken for this many characters of ASCII. */
  private static final int QUARTERS = 4;

  /** An image is taken for this many tokens: models make some hundreds of one. */
  private static final int IMAGE_TOKENS = 600;

  /** What a chat template says of its own, a default system message included. */
  private static final long TEMPLATE_TOKENS_MAX = 2048;

  /** What it says around each message. */
  private static final long MESSAGE_TOKENS_MAX = 64;

  static PromptSize of(InferenceRequest request) {
    Sum sum = new Sum();
    switch (request.prompt()) {
      case Prompt.Chat chat -> chat(chat, sum);
      case Prompt.Text text -> {
        sum.add(text.text());
        sum.bytes += MESSAGE_TOKENS_MAX;
      }
      case Prompt.Infill infill -> {
        sum.add(infill.before());
        sum.add(infill.after());
        sum.bounded = false;
      }
      case Prompt.Embedding embedding -> {
        embedding.inputs().forEach(input -> input(input, sum));
        sum.bounded = false;
      }
      case Prompt.Ranking ranking -> {
        for (String document : ranking.documents()) {
          sum.add(ranking.query());
          sum.add(document);
        }
        sum.bounded = false;
      }
    }
    // A template may show the model the schema, in its own way.
    boolean bounded = sum.bounded && request.format() instanceof OutputFormat.Text;
    return new PromptSize(
        (int) Math.min(Integer.MAX_VALUE, sum.quarters / QUARTERS + 1),
        bounded ? sum.bytes : Long.MAX_VALUE);
  }

  private static void chat(Prompt.Chat chat, Sum sum) {
    sum.bytes += TEMPLATE_TOKENS_MAX + MESSAGE_TOKENS_MAX * chat.messages().size();
    for (Message message : chat.messages()) {
      sum.add(message.text());
      message.name().ifPresent(sum::add);
      sum.quarters += (long) message.images().size() * IMAGE_TOKENS * QUARTERS;
      for (ToolCall call : message.toolCalls()) {
        sum.add(call.name());
        sum.add(call.arguments());
      }
      sum.bounded &= message.images().isEmpty() && message.toolCalls().isEmpty();
    }
    for (Tool tool : chat.tools()) {
      sum.add(tool.name());
      sum.add(tool.description());
      sum.add(tool.parametersSchema());
    }
    // Templates write tools in forms of their own, and how long those are nobody knows.
    sum.bounded &= chat.tools().isEmpty();
  }

  private static void input(Prompt.Input input, Sum sum) {
    switch (input) {
      case Prompt.Input.OfText text -> sum.add(text.text());
      case Prompt.Input.OfTokens tokens -> sum.quarters += (long) tokens.tokens().size() * QUARTERS;
    }
  }

  /** Texts, added up. */
  private static final class Sum {

    private long quarters;
    private long bytes;
    private boolean bounded = true;

    /** No tokeniser makes more tokens of a text than it has bytes. */
    void add(String text) {
      for (int i = 0; i < text.length(); i++) {
        char c = text.charAt(i);
        if (c < 0x80) {
          quarters++;
          bytes++;
        } else if (c < 0x800) {
          quarters += 2;
          bytes += 2;
        } else {
          quarters += QUARTERS;
          bytes += 3;
        }
      }
    }
  }
}
