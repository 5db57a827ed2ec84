package dev.freehold.bundle.uplink;

/** What a name in a report may be: short, and without what would break a line of output. */
final class Names {

  private Names() {}

  static void require(String name, String field, int charactersMax) {
    if (name.length() > charactersMax) {
      throw new IllegalArgumentException(
          "expected at most " + charactersMax + " characters as " + field);
    }
    if (name.chars().anyMatch(Character::isISOControl)) {
      throw new IllegalArgumentException("expected no control characters in " + field);
    }
  }

  static void requireSome(String name, String field, int charactersMax) {
    require(name, field, charactersMax);
    if (name.isBlank()) {
      throw new IllegalArgumentException("expected something as " + field + ", found nothing");
    }
  }
}
