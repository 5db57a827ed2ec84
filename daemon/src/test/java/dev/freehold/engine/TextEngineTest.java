package dev.freehold.engine;

import dev.freehold.llama.Sampler;
import dev.freehold.llama.SamplerOptions;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;

/** How the tests of text set up an engine, and ask it. */
abstract class TextEngineTest extends SmallModelTest {

  /** A deadline of a minute in the queue, and what is usual for this box. */
  static EngineOptions options(int contextTokens, int slots, int queueMax) {
    EngineOptions defaults = EngineOptions.of(contextTokens, slots);
    return new EngineOptions(
        contextTokens,
        slots,
        defaults.batchTokens(),
        defaults.threads(),
        defaults.gpuLayers(),
        queueMax,
        Duration.ofSeconds(60),
        defaults.interTokenTarget());
  }

  static GenerationRequest request(
      String prompt, OptionalInt limit, SamplerOptions sampling, String... stops) {
    return new GenerationRequest(
        model.tokenize(prompt, true, true),
        Sampler.create(model, sampling),
        limit,
        List.of(stops),
        false,
        sampling.seed() >= 0);
  }

  static GenerationRequest greedy(String prompt, int limit, String... stops) {
    return request(prompt, OptionalInt.of(limit), neverEnding(), stops);
  }
}
