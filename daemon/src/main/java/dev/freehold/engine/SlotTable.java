package dev.freehold.engine;

/**
 * The seats of an engine and the KV cells promised to those who sit in them. Owned by the engine's
 * thread. What it tells is derived from the seats each time: there are few of them.
 */
final class SlotTable {

  /** Every seat; its index is its sequence. */
  final Slot[] slots;

  private final int cells;
  private long seatings;

  /**
   * @param cells KV cells there are, for all seats together
   */
  SlotTable(int count, int cells) {
    this.cells = cells;
    this.slots = new Slot[count];
    for (int i = 0; i < count; i++) {
      slots[i] = new Slot(i);
    }
  }

  void seat(Slot slot, Generation generation, int reserved) {
    slot.seat(generation, reserved, seatings++);
  }

  /** A seat that nobody has, or null. */
  Slot free() {
    for (Slot slot : slots) {
      if (slot.isFree()) {
        return slot;
      }
    }
    return null;
  }

  int busy() {
    int busy = 0;
    for (Slot slot : slots) {
      busy += slot.isFree() ? 0 : 1;
    }
    return busy;
  }

  int cellsReserved() {
    int sum = 0;
    for (Slot slot : slots) {
      sum += slot.reserved;
    }
    return sum;
  }

  boolean hasRoomFor(int more) {
    return cellsReserved() + more <= cells;
  }

  /** The generation that runs alone, or null. */
  Generation sole() {
    Generation sole = null;
    for (Slot slot : slots) {
      if (!slot.isFree()) {
        if (sole != null) {
          return null;
        }
        sole = slot.generation;
      }
    }
    return sole;
  }

  /** The sequence without a known end that was seated last, or null: the first to be parked. */
  Slot newestGrowing() {
    Slot newest = null;
    for (Slot slot : slots) {
      boolean candidate = !slot.isFree() && !slot.generation.isLimited();
      if (candidate && (newest == null || slot.seatedOrder > newest.seatedOrder)) {
        newest = slot;
      }
    }
    return newest;
  }
}
