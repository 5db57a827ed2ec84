package dev.freehold.llama;

/** How a decode call ended. */
public enum DecodeResult {
  /** Every token of the batch is in the cache, and the outputs asked for are there. */
  OK,
  /** The cache has no room for the batch; nothing was changed. */
  NO_KV_SLOT,
  /**
   * The abort flag was seen. A part of the batch may stand in the cache: remove or cut the batch's
   * sequences before they are used again.
   */
  ABORTED
}
