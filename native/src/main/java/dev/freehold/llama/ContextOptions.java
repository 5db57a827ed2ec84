package dev.freehold.llama;

import java.util.Objects;

/**
 * The size of a context. Its sequences share one pool of cells.
 *
 * @param contextTokens cells of the KV cache, for all sequences together
 * @param batchTokens the most tokens one decode call takes
 * @param microBatchTokens the most tokens computed at once
 * @param sequencesMax how many sequences there are, numbered from 0
 * @param threads compute threads while one token a sequence is decoded
 * @param batchThreads compute threads while prompts are processed
 * @param flash when flash attention is used
 */
public record ContextOptions(
    int contextTokens,
    int batchTokens,
    int microBatchTokens,
    int sequencesMax,
    int threads,
    int batchThreads,
    FlashAttention flash) {

  /** llama.cpp's own upper bound. */
  public static final int SEQUENCES_LIMIT = 256;

  public ContextOptions {
    Objects.requireNonNull(flash, "flash");
    requirePositive("contextTokens", contextTokens);
    requirePositive("batchTokens", batchTokens);
    requirePositive("microBatchTokens", microBatchTokens);
    requirePositive("threads", threads);
    requirePositive("batchThreads", batchThreads);
    if (microBatchTokens > batchTokens) {
      throw new IllegalArgumentException(
          "microBatchTokens is %d, expected at most batchTokens, which is %d"
              .formatted(microBatchTokens, batchTokens));
    }
    requireSequences(sequencesMax);
  }

  static void requireSequences(int sequencesMax) {
    requirePositive("sequencesMax", sequencesMax);
    if (sequencesMax > SEQUENCES_LIMIT) {
      throw new IllegalArgumentException(
          "sequencesMax is %d, expected at most %d".formatted(sequencesMax, SEQUENCES_LIMIT));
    }
  }

  static void requirePositive(String name, int value) {
    if (value < 1) {
      throw new IllegalArgumentException("%s is %d, expected at least 1".formatted(name, value));
    }
  }
}
