package dev.freehold.inference;

import java.time.Duration;
import java.util.Objects;
import java.util.Optional;

/**
 * An answer that could not be given. The message is meant for the client: it says what was
 * expected, what was found and what to do, and never repeats a prompt, an answer or a credential.
 */
public final class InferenceException extends Exception {

  private static final long serialVersionUID = 1L;

  /** What went wrong; the API decides the HTTP status from it, routing whether to try another. */
  public enum Kind {
    /** The request is wrong whoever answers it. */
    INVALID_REQUEST,
    /** This model cannot do what the request needs; another may. */
    UNSUPPORTED,
    /** The prompt and its limit do not fit the model's context. */
    CONTEXT_TOO_LONG,
    /** No model of this name is offered. */
    MODEL_NOT_FOUND,
    /** The client may not do this. */
    FORBIDDEN,
    /** The queue is full or a limit is reached: try later. */
    OVERLOADED,
    /** The model is not loaded yet, or no longer. */
    UNAVAILABLE,
    /** A provider refused: credentials, quota, its own policy. */
    PROVIDER_REFUSED,
    /** A provider's own limit is reached: try later, or another. */
    PROVIDER_LIMITED,
    /** A provider broke, answered nonsense or could not be reached. */
    PROVIDER_FAILED,
    /** The deadline passed. */
    TIMED_OUT,
    /** The client went away or the daemon is stopping. */
    CANCELLED,
    /** Our own defect. */
    INTERNAL
  }

  private final Kind kind;
  private final transient Optional<Duration> retryAfter;

  public InferenceException(Kind kind, String message) {
    this(kind, message, Optional.empty(), null);
  }

  public InferenceException(Kind kind, String message, Throwable cause) {
    this(kind, message, Optional.empty(), cause);
  }

  public InferenceException(
      Kind kind, String message, Optional<Duration> retryAfter, Throwable cause) {
    super(message, cause);
    this.kind = Objects.requireNonNull(kind, "kind");
    this.retryAfter = Objects.requireNonNull(retryAfter, "retryAfter");
  }

  public Kind kind() {
    return kind;
  }

  /** When it is worth trying again. */
  public Optional<Duration> retryAfter() {
    return retryAfter;
  }
}
