package dev.freehold.bundle.policy;

import java.math.BigDecimal;
import java.util.Objects;
import java.util.Optional;

/**
 * How much money at most, in the policy's currency; what is empty has no limit. Days and months are
 * those of the box's time zone.
 */
public record Budget(Optional<BigDecimal> day, Optional<BigDecimal> month) {

  public static final Budget NONE = new Budget(Optional.empty(), Optional.empty());

  public Budget {
    Objects.requireNonNull(day, "day");
    Objects.requireNonNull(month, "month");
  }
}
