package dev.freehold.chat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.freehold.inference.InferenceEvent;
import dev.freehold.inference.InferenceEvent.TextDelta;
import dev.freehold.inference.InferenceEvent.ToolCallDelta;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * Reads the one JSON object of a {@link PlainCall}. The call is told when it is complete; an answer
 * that a limit cut short is told as the text it is, so that nothing is lost.
 */
final class PlainCallReader implements AnswerReader {

  private static final ObjectMapper JSON = new ObjectMapper();

  private final StringBuilder text = new StringBuilder();
  private boolean called;

  @Override
  public List<InferenceEvent> read(byte[] utf8, int length) {
    text.append(new String(utf8, 0, length, StandardCharsets.UTF_8));
    return List.of();
  }

  @Override
  public List<InferenceEvent> finish() {
    try {
      JsonNode call = JSON.readTree(text.toString());
      if (call.path("name").isTextual() && call.path("arguments").isObject()) {
        called = true;
        return List.of(
            new ToolCallDelta(
                0,
                Optional.of("call_" + UUID.randomUUID()),
                Optional.of(call.path("name").textValue()),
                call.path("arguments").toString()));
      }
    } catch (JsonProcessingException e) {
      // Cut short: told as text below.
      called = false;
    }
    return text.isEmpty() ? List.of() : List.of(new TextDelta(text.toString()));
  }

  @Override
  public boolean hasCalledTools() {
    return called;
  }
}
