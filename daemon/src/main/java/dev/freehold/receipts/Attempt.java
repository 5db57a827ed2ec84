package dev.freehold.receipts;

import dev.freehold.bundle.policy.TrustClass;
import java.util.Objects;
import java.util.Optional;

/**
 * A request is about to be sent to a provider that is not this box's engine.
 *
 * @param number from 1 within the request
 * @param host of the endpoint
 * @param bytes how long what is sent is
 * @param reservedMicros what it may cost at most, in millionths of the currency; charged if the box
 *     dies before the outcome is known
 * @param currency ISO 4217, where the policy has one
 */
public record Attempt(
    String requestId,
    int number,
    String provider,
    TrustClass trust,
    Optional<String> region,
    String host,
    long bytes,
    long reservedMicros,
    Optional<String> currency)
    implements Entry.RequestEntry {

  public Attempt {
    requestId = Entry.bounded(requestId);
    provider = Entry.bounded(provider);
    Objects.requireNonNull(trust, "trust");
    region = region.map(Entry::bounded);
    host = Entry.bounded(host);
    currency = currency.map(Entry::bounded);
    if (number < 1 || bytes < 0 || reservedMicros < 0) {
      throw new IllegalArgumentException(
          "an attempt is numbered from 1, its bytes and cost are not negative, found %d, %d, %d"
              .formatted(number, bytes, reservedMicros));
    }
  }

  @Override
  public String kind() {
    return "attempt";
  }
}
