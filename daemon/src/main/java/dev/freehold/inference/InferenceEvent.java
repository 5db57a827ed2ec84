package dev.freehold.inference;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** One step of an answer, in the order it happens. {@link Finished} is always the last. */
public sealed interface InferenceEvent {

  /** More of the answer's text. */
  record TextDelta(String text) implements InferenceEvent {

    public TextDelta {
      Objects.requireNonNull(text, "text");
    }

    @Override
    public String toString() {
      return "TextDelta[length=" + text.length() + "]";
    }
  }

  /** More of the model's reasoning. */
  record ReasoningDelta(String text) implements InferenceEvent {

    public ReasoningDelta {
      Objects.requireNonNull(text, "text");
    }

    @Override
    public String toString() {
      return "ReasoningDelta[length=" + text.length() + "]";
    }
  }

  /**
   * More of a tool call.
   *
   * @param index which call of the answer, from 0
   * @param id present in a call's first delta
   * @param name present in a call's first delta
   * @param arguments more of the arguments' JSON text, may be empty
   */
  record ToolCallDelta(int index, Optional<String> id, Optional<String> name, String arguments)
      implements InferenceEvent {

    public ToolCallDelta {
      Objects.requireNonNull(id, "id");
      Objects.requireNonNull(name, "name");
      Objects.requireNonNull(arguments, "arguments");
    }

    @Override
    public String toString() {
      return "ToolCallDelta[index=" + index + "]";
    }
  }

  /**
   * What the tokens of the text around this event were, for a client that asked. Each token is told
   * once, in order; a text delta may come before or after those of its own tokens.
   */
  record Logprobs(List<TokenLogprob> tokens) implements InferenceEvent {

    public Logprobs {
      tokens = List.copyOf(tokens);
    }

    @Override
    public String toString() {
      return "Logprobs[tokens=" + tokens.size() + "]";
    }
  }

  /**
   * The vector of one input.
   *
   * @param index which input, from 0
   * @param vector 32-bit floats in the machine's order; valid until the stream is closed
   */
  record Embedded(int index, MemorySegment vector) implements InferenceEvent {

    public Embedded {
      Objects.requireNonNull(vector, "vector");
    }

    @Override
    public String toString() {
      return "Embedded[index=" + index + "]";
    }
  }

  /**
   * How well one document answers the query.
   *
   * @param index which document, from 0
   * @param relevance higher is better
   */
  record Scored(int index, double relevance) implements InferenceEvent {}

  /**
   * The answer is complete.
   *
   * @param stopText which of the request's stop texts ended it, where the provider tells
   */
  record Finished(FinishReason reason, Usage usage, Optional<String> stopText)
      implements InferenceEvent {

    /** The end of an answer that no stop text is known to have ended. */
    public Finished(FinishReason reason, Usage usage) {
      this(reason, usage, Optional.empty());
    }

    public Finished {
      Objects.requireNonNull(reason, "reason");
      Objects.requireNonNull(usage, "usage");
      Objects.requireNonNull(stopText, "stopText");
    }

    @Override
    public String toString() {
      return "Finished[reason=" + reason + ", usage=" + usage + "]";
    }
  }
}
