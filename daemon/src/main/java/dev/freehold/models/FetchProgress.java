package dev.freehold.models;

import java.io.PrintStream;
import java.util.Locale;

/** Hears what a fetcher does. Called on the fetching thread, which waits for it. */
@FunctionalInterface
public interface FetchProgress {

  void report(FetchStep step);

  /** One plain line a step: readable in a terminal and in a log alike. */
  static FetchProgress lines(PrintStream out) {
    return step -> {
      out.println(step.model() + ": " + line(step));
      out.flush();
    };
  }

  private static String line(FetchStep step) {
    return switch (step) {
      case FetchStep.Waiting _ -> "another process is fetching it; waiting for that";
      case FetchStep.Fetching it ->
          String.format(
              Locale.ROOT,
              "fetching part %d of %d, %s of about %s MB (%d %%)",
              it.part(),
              it.parts(),
              megabytes(it.arrivedBytes()),
              megabytes(it.totalBytes()),
              // A hundred per cent is said by Finished alone.
              Math.min(99, it.arrivedBytes() * 100 / it.totalBytes()));
      case FetchStep.Converting _ -> "making the GGUF file";
      case FetchStep.Joining it ->
          String.format(
              Locale.ROOT,
              "checking, %s of %s MB",
              megabytes(it.joinedBytes()),
              megabytes(it.totalBytes()));
      case FetchStep.Finished it ->
          String.format(
              Locale.ROOT,
              "ready, %s MB in %.1f s, SHA-256 as expected: %s",
              megabytes(it.totalBytes()),
              it.took().toMillis() / 1000.0,
              it.file());
    };
  }

  private static String megabytes(long bytes) {
    return String.format(Locale.ROOT, "%.1f", bytes / 1e6);
  }
}
