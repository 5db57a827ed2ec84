package dev.freehold.api;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Objects;

/**
 * Where and within which bounds the LAN API serves.
 *
 * @param address where to listen; port 0 takes a free one
 * @param bodyBytesMax a longer body is answered with 413
 * @param bodiesBytesMax the bodies of all requests in progress; one of the longest always has room
 * @param bodyTimeout a client that takes longer to send a body is cut off
 * @param connectionsMax connections at once; further ones wait to be accepted
 * @param requestTimeout after this long the connection of a request that nothing else could end is
 *     cut
 * @param drainTimeout how long a stop lets running answers finish
 */
public record LanServerConfig(
    InetSocketAddress address,
    int bodyBytesMax,
    long bodiesBytesMax,
    Duration bodyTimeout,
    int connectionsMax,
    Duration requestTimeout,
    Duration drainTimeout) {

  /** No setting can make a body longer than this. */
  public static final int BODY_BYTES_LIMIT = 64 << 20;

  public static final int DEFAULT_BODY_BYTES_MAX = 8 << 20;
  public static final int DEFAULT_CONNECTIONS_MAX = 1_024;
  public static final Duration DEFAULT_BODY_TIMEOUT = Duration.ofMinutes(2);
  public static final Duration DEFAULT_REQUEST_TIMEOUT = Duration.ofMinutes(15);
  public static final Duration DEFAULT_DRAIN_TIMEOUT = Duration.ofSeconds(20);

  public LanServerConfig {
    Objects.requireNonNull(address, "address");
    Objects.requireNonNull(requestTimeout, "requestTimeout");
    Objects.requireNonNull(drainTimeout, "drainTimeout");
    if (bodyBytesMax < 1 || bodyBytesMax > BODY_BYTES_LIMIT) {
      throw new IllegalArgumentException(
          "the longest body must be between 1 and %d bytes, found %d"
              .formatted(BODY_BYTES_LIMIT, bodyBytesMax));
    }
    if (connectionsMax < 1) {
      throw new IllegalArgumentException(
          "at least one connection must be allowed, found %d".formatted(connectionsMax));
    }
    requirePositive("body timeout", bodyTimeout);
    requirePositive("request timeout", requestTimeout);
    requirePositive("drain timeout", drainTimeout);
  }

  /** Everything but the address as it comes. */
  public static LanServerConfig at(InetSocketAddress address) {
    return new LanServerConfig(
        address,
        DEFAULT_BODY_BYTES_MAX,
        BodyMemory.ofHeap(Runtime.getRuntime().maxMemory()),
        DEFAULT_BODY_TIMEOUT,
        DEFAULT_CONNECTIONS_MAX,
        DEFAULT_REQUEST_TIMEOUT,
        DEFAULT_DRAIN_TIMEOUT);
  }

  private static void requirePositive(String what, Duration duration) {
    if (!duration.isPositive()) {
      throw new IllegalArgumentException(
          "the %s must be longer than nothing, found %s".formatted(what, duration));
    }
  }
}
