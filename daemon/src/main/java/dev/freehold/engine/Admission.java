package dev.freehold.engine;

import dev.freehold.llama.Context;

/**
 * Who sits, with how many KV cells, and who makes way. Owned by the engine's thread, which alone
 * seats, parks and lets go; what it publishes about them is read by anybody.
 *
 * <p>A request with a limit reserves prompt plus limit; one without, or with a limit that its
 * context cannot hold (agents send one for the largest models there are), reserves its prompt and
 * {@link #GROWTH_TOKENS}, and grows until its context is full. When cells run out the newest
 * growing sequence is parked: its cells are freed, its tokens kept, and it is computed again when
 * there is room. The background makes way first, and also when another lacks a seat.
 */
final class Admission {

  /** Cells by which a request without a limit grows. */
  private static final int GROWTH_TOKENS = 256;

  private final SlotTable table;
  private final Slot[] slots;
  private final WaitingRequests waiting;
  private final Context context;
  private final int sequenceTokensMax;

  /* Written by the engine's thread, read by anybody. */
  private volatile int slotsBusy;
  private volatile int cellsReserved;

  Admission(SlotTable table, WaitingRequests waiting, Context context, int sequenceTokensMax) {
    this.table = table;
    this.slots = table.slots;
    this.waiting = waiting;
    this.context = context;
    this.sequenceTokensMax = sequenceTokensMax;
  }

  /** Sequences that have a seat. Any thread may ask. */
  int slotsBusy() {
    return slotsBusy;
  }

  /** KV cells promised to them. Any thread may ask. */
  int cellsReserved() {
    return cellsReserved;
  }

  void publish() {
    slotsBusy = table.busy();
    waiting.publish();
    cellsReserved = table.cellsReserved();
  }

  /** Seats those who wait, as long as there is room for the next of them. */
  void admit() {
    for (Generation next = waiting.next(); next != null; next = waiting.next()) {
      Slot slot = seatFor(next);
      if (slot == null) {
        break;
      }
      if (waiting.take(next)) {
        seatOrDrop(next, slot);
      }
    }
    publish();
  }

  /** Waits for a request while nobody sits, and seats it. */
  void await() throws InterruptedException {
    Generation next = waiting.await();
    if (next != null) {
      seatOrDrop(next, slots[0]);
    }
  }

  private void seatOrDrop(Generation next, Slot slot) {
    if (next.isCancelled()) {
      next.fail(EngineException.cancelled());
      return;
    }
    table.seat(slot, next, cellsWanted(next));
    publish();
  }

  private int cellsWanted(Generation generation) {
    long wanted =
        generation.isLimited()
            ? (long) generation.promptTokens() + generation.completionTokensMax()
            : (long) generation.knownTokens() + GROWTH_TOKENS;
    return (int) Math.min(wanted, sequenceTokensMax);
  }

  private boolean fits(Generation generation) {
    return table.hasRoomFor(cellsWanted(generation));
  }

  /** A seat with room for it, for which the background makes way if it must; null if none. */
  private Slot seatFor(Generation next) {
    Slot free = table.free();
    if (free != null && fits(next)) {
      return free;
    }
    boolean worthIt =
        waiting.isUrgent(next)
            && newestYielding() != null
            && table.hasRoomFor(cellsWanted(next) - yieldingCells());
    if (!worthIt) {
      return null;
    }
    while (table.free() == null || !fits(next)) {
      Slot yielding = newestYielding();
      if (yielding == null) {
        // What would have made way has become urgent in this moment.
        return null;
      }
      park(yielding);
    }
    return table.free();
  }

  private int yieldingCells() {
    int cells = 0;
    for (Slot slot : slots) {
      cells += slot.isFree() || waiting.isUrgent(slot.generation) ? 0 : slot.reserved;
    }
    return cells;
  }

  /** The background sequence that was seated last, or null. */
  private Slot newestYielding() {
    Slot newest = null;
    for (Slot slot : slots) {
      boolean candidate = !slot.isFree() && !waiting.isUrgent(slot.generation);
      if (candidate && (newest == null || slot.seatedOrder > newest.seatedOrder)) {
        newest = slot;
      }
    }
    return newest;
  }

  /** The sequence that makes way when cells run out: the background's first; null if none can. */
  Slot firstToPark() {
    Slot background = newestYielding();
    return background == null ? table.newestGrowing() : background;
  }

  /**
   * Finds cells for what a sequence has grown to, for which others are parked, or itself.
   *
   * @return false if its context is full
   */
  boolean grow(Slot slot) {
    int known = slot.generation.knownTokens();
    if (known < slot.reserved) {
      return true;
    }
    if (known >= sequenceTokensMax) {
      return false;
    }
    int wanted = Math.min(known + GROWTH_TOKENS, sequenceTokensMax);
    while (!table.hasRoomFor(wanted - slot.reserved)) {
      Slot newest = firstToPark();
      if (newest == null) {
        return false;
      }
      park(newest);
      if (newest == slot) {
        return true;
      }
    }
    slot.reserved = wanted;
    return true;
  }

  /** Frees the cells and keeps the tokens; the sequence comes back before any new request. */
  void park(Slot slot) {
    waiting.park(slot.generation);
    vacate(slot);
  }

  /** Frees the seat and its cells. */
  void vacate(Slot slot) {
    context.removeSequence(slot.sequence, -1, -1);
    slot.free();
    publish();
  }
}
