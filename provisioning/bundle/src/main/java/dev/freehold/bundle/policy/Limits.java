package dev.freehold.bundle.policy;

import java.util.Objects;
import java.util.OptionalInt;

/**
 * How much at most; what is empty has no limit.
 *
 * @param requestsPerMinute requests that may begin in any minute
 * @param tokensPerMinute tokens read and written in any minute
 * @param streams requests at once
 */
public record Limits(
    OptionalInt requestsPerMinute, OptionalInt tokensPerMinute, OptionalInt streams) {

  public static final Limits NONE =
      new Limits(OptionalInt.empty(), OptionalInt.empty(), OptionalInt.empty());

  public Limits {
    Objects.requireNonNull(requestsPerMinute, "requestsPerMinute");
    Objects.requireNonNull(tokensPerMinute, "tokensPerMinute");
    Objects.requireNonNull(streams, "streams");
  }
}
