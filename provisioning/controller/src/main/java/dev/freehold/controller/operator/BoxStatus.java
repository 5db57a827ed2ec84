package dev.freehold.controller.operator;

import java.time.Instant;
import java.util.Objects;
import java.util.Optional;

/**
 * A box as the operator sees it.
 *
 * @param version the bundle it is known to have, 0 for none
 */
public record BoxStatus(
    String serial, Optional<Instant> enrolled, Optional<Instant> seen, long version) {

  public BoxStatus {
    Objects.requireNonNull(serial, "serial");
    Objects.requireNonNull(enrolled, "enrolled");
    Objects.requireNonNull(seen, "seen");
  }
}
