package dev.freehold.models.gguf;

/** A checkpoint cannot be converted. The message says what was expected and what was found. */
public final class CheckpointException extends Exception {

  private static final long serialVersionUID = 1L;

  CheckpointException(String message) {
    super(message);
  }

  CheckpointException(String message, Throwable cause) {
    super(message, cause);
  }
}
