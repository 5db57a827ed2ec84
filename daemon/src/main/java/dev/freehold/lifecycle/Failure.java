package dev.freehold.lifecycle;

/** Puts a failure into one line for a person. Stack traces belong into the log. */
final class Failure {

  private Failure() {}

  /** The message, and those causes' messages that add something to it. */
  static String describe(Throwable failure) {
    StringBuilder text = new StringBuilder(message(failure));
    for (Throwable cause = failure.getCause(); cause != null; cause = cause.getCause()) {
      String message = message(cause);
      if (text.indexOf(message) < 0) {
        text.append(": ").append(message);
      }
    }
    return text.toString();
  }

  private static String message(Throwable failure) {
    return failure.getMessage() == null ? failure.getClass().getSimpleName() : failure.getMessage();
  }
}
