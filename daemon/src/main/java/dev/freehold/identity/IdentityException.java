package dev.freehold.identity;

/** The box has no identity that can be used. The message says what to do. */
public final class IdentityException extends Exception {

  private static final long serialVersionUID = 1L;

  public IdentityException(String message) {
    super(message);
  }

  public IdentityException(String message, Throwable cause) {
    super(message, cause);
  }
}
