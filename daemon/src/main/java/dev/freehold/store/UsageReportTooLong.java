package dev.freehold.store;

/** More usage was asked for than one answer holds; the message says what to do. */
public final class UsageReportTooLong extends RuntimeException {

  private static final long serialVersionUID = 1L;

  UsageReportTooLong(String message) {
    super(message);
  }
}
