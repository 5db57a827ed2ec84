package dev.freehold.bundle.policy;

import java.time.Duration;
import java.util.Objects;

/**
 * How long one attempt of a provider may take.
 *
 * @param connect for the connection and TLS
 * @param firstToken until the first output
 * @param idle between two pieces of output
 * @param total until the end
 */
public record Timeouts(Duration connect, Duration firstToken, Duration idle, Duration total) {

  public static final Timeouts DEFAULT =
      new Timeouts(
          Duration.ofSeconds(5),
          Duration.ofSeconds(60),
          Duration.ofSeconds(60),
          Duration.ofMinutes(10));

  public Timeouts {
    Objects.requireNonNull(connect, "connect");
    Objects.requireNonNull(firstToken, "firstToken");
    Objects.requireNonNull(idle, "idle");
    Objects.requireNonNull(total, "total");
  }
}
