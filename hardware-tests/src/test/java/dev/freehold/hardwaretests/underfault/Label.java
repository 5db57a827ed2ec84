package dev.freehold.hardwaretests.underfault;

import java.util.List;
import java.util.Locale;

/** The labels of the policy, the least strict first. */
enum Label {
  PUBLIC,
  INTERNAL,
  CONFIDENTIAL,
  RESTRICTED;

  /** Whether a trust class may see it: said again, as the officer meant it. */
  boolean allows(String trust) {
    List<String> allowed =
        switch (this) {
          case PUBLIC -> List.of("local", "site", "sovereign", "cloud");
          case INTERNAL -> List.of("local", "site", "sovereign");
          case CONFIDENTIAL -> List.of("local", "site");
          case RESTRICTED -> List.of("local");
        };
    return allowed.contains(trust);
  }

  Label atLeast(Label other) {
    return compareTo(other) >= 0 ? this : other;
  }

  String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}
