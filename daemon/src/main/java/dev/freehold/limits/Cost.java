package dev.freehold.limits;

import java.math.BigDecimal;
import java.util.Objects;
import java.util.Optional;

/**
 * An amount of money.
 *
 * @param micros millionths of the currency's unit
 * @param currency three letters of ISO 4217; empty where nothing can be charged
 */
public record Cost(long micros, Optional<String> currency) {

  public static final Cost NONE = new Cost(0, Optional.empty());

  /** Digits after the point of one micro. */
  private static final int MICRO_DIGITS = 6;

  public Cost {
    if (micros < 0) {
      throw new IllegalArgumentException("a cost must not be negative, found " + micros);
    }
    Objects.requireNonNull(currency, "currency");
  }

  /** In the currency's unit. */
  public BigDecimal amount() {
    return BigDecimal.valueOf(micros, MICRO_DIGITS);
  }

  /** Both together; what is free can be added to anything. */
  public Cost plus(Cost other) {
    if (other.micros == 0 && (micros > 0 || other.currency.isEmpty())) {
      return this;
    }
    if (micros == 0) {
      return other;
    }
    if (!currency.equals(other.currency)) {
      throw new IllegalArgumentException(
          "only costs of one currency can be added, found %s and %s".formatted(this, other));
    }
    return new Cost(Math.addExact(micros, other.micros), currency);
  }

  /** Such as {@code 0.0525 CHF}. */
  @Override
  public String toString() {
    return text(micros) + currency.map(code -> " " + code).orElse("");
  }

  static String text(long micros) {
    BigDecimal amount = BigDecimal.valueOf(micros, MICRO_DIGITS).stripTrailingZeros();
    return amount.scale() < 0 ? amount.setScale(0).toPlainString() : amount.toPlainString();
  }
}
