package dev.freehold.api;

import com.fasterxml.jackson.databind.JsonNode;
import dev.freehold.inference.Image;
import dev.freehold.inference.Message;
import dev.freehold.inference.ToolCall;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Turns Anthropic's turns, each a list of blocks, into the neutral form's messages.
 *
 * <p>A tool's result, a block of a user's turn there, is a message of its own here. Turns of the
 * same role in a row are one message, as in Anthropic's API: many chat templates demand that roles
 * alternate.
 */
final class MessageBlocks {

  /** Blocks are paragraphs of their own. */
  private static final String BETWEEN_BLOCKS = "\n";

  private final List<Message> messages = new ArrayList<>();

  // The message that is being put together, if there is one.
  private Optional<Message.Role> role = Optional.empty();
  private final StringBuilder text = new StringBuilder();
  private final List<ToolCall> calls = new ArrayList<>();
  private final List<Image> images = new ArrayList<>();

  private MessageBlocks() {}

  /** The conversation of a request, its system prompt first. */
  static List<Message> messages(Fields fields) throws ApiException {
    MessageBlocks blocks = new MessageBlocks();
    if (fields.has("system")) {
      blocks.add(Message.Role.SYSTEM, text(fields, "system"));
    }
    List<Fields> turns = fields.objects("messages", ChatRequests.MESSAGES_MAX);
    if (turns.isEmpty()) {
      throw ChatRequests.noMessages();
    }
    for (Fields turn : turns) {
      blocks.turn(turn);
    }
    blocks.end();
    if (blocks.messages.stream().allMatch(message -> message.role() == Message.Role.SYSTEM)) {
      throw ChatRequests.noMessages();
    }
    return blocks.messages;
  }

  private void turn(Fields turn) throws ApiException {
    Message.Role speaker =
        switch (turn.requiredText("role")) {
          case "user" -> Message.Role.USER;
          case "assistant" -> Message.Role.ASSISTANT;
          case "system" -> Message.Role.SYSTEM;
          default ->
              throw ApiErrors.wrongParam(
                  turn.path("role"),
                  "'%s' must be user, assistant or system, found something else."
                      .formatted(turn.path("role")));
        };
    JsonNode content = turn.raw("content");
    if (content.isTextual()) {
      add(speaker, content.textValue());
      return;
    }
    if (!content.isArray()) {
      throw turn.wrong("content", "a string or an array of blocks", content);
    }
    for (Fields block : turn.objects("content", ChatRequests.MESSAGES_MAX)) {
      block(speaker, block);
    }
  }

  private void block(Message.Role speaker, Fields block) throws ApiException {
    String type = block.requiredText("type");
    switch (type) {
      case "text" -> add(speaker, block.requiredText("text"));
      case "image" -> {
        requireRole(speaker, Message.Role.USER, block);
        begin(speaker);
        MessageContent.add(images, MessageContent.ofBlock(block, text.length()), block);
      }
      case "tool_use" -> {
        requireRole(speaker, Message.Role.ASSISTANT, block);
        add(toolCall(block));
      }
      case "tool_result" -> {
        requireRole(speaker, Message.Role.USER, block);
        Message result = toolResult(block);
        end();
        messages.add(result);
      }
      case "thinking", "redacted_thinking" -> {
        // A model is not shown its earlier thinking; it must be in its place.
        requireRole(speaker, Message.Role.ASSISTANT, block);
      }
      default -> throw notRead(type, block);
    }
  }

  private static void requireRole(Message.Role speaker, Message.Role required, Fields block)
      throws ApiException {
    if (speaker != required) {
      throw ApiErrors.wrongParam(
          block.path("type"),
          "'%s' is a block that only %s may send."
              .formatted(
                  block.path("type"),
                  required == Message.Role.USER ? "the user" : "the assistant"));
    }
  }

  private static ToolCall toolCall(Fields block) throws ApiException {
    block.requiredObject("input");
    return new ToolCall(
        block.requiredText("id"), block.requiredText("name"), block.raw("input").toString());
  }

  private static Message toolResult(Fields block) throws ApiException {
    String text = block.has("content") ? text(block, "content") : "";
    // The neutral form has no mark for a failed call, so the model reads it.
    boolean failed = block.flag("is_error", false);
    return new Message(
        Message.Role.TOOL,
        failed ? "Error: " + text : text,
        List.of(),
        Optional.of(block.requiredText("tool_use_id")),
        Optional.empty());
  }

  /** A string, or text blocks. */
  private static String text(Fields fields, String name) throws ApiException {
    JsonNode content = fields.raw(name);
    if (content.isTextual()) {
      return content.textValue();
    }
    if (!content.isArray()) {
      throw fields.wrong(name, "a string or an array of text blocks", content);
    }
    List<String> texts = new ArrayList<>();
    for (Fields block : fields.objects(name, ChatRequests.MESSAGES_MAX)) {
      String type = block.requiredText("type");
      if (!type.equals("text")) {
        throw notRead(type, block);
      }
      texts.add(block.requiredText("text"));
    }
    return String.join(BETWEEN_BLOCKS, texts);
  }

  private static ApiException notRead(String type, Fields block) {
    String path = block.path("type");
    return ApiErrors.wrongParam(
        path,
        type.equals("image")
            ? "'%s' is image, but only a user's message may have images: send text here."
                .formatted(path)
            : "'%s' is a block that this model cannot read: send text, image, tool_use and tool_result."
                .formatted(path));
  }

  private void add(Message.Role speaker, String more) {
    begin(speaker);
    if (!text.isEmpty() && !more.isEmpty()) {
      text.append(BETWEEN_BLOCKS);
    }
    text.append(more);
  }

  private void add(ToolCall call) {
    begin(Message.Role.ASSISTANT);
    calls.add(call);
  }

  private void begin(Message.Role speaker) {
    if (!role.equals(Optional.of(speaker))) {
      end();
      role = Optional.of(speaker);
    }
  }

  private void end() {
    if (role.isPresent()) {
      messages.add(
          new Message(
              role.get(), text.toString(), calls, Optional.empty(), Optional.empty(), images));
      role = Optional.empty();
      text.setLength(0);
      calls.clear();
      images.clear();
    }
  }
}
