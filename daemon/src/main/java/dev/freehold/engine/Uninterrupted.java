package dev.freehold.engine;

/** Waits that an interrupt does not cut short: what is waited for must be over before we go on. */
final class Uninterrupted {

  private Uninterrupted() {}

  /** One wait, of any length. */
  @FunctionalInterface
  interface Wait {

    /** Returns whether what was waited for is over. */
    boolean isOver() throws InterruptedException;
  }

  /** Waits until it is over; an interrupt that came meanwhile is there again then. */
  static void await(Wait wait) {
    boolean interrupted = false;
    boolean over = false;
    while (!over) {
      try {
        over = wait.isOver();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
