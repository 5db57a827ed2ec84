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

  public Caller {
    Objects.requireNonNull(name, "name");
    groups = List.copyOf(groups);
  }
}
