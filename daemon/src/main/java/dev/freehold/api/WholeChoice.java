package dev.freehold.api;

import dev.freehold.inference.FinishReason;
import dev.freehold.inference.InferenceEvent;
import dev.freehold.inference.InferenceEvent.Finished;
import dev.freehold.inference.TokenLogprob;
import dev.freehold.inference.Usage;
import java.util.ArrayList;
import java.util.List;

/** What one of the answers to a prompt has gathered so far. */
final class WholeChoice {

  /** A tool call; its arguments come in pieces. */
  static final class Call {
    final int index;
    final StringBuilder arguments = new StringBuilder();
    String id = "";
    String name = "";

    private Call(int index) {
      this.index = index;
    }
  }

  final StringBuilder text = new StringBuilder();
  final StringBuilder reasoning = new StringBuilder();
  final List<Call> calls = new ArrayList<>();
  final List<TokenLogprob> logprobs = new ArrayList<>();
  private Finished finished = new Finished(FinishReason.STOP, Usage.NONE);

  void add(InferenceEvent event) {
    switch (event) {
      case InferenceEvent.TextDelta delta -> text.append(delta.text());
      case InferenceEvent.ReasoningDelta delta -> reasoning.append(delta.text());
      case InferenceEvent.ToolCallDelta delta -> add(delta);
      case InferenceEvent.Logprobs told -> logprobs.addAll(told.tokens());
      case InferenceEvent.Embedded _, InferenceEvent.Scored _ ->
          throw new IllegalStateException("not an event of a text answer");
      case Finished end -> finished = end;
    }
  }

  Finished finished() {
    return finished;
  }

  FinishReason reason() {
    return finished.reason();
  }

  Usage usage() {
    return finished.usage();
  }

  long characters() {
    long characters = (long) text.length() + reasoning.length();
    for (Call call : calls) {
      characters += call.arguments.length();
    }
    return characters;
  }

  private void add(InferenceEvent.ToolCallDelta delta) {
    // A provider's index is taken as an order only: it may start anywhere or leave gaps.
    Call call = null;
    for (Call known : calls) {
      if (known.index == delta.index()) {
        call = known;
      }
    }
    if (call == null) {
      call = new Call(delta.index());
      calls.add(call);
    }
    if (delta.id().isPresent()) {
      call.id = delta.id().get();
    }
    if (delta.name().isPresent()) {
      call.name = delta.name().get();
    }
    call.arguments.append(delta.arguments());
  }
}
