package dev.freehold.controller.store;

/** The database cannot be opened or used. The message says what to do and holds no content. */
public final class StoreException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  public StoreException(String message, Throwable cause) {
    super(message, cause);
  }
}
