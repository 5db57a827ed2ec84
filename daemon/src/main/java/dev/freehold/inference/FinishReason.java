package dev.freehold.inference;

/** Why an answer ended. */
public enum FinishReason {
  /** The model ended its turn, or a stop text was met. */
  STOP,
  /** The token limit or the context was reached. */
  LENGTH,
  /** The model called tools. */
  TOOL_CALLS,
  /** A provider's content filter cut the answer. */
  CONTENT_FILTER
}
