package dev.freehold.chat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.freehold.inference.InferenceEvent;
import dev.freehold.inference.InferenceEvent.ReasoningDelta;
import dev.freehold.inference.InferenceEvent.TextDelta;
import dev.freehold.inference.InferenceEvent.ToolCallDelta;
import dev.freehold.llama.ChatPrompt;
import dev.freehold.llama.LlamaException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * An answer in which llama.cpp's parser finds content, reasoning and tool calls. The parser always
 * sees the whole text so far; what its message has gained since the last time becomes events.
 */
final class ParsedAnswerReader implements AnswerReader {

  private static final ObjectMapper JSON = new ObjectMapper();

  /** A tool call as far as it has been told to the client. */
  private static final class ToldCall {
    final String id;
    String arguments = "";

    ToldCall(String id) {
      this.id = id;
    }
  }

  private final ChatPrompt prompt;
  private byte[] text = new byte[1024];
  private int length;
  private String toldContent = "";
  private String toldReasoning = "";
  private final List<ToldCall> toldCalls = new ArrayList<>();

  ParsedAnswerReader(ChatPrompt prompt) {
    this.prompt = prompt;
  }

  @Override
  public List<InferenceEvent> read(byte[] utf8, int count) {
    if (length + count > text.length) {
      text = Arrays.copyOf(text, Math.max(text.length * 2, length + count));
    }
    System.arraycopy(utf8, 0, text, length, count);
    length += count;
    return parse(true);
  }

  @Override
  public List<InferenceEvent> finish() {
    return parse(false);
  }

  @Override
  public boolean hasCalledTools() {
    return !toldCalls.isEmpty();
  }

  private List<InferenceEvent> parse(boolean partial) {
    JsonNode message;
    try {
      message = JSON.readTree(prompt.parse(text, length, partial));
    } catch (LlamaException e) {
      return partial ? List.of() : unparsed();
    } catch (IOException e) {
      throw new UncheckedIOException("llama.cpp's parser did not return JSON", e);
    }
    List<InferenceEvent> events = new ArrayList<>();
    toldReasoning = tell(message.path("reasoning_content"), toldReasoning, true, events);
    toldContent = tell(message.path("content"), toldContent, false, events);
    int index = 0;
    for (JsonNode call : message.path("tool_calls")) {
      tellCall(index++, call, events);
    }
    return events;
  }

  /**
   * The model broke its own format. Nothing may be lost: what was not told yet goes out as text,
   * unless some of it has been told already in another form.
   */
  private List<InferenceEvent> unparsed() {
    String whole = new String(text, 0, length, StandardCharsets.UTF_8);
    boolean nothingTold = toldContent.isEmpty() && toldReasoning.isEmpty() && toldCalls.isEmpty();
    return nothingTold && !whole.isEmpty() ? List.of(new TextDelta(whole)) : List.of();
  }

  private static String tell(
      JsonNode node, String told, boolean reasoning, List<InferenceEvent> events) {
    String now = node.asText("");
    if (now.length() <= told.length() || !now.startsWith(told)) {
      return told;
    }
    String delta = now.substring(told.length());
    events.add(reasoning ? new ReasoningDelta(delta) : new TextDelta(delta));
    return now;
  }

  private void tellCall(int index, JsonNode call, List<InferenceEvent> events) {
    JsonNode function = call.path("function");
    String arguments = function.path("arguments").asText("");
    if (index == toldCalls.size()) {
      String name = function.path("name").asText("");
      if (name.isEmpty()) {
        return;
      }
      String id = call.path("id").asText("");
      ToldCall told = new ToldCall(id.isEmpty() ? "call_" + UUID.randomUUID() : id);
      told.arguments = arguments;
      toldCalls.add(told);
      events.add(new ToolCallDelta(index, Optional.of(told.id), Optional.of(name), arguments));
      return;
    }
    if (index < toldCalls.size()) {
      ToldCall told = toldCalls.get(index);
      if (arguments.length() > told.arguments.length() && arguments.startsWith(told.arguments)) {
        String delta = arguments.substring(told.arguments.length());
        told.arguments = arguments;
        events.add(new ToolCallDelta(index, Optional.empty(), Optional.empty(), delta));
      }
    }
  }
}
