package dev.freehold.bundle.uplink;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Objects;

/**
 * What one hour's requests of one kind used, as a whole: a later bucket of the same {@link Key}
 * takes the place of an earlier one, so that it does no harm to report it twice.
 *
 * @param requests how many there were
 * @param promptTokens tokens read
 * @param cachedTokens how many of those were not computed again
 * @param completionTokens tokens written
 * @param costMicros in millionths of the currency's unit
 */
public record UsageBucket(
    Key key,
    long requests,
    long promptTokens,
    long cachedTokens,
    long completionTokens,
    long costMicros) {

  /** More than any box computes or buys in an hour; sums over years of it still fit a long. */
  public static final long REQUESTS_MAX = 1_000_000_000L;

  public static final long TOKENS_MAX = 10_000_000_000L;
  public static final long COST_MICROS_MAX = 1_000_000_000_000L;

  /**
   * Which requests a bucket sums.
   *
   * @param hour when it begins, in UTC
   * @param group of the client; empty where none applied, as are the next three
   * @param provider what answered
   * @param model as the client asked for it, if the policy names it
   * @param label how sensitive they were
   * @param currency of the cost; empty where there is none
   */
  public record Key(
      Instant hour, String group, String provider, String model, String label, String currency) {

    public static final int NAME_CHARACTERS_MAX = 128;
    public static final int CURRENCY_CHARACTERS_MAX = 8;

    public Key {
      Objects.requireNonNull(hour, "hour");
      if (!hour.equals(hour.truncatedTo(ChronoUnit.HOURS)) || hour.isBefore(Instant.EPOCH)) {
        throw new IllegalArgumentException(
            "expected a usage bucket's hour to begin on the hour, after 1970");
      }
      Names.require(group, "group", NAME_CHARACTERS_MAX);
      Names.require(provider, "provider", NAME_CHARACTERS_MAX);
      Names.require(model, "model", NAME_CHARACTERS_MAX);
      Names.require(label, "label", NAME_CHARACTERS_MAX);
      Names.require(currency, "currency", CURRENCY_CHARACTERS_MAX);
    }
  }

  public UsageBucket {
    Objects.requireNonNull(key, "key");
    require(requests, "requests", REQUESTS_MAX);
    require(promptTokens, "promptTokens", TOKENS_MAX);
    require(cachedTokens, "cachedTokens", TOKENS_MAX);
    require(completionTokens, "completionTokens", TOKENS_MAX);
    require(costMicros, "costMicros", COST_MICROS_MAX);
    if (cachedTokens > promptTokens) {
      throw new IllegalArgumentException(
          "expected no more cachedTokens than promptTokens in a usage bucket");
    }
  }

  private static void require(long number, String field, long max) {
    if (number < 0 || number > max) {
      throw new IllegalArgumentException(
          "expected a usage bucket's " + field + " between 0 and " + max + ", found " + number);
    }
  }
}
