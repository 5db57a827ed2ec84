package dev.freehold.llama.tiny;

import java.io.IOException;
import java.nio.file.Path;

/** A LoRA adapter with random weights, for the attention of a model of Llama's shape. */
public final class TinyAdapter {

  private static final int RANK = 4;

  private TinyAdapter() {}

  /**
   * Writes one with full effect on the first layers.
   *
   * @param modelWidth the embedding length of the model it is for
   * @param layers how many of the model's first layers it changes
   */
  public static Path write(Path file, int modelWidth, int layers, long seed) throws IOException {
    GgufWriter gguf =
        new GgufWriter(seed)
            .text("general.type", "adapter")
            .text("general.architecture", "llama")
            .text("adapter.type", "lora")
            .number("adapter.lora.alpha", (float) RANK);
    for (int layer = 0; layer < layers; layer++) {
      String name = "blk." + layer + ".attn_output.weight";
      gguf.weights(name + ".lora_a", 0.2f, modelWidth, RANK)
          .weights(name + ".lora_b", 0.2f, RANK, modelWidth);
    }
    return gguf.write(file);
  }
}
