package dev.freehold.bundle.policy;

import java.math.BigDecimal;
import java.math.RoundingMode;
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

  private static final int PER_MILLION_DIGITS = 6;
  private static final int COST_DIGITS = 6;

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

    /**
     * What a request costs, rounded half up to a millionth of the currency.
     *
     * @param promptTokens those found in a cache included
     * @param cachedTokens how many of the prompt's tokens the provider had in its cache
     */
    public BigDecimal cost(long promptTokens, long cachedTokens, long completionTokens) {
      // A provider that says it cached more than it read must not pay us for it.
      long cached = Math.min(cachedTokens, promptTokens);
      return inPerMillion
          .multiply(BigDecimal.valueOf(promptTokens - cached))
          .add(cachedInPerMillion.multiply(BigDecimal.valueOf(cached)))
          .add(outPerMillion.multiply(BigDecimal.valueOf(completionTokens)))
          .movePointLeft(PER_MILLION_DIGITS)
          .setScale(COST_DIGITS, RoundingMode.HALF_UP);
    }
  }
}
