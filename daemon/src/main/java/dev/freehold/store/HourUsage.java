package dev.freehold.store;

import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * What the requests of one hour used that share everything named here.
 *
 * @param hour when it begins, in UTC
 * @param groups of the client, as its certificate has them; a request counts under all of them
 *     together, and so once
 */
public record HourUsage(
    Instant hour,
    List<String> groups,
    Optional<String> provider,
    Optional<String> model,
    Optional<String> label,
    Optional<String> currency,
    long requests,
    long promptTokens,
    long cachedTokens,
    long completionTokens,
    long costMicros) {

  public HourUsage {
    Objects.requireNonNull(hour, "hour");
    groups = List.copyOf(groups);
    Objects.requireNonNull(provider, "provider");
    Objects.requireNonNull(model, "model");
    Objects.requireNonNull(label, "label");
    Objects.requireNonNull(currency, "currency");
  }
}
