package dev.freehold.provider;

import dev.freehold.chat.AnswerReader;
import dev.freehold.engine.EngineException;
import dev.freehold.engine.Generation;
import dev.freehold.engine.ScoredToken;
import dev.freehold.inference.FinishReason;
import dev.freehold.inference.InferenceEvent;
import dev.freehold.inference.InferenceEvent.Finished;
import dev.freehold.inference.InferenceEvent.Logprobs;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceException.Kind;
import dev.freehold.inference.InferenceStream;
import dev.freehold.inference.TokenLogprob;
import dev.freehold.inference.Usage;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.Queue;

/** An answer of the local engine: the engine's bytes, read as the model's format has them. */
final class LocalStream implements InferenceStream {

  private final Generation generation;
  private final AnswerReader reader;
  private final List<String> stops;
  private final Queue<InferenceEvent> events = new ArrayDeque<>();

  /**
   * @param stops the client's own stop texts
   */
  LocalStream(Generation generation, AnswerReader reader, List<String> stops) {
    this.stops = stops;
    this.generation = generation;
    this.reader = reader;
  }

  @Override
  public InferenceEvent next() throws InferenceException, InterruptedException {
    try {
      while (events.isEmpty()) {
        int length = generation.read();
        List<TokenLogprob> logprobs =
            generation.takeScores().stream().map(LocalStream::logprob).toList();
        if (!logprobs.isEmpty()) {
          events.add(new Logprobs(logprobs));
        }
        if (length < 0) {
          events.addAll(reader.finish());
          events.add(new Finished(reason(), usageSoFar(), ownStop()));
        } else {
          events.addAll(reader.read(generation.bytes(), length));
        }
      }
      return events.remove();
    } catch (EngineException e) {
      throw translate(e);
    }
  }

  /** The texts that end every answer of a template are no business of the client's. */
  private Optional<String> ownStop() {
    return generation.stopText().filter(stops::contains);
  }

  private static TokenLogprob logprob(ScoredToken token) {
    return new TokenLogprob(
        token.utf8(),
        token.logprob(),
        token.alternatives().stream()
            .map(other -> new TokenLogprob(other.utf8(), other.logprob(), List.of()))
            .toList());
  }

  private FinishReason reason() {
    return switch (generation.ending()) {
      case END_OF_TURN, STOP_TEXT ->
          reader.hasCalledTools() ? FinishReason.TOOL_CALLS : FinishReason.STOP;
      case LIMIT, CONTEXT_FULL -> FinishReason.LENGTH;
    };
  }

  @Override
  public Usage usageSoFar() {
    return new Usage(generation.promptTokens(), 0, generation.completionTokens());
  }

  @Override
  public void close() {
    generation.close();
  }

  static InferenceException translate(EngineException e) {
    Kind kind =
        switch (e.kind()) {
          case TOO_LONG -> Kind.CONTEXT_TOO_LONG;
          case EMPTY, BAD_IMAGE, GRAMMAR_TOO_WIDE -> Kind.INVALID_REQUEST;
          // Another candidate's batch may hold it.
          case IMAGE_TOO_LARGE -> Kind.UNSUPPORTED;
          case QUEUE_FULL, QUEUE_TIMEOUT -> Kind.OVERLOADED;
          case STOPPED -> Kind.UNAVAILABLE;
          case SLOW_READER -> Kind.CANCELLED;
          case FAILED -> Kind.INTERNAL;
        };
    Optional<Duration> retryAfter =
        e.retryAfter().isZero() ? Optional.empty() : Optional.of(e.retryAfter());
    return new InferenceException(kind, e.getMessage(), retryAfter, e);
  }
}
