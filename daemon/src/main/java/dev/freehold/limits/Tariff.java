package dev.freehold.limits;

import dev.freehold.bundle.policy.Prices;
import dev.freehold.inference.Usage;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.LocalDate;
import java.util.Objects;
import java.util.Optional;

/**
 * What one provider charges on one day.
 *
 * <p>A price for a million tokens, in the currency, is the price of one token in micros: a
 * request's cost is the exact sum of its three products, rounded half up to a whole micro once.
 * Whole micros are added from then on, so that the sum of a month is the sum of its requests to the
 * last digit.
 *
 * @param price empty where nothing is charged
 * @param currency of the price
 */
public record Tariff(Optional<Prices.Price> price, Optional<String> currency) {

  public static final Tariff FREE = new Tariff(Optional.empty(), Optional.empty());

  /** A cost is never more: it keeps sums of any number of requests within a long. */
  private static final BigDecimal MICROS_MAX = BigDecimal.valueOf(1_000_000_000_000_000L);

  public Tariff {
    Objects.requireNonNull(price, "price");
    Objects.requireNonNull(currency, "currency");
  }

  /** The tariff of the day on which a request begins. */
  public static Tariff of(Prices prices, Optional<String> currency, LocalDate day) {
    Optional<Prices.Price> price = prices.at(day);
    return price.isEmpty() ? FREE : new Tariff(price, currency);
  }

  /** What that much cost; prompt tokens from the provider's cache at their own price. */
  public Cost cost(Usage usage) {
    if (price.isEmpty()) {
      return Cost.NONE;
    }
    int cached = Math.min(usage.cachedTokens(), usage.promptTokens());
    BigDecimal micros =
        times(price.get().inPerMillion(), usage.promptTokens() - cached)
            .add(times(price.get().cachedInPerMillion(), cached))
            .add(times(price.get().outPerMillion(), usage.completionTokens()));
    return new Cost(rounded(micros), currency);
  }

  /** What that much costs at most: nothing of the prompt is cheaper for being in a cache. */
  public Cost cost(Estimate estimate) {
    if (price.isEmpty()) {
      return Cost.NONE;
    }
    BigDecimal in = price.get().inPerMillion().max(price.get().cachedInPerMillion());
    BigDecimal micros =
        times(in, estimate.promptTokens())
            .add(times(price.get().outPerMillion(), estimate.completionTokens()));
    return new Cost(rounded(micros), currency);
  }

  private static BigDecimal times(BigDecimal price, int tokens) {
    return price.multiply(BigDecimal.valueOf(tokens));
  }

  private static long rounded(BigDecimal micros) {
    return micros.min(MICROS_MAX).setScale(0, RoundingMode.HALF_UP).longValueExact();
  }
}
