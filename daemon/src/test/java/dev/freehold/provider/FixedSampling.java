package dev.freehold.provider;

import dev.freehold.inference.Sampling;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** Samplings with a seed, for answers that are the same every time. */
final class FixedSampling {

  static final Sampling GREEDY = of(0, Sampling.Rarer.NONE);

  private FixedSampling() {}

  static Sampling of(double temperature, Sampling.Rarer rarer) {
    return new Sampling(
        OptionalDouble.of(temperature),
        OptionalDouble.empty(),
        OptionalInt.empty(),
        OptionalDouble.empty(),
        OptionalDouble.empty(),
        OptionalDouble.empty(),
        OptionalDouble.empty(),
        OptionalLong.of(1),
        Map.of(),
        List.of(),
        rarer);
  }
}
