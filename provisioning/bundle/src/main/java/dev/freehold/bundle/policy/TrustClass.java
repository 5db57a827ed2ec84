package dev.freehold.bundle.policy;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** How far from the box a provider is, in the security officer's terms. */
public enum TrustClass {
  LOCAL,
  SITE,
  SOVEREIGN,
  CLOUD;

  static Optional<TrustClass> find(String text) {
    return Arrays.stream(values()).filter(trust -> trust.text().equals(text)).findFirst();
  }

  static List<String> texts() {
    return Arrays.stream(values()).map(TrustClass::text).toList();
  }

  /** The name as a policy writes it. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}
