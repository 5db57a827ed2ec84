package dev.freehold.inference;

import java.util.List;
import java.util.Objects;

/** What a request asks: a conversation or plain text to continue. */
public sealed interface Prompt {

  /** A conversation, with the tools that the model may call. */
  record Chat(
      List<Message> messages, List<Tool> tools, ToolChoice toolChoice, boolean parallelToolCalls)
      implements Prompt {

    public Chat {
      messages = List.copyOf(messages);
      tools = List.copyOf(tools);
      Objects.requireNonNull(toolChoice, "toolChoice");
    }

    @Override
    public String toString() {
      return "Chat[messages=" + messages.size() + ", tools=" + tools.size() + "]";
    }
  }

  /** Text to continue as it stands, without a chat template. */
  record Text(String text) implements Prompt {

    public Text {
      Objects.requireNonNull(text, "text");
    }

    @Override
    public String toString() {
      return "Text[length=" + text.length() + "]";
    }
  }
}
