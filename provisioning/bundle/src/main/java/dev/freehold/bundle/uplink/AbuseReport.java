package dev.freehold.bundle.uplink;

import java.time.Instant;
import java.util.Objects;
import java.util.regex.Pattern;

/**
 * That a box shut a client or an address out for a while, or noticed what it only reports. Sent
 * again under the same id when something of it changed.
 *
 * @param id made by the box, hexadecimal
 * @param rule the name of the rule that found it
 * @param subject who: a certificate's name, or an address
 * @param reason what was counted, against which bound; never content
 * @param quarantined whether it was shut out, or only noticed
 * @param until when that ends by itself, or ended
 */
public record AbuseReport(
    String id,
    String rule,
    String subject,
    String reason,
    boolean quarantined,
    Instant since,
    Instant until) {

  public static final int RULE_CHARACTERS_MAX = 64;
  public static final int SUBJECT_CHARACTERS_MAX = 256;
  public static final int REASON_CHARACTERS_MAX = 512;

  private static final Pattern ID = Pattern.compile("[0-9a-f]{32}");

  public AbuseReport {
    if (!ID.matcher(id).matches()) {
      throw new IllegalArgumentException("expected an abuse report's id as 32 hexadecimal digits");
    }
    Names.requireSome(rule, "an abuse report's rule", RULE_CHARACTERS_MAX);
    Names.requireSome(subject, "an abuse report's subject", SUBJECT_CHARACTERS_MAX);
    Names.requireSome(reason, "an abuse report's reason", REASON_CHARACTERS_MAX);
    Objects.requireNonNull(since, "since");
    if (until.isBefore(since)) {
      throw new IllegalArgumentException("expected an abuse report to end after it begins");
    }
  }
}
