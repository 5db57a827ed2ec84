package dev.freehold.engine;

import java.time.Duration;
import java.util.Objects;

/** A generation that was not accepted or broke off. The message never holds content. */
public final class EngineException extends Exception {

  private static final long serialVersionUID = 1L;

  /** Why. */
  public enum Kind {
    /** The prompt and its limit do not fit the context, now or ever. */
    TOO_LONG,
    /** The prompt or one of the inputs has no tokens. */
    EMPTY,
    /** An image of the prompt is damaged or of a format that is not read, or ends the prompt. */
    BAD_IMAGE,
    /** An image is sound, but is decoded at once and does not fit this engine's batch. */
    IMAGE_TOO_LARGE,
    /** The queue is full. */
    QUEUE_FULL,
    /** No slot came free in time. */
    QUEUE_TIMEOUT,
    /** The reader fell behind by more than its buffer. */
    SLOW_READER,
    /** The answer's grammar branches into more ways than a step has time for. */
    GRAMMAR_TOO_WIDE,
    /** The engine is stopping. */
    STOPPED,
    /** llama.cpp failed. */
    FAILED
  }

  private final Kind kind;
  private final Duration retryAfter;

  EngineException(Kind kind, String message) {
    this(kind, message, Duration.ZERO);
  }

  EngineException(Kind kind, String message, Duration retryAfter) {
    super(message);
    this.kind = Objects.requireNonNull(kind, "kind");
    this.retryAfter = Objects.requireNonNull(retryAfter, "retryAfter");
  }

  static EngineException stopped() {
    return new EngineException(Kind.STOPPED, "the engine is stopping");
  }

  static EngineException cancelled() {
    return new EngineException(Kind.STOPPED, "the request was cancelled");
  }

  static EngineException withdrawn() {
    return new EngineException(Kind.STOPPED, "the request was withdrawn");
  }

  static EngineException queueFull(int queueMax, Duration retryAfter) {
    return new EngineException(
        Kind.QUEUE_FULL,
        "%d requests are waiting already: try again later".formatted(queueMax),
        retryAfter);
  }

  public Kind kind() {
    return kind;
  }

  /** When it is worth trying again; zero when it is not known. */
  public Duration retryAfter() {
    return retryAfter;
  }
}
