package dev.freehold.abuse;

import java.time.Duration;
import java.util.Locale;

/**
 * One rule: more than {@code threshold} within {@code window} is abuse.
 *
 * @param name what it counts
 * @param consequence what follows
 */
public record Rule(Name name, Duration window, long threshold, Consequence consequence) {

  /** What rules count. */
  public enum Name {
    /** Refused certificates from one address. */
    CERTIFICATES_REFUSED,
    /** Clients that one address comes as. */
    MANY_IDENTITIES,
    /** Tokens, read and written, of one client. */
    TOKENS,
    /** Tokens of one client, as a multiple of its own habit. */
    TOKENS_BEYOND_HABIT,
    /** Different prompts of one client. */
    DISTINCT_PROMPTS,
    /** Requests for probabilities by one client. */
    LOGPROBS,
    /** Texts that one client has embedded. */
    EMBEDDED_TEXTS,
    /** Requests of one client that come before it was told to come back. */
    LIMIT_HAMMERING;

    /** The word used in reports, logs and on the command line. */
    public String text() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  /** What follows when a rule is broken. */
  public enum Consequence {
    /** It is shut out for a while, and reported. */
    QUARANTINE,
    /** It is only reported. */
    REPORT
  }

  public Rule {
    if (!window.isPositive() || threshold < 1) {
      throw new IllegalArgumentException(
          "expected a positive window and a threshold of 1 or more for " + name.text());
    }
  }
}
