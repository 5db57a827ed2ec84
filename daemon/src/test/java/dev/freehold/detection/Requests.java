package dev.freehold.detection;

import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.Message;
import dev.freehold.inference.OutputFormat;
import dev.freehold.inference.Prompt;
import dev.freehold.inference.Sampling;
import dev.freehold.inference.ToolChoice;
import java.util.List;
import java.util.OptionalInt;

/** Requests to be scanned. */
final class Requests {

  private Requests() {}

  static InferenceRequest of(Prompt prompt) {
    return of(prompt, Sampling.defaults(), new OutputFormat.Text());
  }

  static InferenceRequest of(Prompt prompt, Sampling sampling, OutputFormat format) {
    return new InferenceRequest("r1", "assistant", prompt, sampling, format, OptionalInt.empty());
  }

  static Prompt.Chat chat(Message... messages) {
    return new Prompt.Chat(List.of(messages), List.of(), new ToolChoice.Auto(), true);
  }

  static InferenceRequest saying(String text) {
    return of(chat(Message.of(Message.Role.USER, text)));
  }
}
