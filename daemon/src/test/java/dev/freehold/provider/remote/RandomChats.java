package dev.freehold.provider.remote;

import dev.freehold.inference.Image;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.Message;
import dev.freehold.inference.OutputFormat;
import dev.freehold.inference.Prompt;
import dev.freehold.inference.Sampling;
import dev.freehold.inference.Tool;
import dev.freehold.inference.ToolCall;
import dev.freehold.inference.ToolChoice;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Random;

/** Conversations of every kind that clients may have. */
public final class RandomChats {

  private static final String[] WORDS = {
    "", " ", "Grüezi", "\"quoted\"", "\\back", "line\nbreak", "data: x\n\n", "😀", "\u0000", "日本"
  };

  private final Random random;

  public RandomChats(Random random) {
    this.random = random;
  }

  /** A few words, none of them harmless. */
  public String text() {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(6); i >= 0; i--) {
      text.append(WORDS[random.nextInt(WORDS.length)]);
      text.append(Integer.toString(random.nextInt(1000)));
    }
    return text.toString();
  }

  public InferenceRequest request() {
    List<Message> messages = new ArrayList<>();
    if (random.nextBoolean()) {
      messages.add(Message.of(Message.Role.SYSTEM, text()));
    }
    boolean tools = random.nextBoolean();
    for (int turn = random.nextInt(3); turn >= 0; turn--) {
      messages.add(user());
      if (turn > 0) {
        answer(messages, tools);
      }
    }
    List<Tool> offered = new ArrayList<>();
    for (int i = tools ? 1 + random.nextInt(3) : 0; i > 0; i--) {
      offered.add(new Tool("tool" + i, random.nextBoolean() ? text() : "", schema()));
    }
    ToolChoice choice =
        switch (random.nextInt(4)) {
          case 0 -> new ToolChoice.None();
          case 1 -> new ToolChoice.Required();
          case 2 -> offered.isEmpty() ? new ToolChoice.Auto() : new ToolChoice.Named("tool1");
          default -> new ToolChoice.Auto();
        };
    OutputFormat format =
        switch (random.nextInt(5)) {
          case 0 -> new OutputFormat.JsonObject();
          case 1 -> new OutputFormat.JsonSchema(schema());
          default -> new OutputFormat.Text();
        };
    return new InferenceRequest(
        "r-" + random.nextInt(1000),
        "assistant",
        new Prompt.Chat(messages, offered, choice, random.nextInt(8) != 0),
        sampling(),
        format,
        random.nextBoolean() ? OptionalInt.of(1 + random.nextInt(500)) : OptionalInt.empty());
  }

  private Message user() {
    String text = text();
    List<Image> images = new ArrayList<>();
    for (int i = random.nextInt(6) - 3; i > 0; i--) {
      byte[] bytes = new byte[1 + random.nextInt(50)];
      random.nextBytes(bytes);
      images.add(new Image(random.nextBoolean() ? "image/png" : "image/jpeg", bytes, 0));
    }
    return new Message(
        Message.Role.USER, text, List.of(), Optional.empty(), Optional.empty(), images);
  }

  private void answer(List<Message> messages, boolean tools) {
    List<ToolCall> calls = new ArrayList<>();
    for (int i = tools ? random.nextInt(3) : 0; i > 0; i--) {
      calls.add(new ToolCall("call-" + random.nextInt(10_000), "tool1", "{\"a\":" + i + "}"));
    }
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

  private static String schema() {
    return "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"integer\"}}}";
  }

  private Sampling sampling() {
    return new Sampling(
        random.nextBoolean()
            ? OptionalDouble.of(random.nextInt(10) / 10.0)
            : OptionalDouble.empty(),
        random.nextBoolean() ? OptionalDouble.of(0.5) : OptionalDouble.empty(),
        random.nextInt(8) == 0 ? OptionalInt.of(40) : OptionalInt.empty(),
        random.nextInt(8) == 0 ? OptionalDouble.of(0.1) : OptionalDouble.empty(),
        random.nextInt(4) == 0 ? OptionalDouble.of(random.nextInt(3) - 1) : OptionalDouble.empty(),
        random.nextInt(4) == 0 ? OptionalDouble.of(0) : OptionalDouble.empty(),
        OptionalDouble.empty(),
        random.nextInt(8) == 0 ? OptionalLong.of(7) : OptionalLong.empty(),
        random.nextInt(8) == 0 ? Map.of(7, 1.0) : Map.of(),
        random.nextInt(4) == 0 ? List.of("END", text()) : List.of());
  }
}
