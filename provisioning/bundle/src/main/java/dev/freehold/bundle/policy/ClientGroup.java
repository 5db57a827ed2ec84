package dev.freehold.bundle.policy;

import java.util.Objects;
import java.util.OptionalInt;

/**
 * A group of clients; a client's groups stand in its certificate.
 *
 * @param label the least that any request of the group is labelled
 * @param tokensPerMinute no limit when empty
 * @param streams requests at once, no limit when empty
 */
public record ClientGroup(
    String name, Label label, OptionalInt tokensPerMinute, OptionalInt streams) {

  /** A group that names no label is treated as the most sensitive. */
  public static final Label DEFAULT_LABEL = Label.RESTRICTED;

  public ClientGroup {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(label, "label");
    Objects.requireNonNull(tokensPerMinute, "tokensPerMinute");
    Objects.requireNonNull(streams, "streams");
  }
}
