package dev.freehold.inference;

import java.util.ArrayList;
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
 * @param images what stands in the text, in order
 */
public record Message(
    Role role,
    String text,
    List<ToolCall> toolCalls,
    Optional<String> toolCallId,
    Optional<String> name,
    List<Image> images) {

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
    images = List.copyOf(images);
    int before = 0;
    for (Image image : images) {
      if (image.at() < before || image.at() > text.length()) {
        throw new IllegalArgumentException("an image stands outside the text or before another");
      }
      before = image.at();
    }
  }

  /** A message without images. */
  public Message(
      Role role,
      String text,
      List<ToolCall> toolCalls,
      Optional<String> toolCallId,
      Optional<String> name) {
    this(role, text, toolCalls, toolCallId, name, List.of());
  }

  /** One part of what a message says. */
  public sealed interface Part {

    /** Text, not empty. */
    record Words(String text) implements Part {

      @Override
      public String toString() {
        return "Words[length=" + text.length() + "]";
      }
    }

    /** An image. */
    record Picture(Image image) implements Part {}
  }

  /** The text and the images in their order. */
  public List<Part> parts() {
    List<Part> parts = new ArrayList<>();
    int from = 0;
    for (Image image : images) {
      if (image.at() > from) {
        parts.add(new Part.Words(text.substring(from, image.at())));
      }
      parts.add(new Part.Picture(image));
      from = image.at();
    }
    if (from < text.length()) {
      parts.add(new Part.Words(text.substring(from)));
    }
    return parts;
  }

  public static Message of(Role role, String text) {
    return new Message(role, text, List.of(), Optional.empty(), Optional.empty());
  }

  @Override
  public String toString() {
    return "Message[role=" + role + ", length=" + text.length() + ", images=" + images.size() + "]";
  }
}
