package dev.freehold.store;

/** How a request ended. */
public enum Outcome {
  /** The whole answer reached the client. */
  COMPLETED("completed"),
  /** Refused before any provider was asked: wrong, forbidden or too much. */
  REFUSED("refused"),
  /** Tried, and not answered, or broken off. */
  FAILED("failed"),
  /** The client went away before the end. */
  CLIENT_GONE("client-gone"),
  /** The daemon stopped before the end. */
  STOPPED("stopped");

  private final String text;

  Outcome(String text) {
    this.text = text;
  }

  /** The word used in the database, in metrics and on the command line. */
  public String text() {
    return text;
  }

  static Outcome of(String text) {
    for (Outcome outcome : values()) {
      if (outcome.text.equals(text)) {
        return outcome;
      }
    }
    throw new StoreException(
        "The usage ledger holds the outcome '%s', which this version does not know."
            .formatted(text));
  }
}
