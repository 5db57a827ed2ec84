package dev.freehold.provider;

import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;

/**
 * The time in which one loaded model serves. It counts the leases; once the model has been let go,
 * the end of the last one says that it may be closed.
 */
final class Tenure {

  private final ServedModel model;
  private final LongSupplier nanoClock;
  private final CompletableFuture<Void> unused = new CompletableFuture<>();

  /* Guarded by this. */
  private int leases;
  private boolean letGo;
  private long lastUsedNanos;

  Tenure(ServedModel model, LongSupplier nanoClock) {
    this.model = model;
    this.nanoClock = nanoClock;
    this.lastUsedNanos = nanoClock.getAsLong();
  }

  ServedModel model() {
    return model;
  }

  /**
   * @throws IllegalStateException if the model has been let go: its provider hands it out no more
   */
  synchronized Lease lease() {
    if (letGo) {
      throw new IllegalStateException("the model " + model.name() + " has been let go");
    }
    leases++;
    return new Lease(this);
  }

  void end() {
    boolean last;
    synchronized (this) {
      leases--;
      lastUsedNanos = nanoClock.getAsLong();
      last = letGo && leases == 0;
    }
    if (last) {
      unused.complete(null);
    }
  }

  synchronized int leases() {
    return leases;
  }

  /** When the last lease ended, or the tenure began. */
  synchronized long lastUsedNanos() {
    return lastUsedNanos;
  }

  /** Gives no more leases; the result completes with the last one that was given. */
  CompletableFuture<Void> letGo() {
    boolean free;
    synchronized (this) {
      letGo = true;
      free = leases == 0;
    }
    if (free) {
      unused.complete(null);
    }
    return unused;
  }
}
