package dev.freehold.inference;

import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * One message of a conversation.
 *
 * @param role who speaks
 * @param text what is said, empty when an assistant only called tools
 * @param toolCalls the calls an assistant made
 * @param toolCallId which call a tool's message answers
 * @param name the speaker's or the tool's name
 */
public record Message(
    Role role,
    String text,
    List<ToolCall> toolCalls,
    Optional<String> toolCallId,
    Optional<String> name) {

  /** Who speaks. OpenAI's {@code developer} role is read as {@link #SYSTEM}. */
  public enum Role {
    SYSTEM,
    USER,
    ASSISTANT,
    TOOL
  }

  public Message {
    Objects.requireNonNull(role, "role");
    Objects.requireNonNull(text, "text");
    toolCalls = List.copyOf(toolCalls);
    Objects.requireNonNull(toolCallId, "toolCallId");
    Objects.requireNonNull(name, "name");
  }

  public static Message of(Role role, String text) {
    return new Message(role, text, List.of(), Optional.empty(), Optional.empty());
  }

  @Override
  public String toString() {
    return "Message[role=" + role + ", length=" + text.length() + "]";
  }
}
