package dev.freehold.store;

import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * What the requests of one client in the same groups cost at one provider.
 *
 * @param client as {@link UsageRecord#plainName} writes it, like the groups
 * @param micros millionths of the currency's unit
 */
public record Spent(
    String client, List<String> groups, Optional<String> provider, String currency, long micros) {

  public Spent {
    Objects.requireNonNull(client, "client");
    groups = List.copyOf(groups);
    Objects.requireNonNull(provider, "provider");
    Objects.requireNonNull(currency, "currency");
  }
}
