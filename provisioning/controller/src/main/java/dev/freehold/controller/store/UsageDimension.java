package dev.freehold.controller.store;

import java.util.Locale;
import java.util.Optional;

/** What usage can be summed by. */
public enum UsageDimension {
  GROUP,
  PROVIDER,
  BOX,
  MODEL,
  DAY,
  HOUR;

  /** The word used by the API and the command line. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  public static Optional<UsageDimension> of(String text) {
    for (UsageDimension dimension : values()) {
      if (dimension.text().equals(text)) {
        return Optional.of(dimension);
      }
    }
    return Optional.empty();
  }
}
