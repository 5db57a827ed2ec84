package dev.freehold.bundle;

import java.time.Instant;
import java.util.Objects;

/**
 * What a box knows about the bundle it may accept.
 *
 * @param daemonVersion its own, as {@code major.minor.patch} with anything after a dash
 * @param now the box's clock
 * @param timeFloor a time that has certainly passed, such as that of the build: a clock that is
 *     behind it is not believed
 */
public record Expectation(
    String tenant,
    String box,
    VersionFloor floor,
    String daemonVersion,
    Instant now,
    Instant timeFloor) {

  public Expectation {
    Objects.requireNonNull(tenant, "tenant");
    Objects.requireNonNull(box, "box");
    Objects.requireNonNull(floor, "floor");
    Objects.requireNonNull(daemonVersion, "daemonVersion");
    Objects.requireNonNull(now, "now");
    Objects.requireNonNull(timeFloor, "timeFloor");
  }

  Instant time() {
    return now.isBefore(timeFloor) ? timeFloor : now;
  }
}
