package dev.freehold.models;

/** A model could not be had. The message says what was expected, what was found and what to do. */
public final class ModelFetchException extends Exception {

  private static final long serialVersionUID = 1L;

  ModelFetchException(String message) {
    super(message);
  }

  ModelFetchException(String message, Throwable cause) {
    super(message, cause);
  }
}
