package dev.freehold.lifecycle;

import dev.freehold.models.ModelCache;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;

/**
 * How one daemon runs, as its command line says.
 *
 * @param state the folder of everything the box keeps
 * @param listen where the LAN API listens; port 0 takes a free one
 * @param health where health and metrics listen; a loopback address
 * @param models where model files are kept
 * @param given files given by path
 * @param memory what all models together may take
 * @param drain how long running answers may go on when the daemon stops
 */
record BoxOptions(
    Path state,
    InetSocketAddress listen,
    InetSocketAddress health,
    ModelCache models,
    GivenFiles given,
    MemoryBudget memory,
    Duration drain) {

  public BoxOptions {
    state = state.toAbsolutePath().normalize();
    Objects.requireNonNull(listen, "listen");
    Objects.requireNonNull(health, "health");
    Objects.requireNonNull(models, "models");
    Objects.requireNonNull(given, "given");
    Objects.requireNonNull(memory, "memory");
    if (drain.isNegative()) {
      throw new IllegalArgumentException("drain must not be negative, found " + drain);
    }
  }
}
