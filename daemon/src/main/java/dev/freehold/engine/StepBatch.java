package dev.freehold.engine;

import dev.freehold.llama.Batch;

/**
 * The tokens of one step: one for each running stream, then prompts within their budget. Owned by
 * the engine's thread.
 *
 * <p>A sequence's known tokens are its prompt and what it has generated; those not yet in the KV
 * cache are pending. A running stream has one pending token, an entering prompt many, a sequence
 * that was parked and comes back has all of them: one rule feeds all three.
 */
final class StepBatch implements AutoCloseable {

  private final Batch batch;
  private final Slot[] slots;
  private int prefillTurn;

  StepBatch(SlotTable table, int tokensMax) {
    this.slots = table.slots;
    this.batch = Batch.allocate(tokensMax, 1);
  }

  Batch tokens() {
    return batch;
  }

  int size() {
    return batch.size();
  }

  int capacity() {
    return batch.capacity();
  }

  /**
   * Fills it anew.
   *
   * @param budgetTokens how many prompt tokens may enter beside running streams
   * @return how many of its tokens belong to prompts
   */
  int fill(int budgetTokens) {
    batch.clear();
    int entering = 0;
    for (Slot slot : slots) {
      slot.clearBatch();
      if (!slot.isFree()) {
        if (slot.isDecoding()) {
          add(slot, 1);
        } else if (slot.pendingText() > 0) {
          entering++;
        }
      }
    }
    int streams = batch.size();
    int room = batch.capacity() - streams;
    int prefill = streams == 0 ? room : Math.min(room, budgetTokens);
    return entering == 0 ? 0 : fillPrompts(entering, prefill);
  }

  /**
   * Shares the budget among the prompts that are entering, in turn. A request that runs alone gets
   * the whole batch each time, so that its chunks, and with them its floats, are always the same.
   */
  private int fillPrompts(int entering, int budgetTokens) {
    int left = budgetTokens;
    int waiting = entering;
    for (int i = 0; i < slots.length && left > 0; i++) {
      Slot slot = slots[(prefillTurn + i) % slots.length];
      if (!slot.isFree() && slot.batched == 0 && slot.pendingText() > 0) {
        int share = Math.max(1, left / waiting);
        int tokens = Math.min(share, slot.pendingText());
        add(slot, tokens);
        left -= tokens;
        waiting--;
      }
    }
    prefillTurn = (prefillTurn + 1) % slots.length;
    return budgetTokens - left;
  }

  private void add(Slot slot, int tokens) {
    int known = slot.generation.knownTokens();
    for (int i = 0; i < tokens; i++) {
      int position = slot.past + i;
      boolean last = position == known - 1;
      int index = batch.add(slot.generation.tokenAt(position), position, slot.sequence, last);
      if (last) {
        slot.output(index);
      }
    }
    slot.batched = tokens;
  }

  @Override
  public void close() {
    batch.close();
  }
}
