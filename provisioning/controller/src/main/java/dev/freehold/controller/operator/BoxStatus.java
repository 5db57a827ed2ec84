package dev.freehold.controller.operator;

import java.time.Instant;
import java.util.Objects;
import java.util.Optional;

/**
 * A box as the operator sees it.
 *
 * @param seen when it was in touch last
 * @param version the bundle it is known to have, 0 for none
 * @param daemon the version it runs, once it said so
 */
public record BoxStatus(
    String serial,
    Optional<Instant> enrolled,
    Optional<Instant> seen,
    long version,
    Optional<String> daemon) {

  public BoxStatus {
    Objects.requireNonNull(serial, "serial");
    Objects.requireNonNull(enrolled, "enrolled");
    Objects.requireNonNull(seen, "seen");
    Objects.requireNonNull(daemon, "daemon");
  }
}
