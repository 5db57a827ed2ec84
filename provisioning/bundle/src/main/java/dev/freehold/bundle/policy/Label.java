package dev.freehold.bundle.policy;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** How sensitive a request is, from the least to the most. Labels only ever rise. */
public enum Label {
  PUBLIC,
  INTERNAL,
  CONFIDENTIAL,
  RESTRICTED;

  /**
   * The label of that name, in lower case as a policy writes it.
   *
   * @throws IllegalArgumentException if there is no such label
   */
  public static Label of(String text) {
    return find(text)
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "Expected a label, one of " + String.join(", ", texts()) + "."));
  }

  static Optional<Label> find(String text) {
    return Arrays.stream(values()).filter(label -> label.text().equals(text)).findFirst();
  }

  static List<String> texts() {
    return Arrays.stream(values()).map(Label::text).toList();
  }

  /** The more sensitive of the two. */
  public Label atLeast(Label other) {
    return compareTo(other) >= 0 ? this : other;
  }

  /** The name as a policy and a header write it. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}
