package dev.freehold.provider.remote;

import dev.freehold.inference.FinishReason;
import dev.freehold.inference.Image;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.Message;
import dev.freehold.inference.OutputFormat;
import dev.freehold.inference.Prompt;
import dev.freehold.inference.Sampling;
import dev.freehold.inference.Tool;
import dev.freehold.inference.ToolCall;
import dev.freehold.inference.ToolChoice;
import dev.freehold.inference.Usage;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;

/** Random conversations and answers in the neutral form, the same for the same seed. */
public final class RandomTexts {

  private static final List<String> WORDS =
      List.of(
          "yes",
          "Zürich",
          "\"quoted\"",
          "a\\b",
          "line\nbreak",
          "日本",
          "🦊",
          "{\"x\":1}",
          "</s>",
          "\t");

  private final Random random;
  private int ids;

  public RandomTexts(Random random) {
    this.random = random;
  }

  /** Text that is not blank. */
  public String text() {
    StringBuilder text = new StringBuilder("t");
    for (int words = random.nextInt(6); words > 0; words--) {
      text.append(' ').append(WORDS.get(random.nextInt(WORDS.size())));
    }
    return text.append('.').toString();
  }

  /** A text in pieces, none of which ends within a character. */
  public List<String> pieces(String text) {
    List<String> pieces = new ArrayList<>();
    int from = 0;
    while (from < text.length()) {
      int codePoints = 1 + random.nextInt(4);
      int to = from;
      while (to < text.length() && codePoints-- > 0) {
        to = text.offsetByCodePoints(to, 1);
      }
      pieces.add(text.substring(from, to));
      from = to;
    }
    return pieces;
  }

  /** A request whose conversation ends with what an assistant may answer. */
  public InferenceRequest request() {
    List<Message> messages = new ArrayList<>();
    for (int i = random.nextInt(3); i > 0; i--) {
      messages.add(Message.of(Message.Role.SYSTEM, text()));
    }
    for (int i = random.nextInt(4); i > 0; i--) {
      messages.add(user());
      assistant(messages);
    }
    if (messages.isEmpty() || messages.getLast().role() != Message.Role.TOOL) {
      messages.add(user());
    }
    boolean hasTools = random.nextBoolean();
    Prompt prompt =
        new Prompt.Chat(
            messages,
            hasTools
                ? List.of(new Tool("f0", text(), arguments()), new Tool("f1", "", arguments()))
                : List.of(),
            new ToolChoice.Auto(),
            true);
    return new InferenceRequest(
        "r-1",
        "assistant",
        prompt,
        Sampling.defaults(),
        new OutputFormat.Text(),
        OptionalInt.empty());
  }

  private Message user() {
    int images = random.nextInt(3);
    if (images == 0) {
      return Message.of(Message.Role.USER, text());
    }
    String text = "look".repeat(random.nextInt(3));
    List<Image> shown = new ArrayList<>();
    for (int i = 0, at = 0; i < images; i++) {
      at += random.nextInt(text.length() - at + 1);
      byte[] bytes = new byte[1 + random.nextInt(50)];
      random.nextBytes(bytes);
      shown.add(new Image(random.nextBoolean() ? "image/png" : "image/jpeg", bytes, at));
    }
    return new Message(
        Message.Role.USER, text, List.of(), Optional.empty(), Optional.empty(), shown);
  }

  private void assistant(List<Message> messages) {
    List<ToolCall> calls = calls();
    messages.add(
        new Message(
            Message.Role.ASSISTANT,
            calls.isEmpty() || random.nextBoolean() ? text() : "",
            calls,
            Optional.empty(),
            Optional.empty()));
    for (ToolCall call : calls) {
      messages.add(
          new Message(
              Message.Role.TOOL, text(), List.of(), Optional.of(call.id()), Optional.empty()));
    }
  }

  private List<ToolCall> calls() {
    List<ToolCall> calls = new ArrayList<>();
    for (int i = Math.max(0, random.nextInt(5) - 2); i > 0; i--) {
      calls.add(new ToolCall("call_" + ids++, "f" + random.nextInt(2), arguments()));
    }
    return calls;
  }

  private String arguments() {
    return RemoteJson.MAPPER
        .createObjectNode()
        .put("n", random.nextInt())
        .put("s", text())
        .putPOJO("a", List.of(random.nextBoolean(), 1.5))
        .toString();
  }

  /** An answer that holds at least something. */
  public CollectedAnswer answer() {
    List<ToolCall> calls = calls();
    String text = calls.isEmpty() || random.nextBoolean() ? text() : "";
    int prompt = random.nextInt(10_000);
    return new CollectedAnswer(
        random.nextBoolean() ? text() : "",
        text,
        calls,
        calls.isEmpty()
            ? random.nextBoolean() ? FinishReason.STOP : FinishReason.LENGTH
            : FinishReason.TOOL_CALLS,
        new Usage(prompt, random.nextInt(prompt + 1), random.nextInt(10_000)));
  }
}
