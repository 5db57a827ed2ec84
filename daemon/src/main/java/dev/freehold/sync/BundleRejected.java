package dev.freehold.sync;

/**
 * A verified bundle that this box cannot run. What was in force before stays in force. The message
 * goes to the log: it holds no credential.
 */
public final class BundleRejected extends Exception {

  private static final long serialVersionUID = 1L;

  public BundleRejected(String message) {
    super(message);
  }

  public BundleRejected(String message, Throwable cause) {
    super(message, cause);
  }
}
