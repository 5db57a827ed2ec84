package dev.freehold.inference;

/** Which of two waiting requests is served first. */
public enum Priority {
  /** Somebody waits for the answer. */
  INTERACTIVE,
  /** Nobody does: it may wait while interactive requests are served. */
  BACKGROUND
}
