package dev.freehold.inference;

/**
 * An answer on its way. One thread reads it; {@link #close} may come from any thread, at any time,
 * and frees what the answer holds (a slot, a connection) at once.
 */
public interface InferenceStream extends AutoCloseable {

  /**
   * Waits for the next event. After {@link InferenceEvent.Finished} it must not be called again.
   *
   * @throws InferenceException if the answer broke off; what came before it stays valid
   */
  InferenceEvent next() throws InferenceException, InterruptedException;

  /** The tokens counted so far, for the record of an answer that never finished. */
  Usage usageSoFar();

  /** What it took over the network so far. */
  default Traffic traffic() {
    return Traffic.NONE;
  }

  /** Ends the answer; does nothing if it has ended. */
  @Override
  void close();
}
