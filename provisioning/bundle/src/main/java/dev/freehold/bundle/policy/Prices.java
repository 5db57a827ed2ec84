package dev.freehold.bundle.policy;

import java.math.BigDecimal;
import java.time.LocalDate;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * What a provider charges, by the day on which a request begins. No prices at all means that
 * nothing is charged.
 *
 * @param table by their first day, ascending
 */
public record Prices(List<Price> table) {

  public static final Prices NONE = new Prices(List.of());

  public Prices {
    table = List.copyOf(table);
  }

  /** The price of that day; empty where there are none, and before the first day of the first. */
  public Optional<Price> at(LocalDate day) {
    Optional<Price> found = Optional.empty();
    for (Price price : table) {
      if (!price.from().isAfter(day)) {
        found = Optional.of(price);
      }
    }
    return found;
  }

  /**
   * What a million tokens cost from a day on, in the policy's currency.
   *
   * @param cachedInPerMillion for prompt tokens that the provider had in its cache
   */
  public record Price(
      LocalDate from,
      BigDecimal inPerMillion,
      BigDecimal cachedInPerMillion,
      BigDecimal outPerMillion) {

    public Price {
      Objects.requireNonNull(from, "from");
      Objects.requireNonNull(inPerMillion, "inPerMillion");
      Objects.requireNonNull(cachedInPerMillion, "cachedInPerMillion");
      Objects.requireNonNull(outPerMillion, "outPerMillion");
    }
  }
}
