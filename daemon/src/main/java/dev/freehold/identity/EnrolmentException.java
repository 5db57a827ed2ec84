package dev.freehold.identity;

/** A box that could not be enrolled. The message says what to do and never holds the token. */
public final class EnrolmentException extends Exception {

  private static final long serialVersionUID = 1L;

  public EnrolmentException(String message) {
    super(message);
  }

  public EnrolmentException(String message, Throwable cause) {
    super(message, cause);
  }
}
