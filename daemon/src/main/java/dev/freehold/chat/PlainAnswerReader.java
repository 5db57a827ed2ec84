package dev.freehold.chat;

import dev.freehold.inference.InferenceEvent;
import dev.freehold.inference.InferenceEvent.TextDelta;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** An answer that is only text. */
final class PlainAnswerReader implements AnswerReader {

  @Override
  public List<InferenceEvent> read(byte[] utf8, int length) {
    return List.of(new TextDelta(new String(utf8, 0, length, StandardCharsets.UTF_8)));
  }

  @Override
  public List<InferenceEvent> finish() {
    return List.of();
  }

  @Override
  public boolean hasCalledTools() {
    return false;
  }
}
