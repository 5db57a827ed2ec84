package dev.freehold.abuse;

import dev.freehold.inference.InferenceException;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;

/**
 * Somebody who broke a rule.
 *
 * @param id tells this occasion from others, 32 hexadecimal digits
 * @param rule the name of the rule
 * @param reason what was counted, against which bound
 * @param quarantined whether it is shut out, or only noticed
 * @param until when that ends by itself; while it lasts, nothing more is reported of it
 * @param offences how often it happened, without a good while between
 */
public record QuarantineEntry(
    String id,
    Suspect suspect,
    String rule,
    String reason,
    boolean quarantined,
    Instant since,
    Instant until,
    int offences) {

  public QuarantineEntry {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(suspect, "suspect");
    Objects.requireNonNull(rule, "rule");
    Objects.requireNonNull(reason, "reason");
    Objects.requireNonNull(since, "since");
    Objects.requireNonNull(until, "until");
  }

  /**
   * Whether it lasts. One that begins far in the future was made by a clock that was ahead, and
   * must not last until then.
   */
  boolean lasts(Instant now) {
    return until.isAfter(now) && !since.isAfter(now.plus(Quarantine.LONGEST));
  }

  /** What the client is told; the API makes it 429 with {@code Retry-After}. */
  public InferenceException refusal(Instant now) {
    // Rounded up: whoever comes back when told must not come too early.
    Duration left =
        Duration.ofSeconds(Duration.between(now, until).plusNanos(999_999_999).toSeconds());
    return new InferenceException(
        InferenceException.Kind.OVERLOADED,
        ("This client is in quarantine until %s, for the rule '%s'. Wait until then, or have the"
                + " box's operator release it: freehold quarantine release NAME")
            .formatted(until, rule),
        Optional.of(left.isNegative() ? Duration.ZERO : left),
        null);
  }
}
