package dev.freehold.routing;

import dev.freehold.detection.PersonalDataDetector;
import dev.freehold.limits.Limits;
import java.util.Objects;

/**
 * What stands over every request: who looks for personal data, who counts, who keeps the receipts.
 */
public record Oversight(PersonalDataDetector detector, Limits limits, Journal journal) {

  public Oversight {
    Objects.requireNonNull(detector, "detector");
    Objects.requireNonNull(limits, "limits");
    Objects.requireNonNull(journal, "journal");
  }
}
