package dev.freehold.routing;

import dev.freehold.inference.InferenceEvent;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceException.Kind;
import dev.freehold.inference.InferenceStream;
import dev.freehold.inference.Usage;
import java.util.ArrayList;
import java.util.List;

/** An answer that was read to its end before it is given. */
final class WholeStream implements InferenceStream {

  /** Characters that are held back; a longer answer is given as it comes. */
  static final int CHARACTERS_MAX = 1 << 20;

  private final List<InferenceEvent> events;
  private final InferenceStream rest;
  private int position;
  private volatile boolean closed;

  private WholeStream(List<InferenceEvent> events, InferenceStream rest) {
    this.events = events;
    this.rest = rest;
  }

  /** Reads an answer to its end, or up to the bound. */
  static WholeStream of(InferenceStream stream) throws InferenceException, InterruptedException {
    List<InferenceEvent> events = new ArrayList<>();
    long characters = 0;
    InferenceEvent event;
    do {
      event = stream.next();
      events.add(event);
      characters += characters(event);
    } while (!(event instanceof InferenceEvent.Finished) && characters <= CHARACTERS_MAX);
    return new WholeStream(events, stream);
  }

  /** Whether all of it is here. */
  boolean isWhole() {
    return events.getLast() instanceof InferenceEvent.Finished;
  }

  List<InferenceEvent> events() {
    return events;
  }

  /** Leaves out the probabilities, which the client did not ask for. */
  WholeStream withoutLogprobs() {
    List<InferenceEvent> others =
        events.stream().filter(event -> !(event instanceof InferenceEvent.Logprobs)).toList();
    return new WholeStream(others, rest);
  }

  @Override
  public InferenceEvent next() throws InferenceException, InterruptedException {
    if (closed) {
      throw new InferenceException(Kind.CANCELLED, "The request was cancelled.");
    }
    return position < events.size() ? events.get(position++) : rest.next();
  }

  @Override
  public Usage usageSoFar() {
    return rest.usageSoFar();
  }

  @Override
  public void close() {
    closed = true;
    rest.close();
  }

  private static int characters(InferenceEvent event) {
    return switch (event) {
      case InferenceEvent.TextDelta(String text) -> text.length();
      case InferenceEvent.ReasoningDelta(String text) -> text.length();
      case InferenceEvent.ToolCallDelta call -> call.arguments().length();
      case InferenceEvent.Logprobs logprobs -> logprobs.tokens().size();
      case InferenceEvent.Embedded _, InferenceEvent.Scored _, InferenceEvent.Finished _ -> 0;
    };
  }
}
