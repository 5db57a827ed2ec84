package dev.freehold.engine;

import dev.freehold.llama.Pooling;
import java.time.Duration;
import java.util.Objects;

/**
 * How one embedding engine runs.
 *
 * @param inputTokensMax tokens of one input at most; the model's trained context bounds it further
 * @param batchTokens tokens of one decode call; more where one input needs more
 * @param sequences inputs of one decode call at most
 * @param requestsMax requests that share the decode calls; further ones wait
 * @param threads compute threads
 * @param pooling how the model pools
 * @param queueMax requests that may wait
 * @param queueDeadline how long a request may wait
 */
public record EmbeddingOptions(
    int inputTokensMax,
    int batchTokens,
    int sequences,
    int requestsMax,
    int threads,
    Pooling pooling,
    int queueMax,
    Duration queueDeadline) {

  /** Enough to keep a processor's matrix kernels busy, and short enough to cancel soon. */
  private static final int BATCH_TOKENS = 512;

  private static final int SEQUENCES = 32;

  public EmbeddingOptions {
    atLeast("inputTokensMax", inputTokensMax);
    atLeast("batchTokens", batchTokens);
    atLeast("sequences", sequences);
    atLeast("requestsMax", requestsMax);
    atLeast("threads", threads);
    Objects.requireNonNull(pooling, "pooling");
    atLeast("queueMax", queueMax);
    Objects.requireNonNull(queueDeadline, "queueDeadline");
  }

  /**
   * What the options of any engine mean for this one. It computes with half the threads: a box that
   * embeds also answers, and llama.cpp's threads lose far more by sharing a core than by being
   * fewer.
   */
  public static EmbeddingOptions of(EngineOptions options, Pooling pooling) {
    return new EmbeddingOptions(
        options.contextTokens(),
        BATCH_TOKENS,
        SEQUENCES,
        options.slots(),
        Math.max(1, options.threads() / 2),
        pooling,
        options.queueMax(),
        options.queueDeadline());
  }

  private static void atLeast(String name, int value) {
    if (value < 1) {
      throw new IllegalArgumentException("%s must be at least 1, found %d".formatted(name, value));
    }
  }
}
