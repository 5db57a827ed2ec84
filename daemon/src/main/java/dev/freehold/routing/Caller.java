package dev.freehold.routing;

import java.util.List;
import java.util.Objects;

/**
 * Who asks, as the client's certificate says.
 *
 * @param name the certificate's common name
 * @param groups its organisational units
 */
public record Caller(String name, List<String> groups) {

  /** The group of other boxes, and of nobody else: no client's certificate can claim it. */
  public static final String BOXES = "boxes";

  public Caller {
    Objects.requireNonNull(name, "name");
    groups = List.copyOf(groups);
  }

  /** Whether another box passes on what a client of its own asked. */
  public boolean isBox() {
    return groups.contains(BOXES);
  }
}
