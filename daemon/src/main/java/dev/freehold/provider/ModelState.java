package dev.freehold.provider;

import java.time.Duration;
import java.util.Objects;

/** Where a model of this box stands while it is not being served. */
public sealed interface ModelState {

  /** It is loaded when somebody asks for it. */
  record Available() implements ModelState {}

  /** Its file is on its way, which may take long: requests do not wait for it. */
  record Fetching() implements ModelState {}

  /** It will serve in a moment: requests wait. */
  record Loading() implements ModelState {}

  /**
   * It cannot be served.
   *
   * @param problem why, and what to do, as clients may read it: no paths, no process's output
   * @param retryAfter when it is worth asking again; zero lets the next request try at once
   */
  record Failed(String problem, Duration retryAfter) implements ModelState {

    public Failed {
      Objects.requireNonNull(problem, "problem");
      Objects.requireNonNull(retryAfter, "retryAfter");
    }
  }
}
