package dev.freehold.lifecycle;

/** A model that this box cannot serve. The message says why and what to do. */
final class ModelUnusable extends Exception {

  private static final long serialVersionUID = 1L;

  ModelUnusable(String message) {
    super(message);
  }

  ModelUnusable(String message, Throwable cause) {
    super(message, cause);
  }
}
