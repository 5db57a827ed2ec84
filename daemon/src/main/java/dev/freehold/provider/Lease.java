package dev.freehold.provider;

import java.util.concurrent.atomic.AtomicBoolean;

/** The right to use a served model until it is closed; the model stays open as long. */
final class Lease implements AutoCloseable {

  private final Tenure tenure;
  private final AtomicBoolean closed = new AtomicBoolean();

  Lease(Tenure tenure) {
    this.tenure = tenure;
  }

  ServedModel model() {
    return tenure.model();
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      tenure.end();
    }
  }
}
