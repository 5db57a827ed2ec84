package dev.freehold.engine;

/** A seat that holds one running sequence. Owned by the engine's thread. */
final class Slot {

  private static final int NO_OUTPUT = -1;

  final int sequence;

  /** The sequence in this seat, null when it is free. */
  Generation generation;

  /** Tokens whose KV cells are filled. */
  int past;

  /** Tokens of this sequence in the batch being decoded. */
  int batched;

  /** KV cells promised to this sequence. */
  int reserved;

  /** When the sequence was seated; the newest is the first to be parked. */
  long seatedOrder;

  /** Where in the batch its logits are, {@link #NO_OUTPUT} when it has none there. */
  private int output = NO_OUTPUT;

  Slot(int sequence) {
    this.sequence = sequence;
  }

  boolean isFree() {
    return generation == null;
  }

  /** Known tokens that are not in the KV cache yet. A running stream has exactly one. */
  int pending() {
    return generation.knownTokens() - past;
  }

  /** Those of them that come before the next image. */
  int pendingText() {
    return generation.textEnd(past) - past;
  }

  /** Whether the next of them is an image's. */
  boolean isAtImage() {
    return generation.images() != null && pendingText() == 0 && pending() > 0;
  }

  boolean isDecoding() {
    return pending() == 1 && generation.completionTokens() > 0;
  }

  void seat(Generation next, int cells, long order) {
    generation = next;
    next.seated();
    past = 0;
    reserved = cells;
    seatedOrder = order;
    clearBatch();
  }

  void free() {
    generation.unseated();
    generation = null;
    past = 0;
    reserved = 0;
    clearBatch();
  }

  void clearBatch() {
    batched = 0;
    output = NO_OUTPUT;
  }

  void output(int batchIndex) {
    output = batchIndex;
  }

  boolean hasOutput() {
    return output != NO_OUTPUT;
  }

  int output() {
    return output;
  }
}
