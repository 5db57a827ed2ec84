package dev.freehold.llama;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;

/**
 * What a model takes of the machine's own memory. An accelerator's counts where it is the same
 * memory.
 *
 * @param weightsBytes the model's weights, which several contexts can share
 * @param cacheBytes the KV cache of one context
 * @param computeBytes what one context computes with
 */
public record MemoryNeed(long weightsBytes, long cacheBytes, long computeBytes) {

  private static final int PARTS = 3;

  /**
   * Tells what a model would take with such a context. Reads the file's header and allocates none
   * of it, so that a model too large for the machine can be asked about. Of a model that pools,
   * what a pooled context takes whose batch holds the longest input that the options allow.
   *
   * @throws LlamaException if llama.cpp cannot load the file or does not allow the options
   */
  public static MemoryNeed of(Path gguf, ModelOptions model, ContextOptions context) {
    Llama.load();
    try (CallFrame frame = new CallFrame()) {
      MemorySegment parts = frame.arena().allocate(JAVA_LONG, PARTS);
      int status =
          ModelCalls.memoryNeed(
              frame.arena().allocateFrom(gguf.toString()),
              model.gpuLayers(),
              context,
              parts,
              frame.message());
      frame.check(status, "the memory that %s needs cannot be told".formatted(gguf));
      return new MemoryNeed(
          parts.getAtIndex(JAVA_LONG, 0),
          parts.getAtIndex(JAVA_LONG, 1),
          parts.getAtIndex(JAVA_LONG, 2));
    }
  }

  /** All of it. */
  public long totalBytes() {
    return weightsBytes + contextBytes();
  }

  /** What a context takes beside the weights. */
  public long contextBytes() {
    return cacheBytes + computeBytes;
  }
}
