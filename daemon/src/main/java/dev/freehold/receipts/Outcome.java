package dev.freehold.receipts;

import dev.freehold.bundle.policy.Label;
import dev.freehold.bundle.policy.TrustClass;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;

/**
 * How a request ended, and what is charged for it. It says again what the ledger needs of the
 * decision, so that the ledger can be caught up from outcomes alone.
 *
 * @param provider what answered
 * @param tries every provider that was tried, this box's engine included, in order
 * @param promptTokens tokens read, those in a cache included
 * @param cachedTokens how many of them were not computed again
 * @param completionTokens tokens written
 * @param costMicros what is charged, in millionths of the currency
 * @param status the HTTP status sent to the client
 * @param answer keyed digest of the answer, see {@link ContentDigest}
 */
public record Outcome(
    String requestId,
    String client,
    List<String> groups,
    Optional<String> model,
    Label label,
    Ending ending,
    Optional<String> provider,
    List<Try> tries,
    long promptTokens,
    long cachedTokens,
    long completionTokens,
    long costMicros,
    Optional<String> currency,
    int status,
    Optional<String> answer)
    implements Entry.RequestEntry {

  public Outcome {
    requestId = Entry.bounded(requestId);
    client = Entry.bounded(client);
    groups = Entry.bounded(groups.stream().map(Entry::bounded).toList());
    model = model.map(Entry::bounded);
    Objects.requireNonNull(label, "label");
    Objects.requireNonNull(ending, "ending");
    provider = provider.map(Entry::bounded);
    tries = Entry.bounded(tries);
    currency = currency.map(Entry::bounded);
    answer = answer.map(Entry::bounded);
    if (promptTokens < 0 || cachedTokens < 0 || completionTokens < 0 || costMicros < 0) {
      throw new IllegalArgumentException(
          "tokens and cost are not negative, found %d, %d, %d, %d"
              .formatted(promptTokens, cachedTokens, completionTokens, costMicros));
    }
  }

  @Override
  public String kind() {
    return "outcome";
  }

  /** How a request ended. */
  public enum Ending {
    /** The whole answer reached the client. */
    COMPLETED,
    /** Refused before any provider was asked. */
    REFUSED,
    /** Tried, and not answered, or broken off. */
    FAILED,
    /** The client went away before the end. */
    CLIENT_GONE,
    /** The daemon stopped before the end. */
    STOPPED,
    /** The daemon died before the end; written at its next start, charged as reserved. */
    INTERRUPTED;

    public String text() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    static Ending of(String text) {
      return Arrays.stream(values())
          .filter(ending -> ending.text().equals(text))
          .findFirst()
          .orElseThrow(() -> new IllegalArgumentException("no ending of a request: " + text));
    }
  }

  /**
   * What became of one provider.
   *
   * @param keyPin of the key that its endpoint showed in the TLS handshake, as {@link
   *     dev.freehold.bundle.SpkiPin} prints it; absent if it never replied, and for this box's
   *     engine
   * @param bytesOut what was sent to it; none to this box's engine
   * @param bytesIn what came back
   * @param end in one word, such as {@code answered}, {@code refused}, {@code timeout}
   */
  public record Try(
      String provider,
      TrustClass trust,
      Optional<String> region,
      Optional<String> keyPin,
      long bytesOut,
      long bytesIn,
      String end,
      long costMicros) {

    public Try {
      provider = Entry.bounded(provider);
      Objects.requireNonNull(trust, "trust");
      region = region.map(Entry::bounded);
      keyPin = keyPin.map(Entry::bounded);
      end = Entry.bounded(end);
      if (bytesOut < 0 || bytesIn < 0 || costMicros < 0) {
        throw new IllegalArgumentException(
            "bytes and cost are not negative, found %d, %d, %d"
                .formatted(bytesOut, bytesIn, costMicros));
      }
    }
  }
}
