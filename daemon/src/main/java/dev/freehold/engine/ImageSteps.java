package dev.freehold.engine;

import dev.freehold.llama.Context;
import dev.freehold.llama.DecodeResult;
import dev.freehold.llama.ImageBatch;
import dev.freehold.llama.ImageEmbeddings;

/**
 * Brings the images of prompts into the KV cache, a part of one image a step: a batch holds tokens
 * or embeddings, not both, and running streams wait for the one part only. Owned by the engine's
 * thread.
 */
final class ImageSteps implements AutoCloseable {

  /** A part beside running streams and prompts is never smaller. */
  private static final int TOKENS_MIN = 16;

  private final Context context;
  private final SlotTable table;
  private final ImageBatch batch;
  private int turn;

  ImageSteps(Context context, SlotTable table, int batchTokens) {
    this.context = context;
    this.table = table;
    this.batch = ImageBatch.allocate(batchTokens);
  }

  /** The seat whose image is next, or null if no prompt stands at one. */
  Slot next() {
    Slot[] slots = table.slots;
    for (int i = 0; i < slots.length; i++) {
      Slot slot = slots[(turn + i) % slots.length];
      if (!slot.isFree() && slot.isAtImage()) {
        turn = (slot.sequence + 1) % slots.length;
        return slot;
      }
    }
    return null;
  }

  /**
   * Decodes the next part of the image at which a seat stands, and says in the seat how many tokens
   * that were.
   *
   * @param budgetTokens how many tokens the step has left; an image that cannot be divided takes no
   *     notice
   */
  DecodeResult decode(Slot slot, int budgetTokens) {
    PromptImages images = slot.generation.images();
    int index = images.at(slot.past);
    ImageEmbeddings image = images.embeddings(index);
    int from = slot.past - images.span(index).start();
    int left = image.tokens() - from;
    int most = Math.min(batch.capacity(), Math.max(TOKENS_MIN, budgetTokens));
    int count = image.nonCausal() ? left : Math.min(left, most);
    batch.hold(image, from, count, slot.past, slot.sequence);
    slot.batched = count;
    return context.decode(batch);
  }

  @Override
  public void close() {
    batch.close();
  }
}
