package dev.freehold.bundle.policy;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;

/**
 * Asking the box's own model first, and another only if its answer fails a check.
 *
 * @param checks what the whole local answer must pass
 * @param confidence the least geometric mean of its tokens' probabilities, with {@link
 *     Check#CONFIDENCE}
 */
public record Cascade(Set<Check> checks, OptionalDouble confidence) {

  public Cascade {
    checks = Set.copyOf(checks);
    if (checks.isEmpty()) {
      throw new IllegalArgumentException("a cascade has at least one check");
    }
    if (checks.contains(Check.CONFIDENCE) != confidence.isPresent()) {
      throw new IllegalArgumentException("confidence is checked by a number, and only then");
    }
  }

  /** What is looked at in an answer. */
  public enum Check {
    /** It is the JSON that was asked for. */
    SCHEMA("schema"),
    /** It does not say that the model cannot help. */
    REFUSAL("refusal"),
    /** Its tokens were likely enough. */
    CONFIDENCE("confidence");

    private final String text;

    Check(String text) {
      this.text = text;
    }

    static Optional<Check> find(String text) {
      return Arrays.stream(values()).filter(check -> check.text.equals(text)).findFirst();
    }

    static List<String> texts() {
      return Arrays.stream(values()).map(Check::text).toList();
    }

    /** The name as a policy writes it. */
    public String text() {
      return text;
    }
  }
}
