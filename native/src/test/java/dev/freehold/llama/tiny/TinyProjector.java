package dev.freehold.llama.tiny;

import java.io.IOException;
import java.nio.file.Path;

/**
 * A projector with random weights in the shape of LLaVA-1.5's: a vision transformer of one layer
 * that is used, and two matrices that bring its output to a model's width.
 */
public final class TinyProjector {

  /** Tokens that every image takes. */
  public static final int TOKENS = 16;

  private static final int PATCH = 14;
  private static final int SIDE = 4 * PATCH;
  private static final int WIDTH = 32;
  private static final int HIDDEN = 64;

  private TinyProjector() {}

  /**
   * Writes one.
   *
   * @param modelWidth the embedding length of the model it is for
   */
  public static Path write(Path file, int modelWidth, long seed) throws IOException {
    GgufWriter gguf =
        new GgufWriter(seed)
            .text("general.architecture", "clip")
            .flag("clip.has_vision_encoder", true)
            .text("clip.projector_type", "mlp")
            .number("clip.vision.embedding_length", WIDTH)
            .number("clip.vision.attention.head_count", 2)
            .number("clip.vision.feed_forward_length", HIDDEN)
            .number("clip.vision.block_count", 2)
            .number("clip.vision.projection_dim", modelWidth)
            .number("clip.vision.attention.layer_norm_epsilon", 1e-5f)
            .number("clip.vision.image_size", SIDE)
            .number("clip.vision.patch_size", PATCH)
            .numbers("clip.vision.image_mean", 0.5f, 0.5f, 0.5f)
            .numbers("clip.vision.image_std", 0.25f, 0.25f, 0.25f)
            .weights("v.patch_embd.weight", 0.05f, PATCH, PATCH, 3, WIDTH)
            .weights("v.position_embd.weight", 0.5f, WIDTH, TOKENS)
            .constant("v.pre_ln.weight", 1, WIDTH)
            .constant("v.pre_ln.bias", 0, WIDTH);
    for (int layer = 0; layer < 2; layer++) {
      block(gguf, "v.blk." + layer + ".");
    }
    return gguf.weights("mm.0.weight", 0.3f, WIDTH, modelWidth)
        .constant("mm.0.bias", 0, modelWidth)
        .weights("mm.2.weight", 0.05f, modelWidth, modelWidth)
        .constant("mm.2.bias", 0, modelWidth)
        .write(file);
  }

  private static void block(GgufWriter gguf, String prefix) {
    for (String matrix : new String[] {"attn_q", "attn_k", "attn_v", "attn_out"}) {
      gguf.weights(prefix + matrix + ".weight", 0.2f, WIDTH, WIDTH)
          .constant(prefix + matrix + ".bias", 0, WIDTH);
    }
    for (String norm : new String[] {"ln1", "ln2"}) {
      gguf.constant(prefix + norm + ".weight", 1, WIDTH)
          .constant(prefix + norm + ".bias", 0, WIDTH);
    }
    gguf.weights(prefix + "ffn_up.weight", 0.2f, WIDTH, HIDDEN)
        .constant(prefix + "ffn_up.bias", 0, HIDDEN)
        .weights(prefix + "ffn_down.weight", 0.2f, HIDDEN, WIDTH)
        .constant(prefix + "ffn_down.bias", 0, WIDTH);
  }
}
