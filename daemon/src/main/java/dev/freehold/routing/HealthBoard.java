package dev.freehold.routing;

import dev.freehold.bundle.policy.ProviderSpec;
import java.net.URI;
import java.time.InstantSource;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * How the providers are doing. It outlives policies: publishing one neither closes a breaker nor
 * forgets a measure of a provider that stays.
 */
final class HealthBoard {

  private final InstantSource clock;
  private final ConcurrentMap<Key, ProviderHealth> board = new ConcurrentHashMap<>();

  HealthBoard(InstantSource clock) {
    this.clock = clock;
  }

  ProviderHealth of(ProviderSpec spec) {
    return board.computeIfAbsent(
        Key.of(spec),
        key -> new ProviderHealth(spec.breaker(), spec.kind() == ProviderSpec.Kind.ENGINE, clock));
  }

  /**
   * The usual seconds to the first token, by the name of each provider that was measured lately.
   */
  Map<String, Double> firstTokenSeconds(Collection<ProviderSpec> specs) {
    Map<String, Double> measured = new HashMap<>();
    for (ProviderSpec spec : specs) {
      of(spec).firstTokenSeconds().ifPresent(seconds -> measured.put(spec.name(), seconds));
    }
    return measured;
  }

  /** Forgets the others, so that the board is no larger than a policy. */
  void keep(Collection<ProviderSpec> specs) {
    board.keySet().retainAll(specs.stream().map(Key::of).toList());
  }

  /** What makes a provider the same one in the eyes of who measures it. */
  private record Key(
      String name, ProviderSpec.Kind kind, Optional<URI> url, Object breaker, Object model) {

    static Key of(ProviderSpec spec) {
      return new Key(spec.name(), spec.kind(), spec.url(), spec.breaker(), spec.model());
    }
  }
}
