package dev.freehold.provider.remote;

import dev.freehold.inference.FinishReason;
import dev.freehold.inference.InferenceEvent;
import dev.freehold.inference.ToolCall;
import dev.freehold.inference.Usage;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A whole answer, as its events tell it. */
public record CollectedAnswer(
    String reasoning, String text, List<ToolCall> calls, FinishReason reason, Usage usage) {

  public CollectedAnswer {
    calls = List.copyOf(calls);
  }

  public static CollectedAnswer of(List<InferenceEvent> events) {
    StringBuilder reasoning = new StringBuilder();
    StringBuilder text = new StringBuilder();
    List<ToolCall> calls = new ArrayList<>();
    for (InferenceEvent event : events) {
      switch (event) {
        case InferenceEvent.ReasoningDelta delta -> reasoning.append(delta.text());
        case InferenceEvent.TextDelta delta -> text.append(delta.text());
        case InferenceEvent.ToolCallDelta delta -> add(calls, delta);
        case InferenceEvent.Finished finished -> {
          return new CollectedAnswer(
              reasoning.toString(), text.toString(), calls, finished.reason(), finished.usage());
        }
        case InferenceEvent.Logprobs _, InferenceEvent.Embedded _, InferenceEvent.Scored _ ->
            throw new AssertionError("an answer of text has none");
      }
    }
    throw new AssertionError("an answer without an end");
  }

  /** The answer's events, each of its parts in one piece. */
  public List<InferenceEvent> events() {
    List<InferenceEvent> events = new ArrayList<>();
    if (!reasoning.isEmpty()) {
      events.add(new InferenceEvent.ReasoningDelta(reasoning));
    }
    if (!text.isEmpty()) {
      events.add(new InferenceEvent.TextDelta(text));
    }
    for (int i = 0; i < calls.size(); i++) {
      ToolCall call = calls.get(i);
      events.add(
          new InferenceEvent.ToolCallDelta(
              i, Optional.of(call.id()), Optional.of(call.name()), call.arguments()));
    }
    events.add(new InferenceEvent.Finished(reason, usage));
    return events;
  }

  private static void add(List<ToolCall> calls, InferenceEvent.ToolCallDelta delta) {
    if (delta.index() == calls.size()) {
      calls.add(new ToolCall(delta.id().orElseThrow(), delta.name().orElseThrow(), ""));
    }
    ToolCall before = calls.get(delta.index());
    calls.set(
        delta.index(),
        new ToolCall(before.id(), before.name(), before.arguments() + delta.arguments()));
  }
}
