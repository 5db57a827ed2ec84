package dev.freehold.store;

import java.util.List;
import java.util.Objects;

/**
 * Usage by what was asked for.
 *
 * @param sums by their keys, ascending
 * @param total every request once: where sums are by group, a request of a client in several groups
 *     is in several sums, and the total is less than what they add up to
 */
public record UsageReport(List<UsageSum> sums, UsageSum total) {

  public UsageReport {
    sums = List.copyOf(sums);
    Objects.requireNonNull(total, "total");
  }
}
