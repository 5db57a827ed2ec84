package dev.freehold.observability;

import java.util.Objects;
import java.util.function.IntSupplier;

/**
 * Where the engine's load is read from, at the moment somebody asks.
 *
 * @param slotsTotal seats of all loaded models
 * @param slotsBusy seats that hold a running sequence
 * @param queueDepth requests that wait for a seat
 */
public record EngineGauges(IntSupplier slotsTotal, IntSupplier slotsBusy, IntSupplier queueDepth) {

  public EngineGauges {
    Objects.requireNonNull(slotsTotal, "slotsTotal");
    Objects.requireNonNull(slotsBusy, "slotsBusy");
    Objects.requireNonNull(queueDepth, "queueDepth");
  }

  /** Of a box that has no engine. */
  public static EngineGauges none() {
    return new EngineGauges(() -> 0, () -> 0, () -> 0);
  }
}
