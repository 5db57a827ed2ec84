package dev.freehold.controller;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;

/**
 * How one controller runs.
 *
 * @param state the folder of everything it keeps
 * @param listen port 0 takes a free one
 * @param names further host names and addresses that boxes and operators reach it by; the first, if
 *     any, stands in its URL
 * @param tenant whose it is; only its first start reads this
 */
public record ControllerSettings(
    Path state, InetSocketAddress listen, List<String> names, String tenant, Clock clock) {

  public static final String DEFAULT_TENANT = "freehold";

  private static final Pattern TENANT = Pattern.compile("[A-Za-z0-9][A-Za-z0-9 ._-]{0,62}");
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9.:-]{0,252}");
  private static final int NAMES_MAX = 32;

  public ControllerSettings {
    state = state.toAbsolutePath().normalize();
    Objects.requireNonNull(listen, "listen");
    Objects.requireNonNull(clock, "clock");
    names = List.copyOf(names);
    if (!TENANT.matcher(tenant).matches()) {
      throw new IllegalArgumentException(
          "Expected a tenant of up to 63 letters, digits, spaces and . _ -, found another name.");
    }
    if (names.size() > NAMES_MAX || !names.stream().allMatch(NAME.asMatchPredicate())) {
      throw new IllegalArgumentException(
          "Expected at most " + NAMES_MAX + " host names or addresses as names.");
    }
    if (listen.isUnresolved()) {
      throw new IllegalArgumentException(
          "Expected an address of this machine to listen on, found "
              + listen.getHostString()
              + ", which cannot be resolved.");
    }
  }
}
