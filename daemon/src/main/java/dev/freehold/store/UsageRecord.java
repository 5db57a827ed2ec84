package dev.freehold.store;

import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What the ledger keeps of one request: who, under which rule, where, how much, how long. It has no
 * place for content.
 *
 * @param entryId the box's own id of this request, by which the ledger keeps it once; never the
 *     client's choice, who could else hide its requests behind one id
 * @param requestId as in {@code x-request-id}, which a client may choose and repeat
 * @param time when the request arrived
 * @param client the name in the client's certificate
 * @param groups the groups in the client's certificate
 * @param label how sensitive it was, if that was decided
 * @param model the model asked for, if the policy names it
 * @param route the route that applied, if any
 * @param provider what answered, or was tried last, if any
 * @param trust the provider's trust class
 * @param promptTokens tokens read
 * @param cachedTokens how many of those were not computed again
 * @param completionTokens tokens written
 * @param firstTokenMillis from arrival to the first real output
 * @param durationMillis from arrival to the end
 * @param status the HTTP status sent, 499 if the client had gone
 * @param outcome how it ended
 * @param errorKind what went wrong, in one word
 * @param charged what it cost and sent
 */
public record UsageRecord(
    String entryId,
    String requestId,
    Instant time,
    String client,
    List<String> groups,
    Optional<String> label,
    Optional<String> model,
    Optional<String> route,
    Optional<String> provider,
    Optional<String> trust,
    int promptTokens,
    int cachedTokens,
    int completionTokens,
    OptionalLong firstTokenMillis,
    long durationMillis,
    int status,
    Outcome outcome,
    Optional<String> errorKind,
    Charged charged) {

  private static final int NAME_CHARACTERS_MAX = 256;
  private static final int GROUP_CHARACTERS_MAX = 60;

  public UsageRecord {
    Objects.requireNonNull(entryId, "entryId");
    Objects.requireNonNull(requestId, "requestId");
    Objects.requireNonNull(time, "time");
    Objects.requireNonNull(client, "client");
    groups = List.copyOf(groups);
    Objects.requireNonNull(label, "label");
    Objects.requireNonNull(model, "model");
    Objects.requireNonNull(route, "route");
    Objects.requireNonNull(provider, "provider");
    Objects.requireNonNull(trust, "trust");
    Objects.requireNonNull(firstTokenMillis, "firstTokenMillis");
    Objects.requireNonNull(outcome, "outcome");
    Objects.requireNonNull(errorKind, "errorKind");
    Objects.requireNonNull(charged, "charged");
  }

  /**
   * What a request cost, and the bytes that its attempts exchanged with providers.
   *
   * @param costMicros what was settled, in millionths of the currency's unit
   * @param reservedMicros what was reserved for it at most
   * @param currency three letters of ISO 4217; empty where nothing could be charged
   * @param attempts how many providers were tried
   * @param bytesOut sent to providers other than this box's engine
   * @param bytesIn received from them
   */
  public record Charged(
      long costMicros,
      long reservedMicros,
      Optional<String> currency,
      int attempts,
      long bytesOut,
      long bytesIn) {

    public static final Charged NOTHING = new Charged(0, 0, Optional.empty(), 0, 0, 0);

    public Charged {
      Objects.requireNonNull(currency, "currency");
      if (costMicros < 0 || reservedMicros < 0 || attempts < 0 || bytesOut < 0 || bytesIn < 0) {
        throw new IllegalArgumentException("no part of what was charged may be negative");
      }
      if (currency.isEmpty() && (costMicros > 0 || reservedMicros > 0)) {
        throw new IllegalArgumentException("what costs something has a currency");
      }
    }
  }

  /** A certificate's name as the ledger, the log and the budgets know it: one bounded word. */
  public static String plainName(String name) {
    String plain = name;
    if (!plain.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
      plain = plain.replaceAll("[\\p{Cntrl}\\p{Space}]", "_");
    }
    return plain.length() <= NAME_CHARACTERS_MAX ? plain : plain.substring(0, NAME_CHARACTERS_MAX);
  }

  /** A group's name likewise; the ledger keeps groups separated by commas. */
  public static String plainGroup(String name) {
    String plain = plainName(name).replace(',', '_');
    return plain.length() <= GROUP_CHARACTERS_MAX
        ? plain
        : plain.substring(0, GROUP_CHARACTERS_MAX);
  }
}
