package dev.freehold.models;

import java.nio.file.Path;
import java.time.Duration;

/** What a fetcher is doing, reported about once a second while it does it. */
public sealed interface FetchStep {

  /** The catalogue name of the model. */
  String model();

  /** Another fetcher, perhaps of another process, has this model in hand. */
  record Waiting(String model) implements FetchStep {}

  /**
   * Bytes are arriving. Parts may be compressed, so the total is what the parts hold and the share
   * of it that has arrived is nearly exact, not quite.
   *
   * @param part counted from 1
   */
  record Fetching(String model, int part, int parts, long arrivedBytes, long totalBytes)
      implements FetchStep {}

  /** The GGUF file is being made of what arrived. */
  record Converting(String model) implements FetchStep {}

  /** The parts are being joined and hashed. */
  record Joining(String model, long joinedBytes, long totalBytes) implements FetchStep {}

  /** The file has its name. */
  record Finished(String model, Path file, long totalBytes, Duration took) implements FetchStep {}
}
