package dev.freehold.engine;

import dev.freehold.llama.ContextOptions;
import dev.freehold.llama.FlashAttention;
import java.time.Duration;
import java.util.Objects;

/**
 * How one engine runs.
 *
 * @param contextTokens KV cells, shared by all slots
 * @param slots sequences that run at once
 * @param batchTokens tokens of one decode call at most
 * @param threads compute threads
 * @param gpuLayers layers offloaded to an accelerator, negative for all
 * @param queueMax requests that may wait for a slot
 * @param queueDeadline how long a request may wait for a slot
 * @param interTokenTarget how long a step may take while streams are running and prompts enter
 */
public record EngineOptions(
    int contextTokens,
    int slots,
    int batchTokens,
    int threads,
    int gpuLayers,
    int queueMax,
    Duration queueDeadline,
    Duration interTokenTarget) {

  public static final int SLOTS_MAX = 64;

  public EngineOptions {
    atLeast("contextTokens", contextTokens, 64);
    atLeast("slots", slots, 1);
    atLeast("batchTokens", batchTokens, slots);
    atLeast("threads", threads, 1);
    atLeast("queueMax", queueMax, 1);
    Objects.requireNonNull(queueDeadline, "queueDeadline");
    Objects.requireNonNull(interTokenTarget, "interTokenTarget");
    if (slots > SLOTS_MAX) {
      throw new IllegalArgumentException(
          "slots must be at most %d, found %d".formatted(SLOTS_MAX, slots));
    }
  }

  /** Defaults for a box whose compute threads are its cores. */
  public static EngineOptions of(int contextTokens, int slots) {
    return new EngineOptions(
        contextTokens,
        slots,
        512,
        Runtime.getRuntime().availableProcessors(),
        -1,
        64,
        Duration.ofSeconds(60),
        Duration.ofMillis(60));
  }

  /** The context that an engine with these options makes. */
  public ContextOptions context() {
    return new ContextOptions(
        contextTokens, batchTokens, batchTokens, slots, threads, threads, FlashAttention.ON);
  }

  private static void atLeast(String name, int value, int least) {
    if (value < least) {
      throw new IllegalArgumentException(
          "%s must be at least %d, found %d".formatted(name, least, value));
    }
  }
}
