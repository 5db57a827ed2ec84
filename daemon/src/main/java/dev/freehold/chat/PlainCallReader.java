package dev.freehold.chat;

import dev.freehold.inference.InferenceEvent;
import dev.freehold.inference.InferenceEvent.TextDelta;
import dev.freehold.inference.InferenceEvent.ToolCallDelta;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * Reads the one JSON object of a {@link PlainCall}. The name is told once the arguments begin, the
 * arguments as they come. An answer that a limit cut short before that is told as the text it is,
 * so that nothing is lost.
 */
final class PlainCallReader implements AnswerReader {

  private final CallScanner scanner = new CallScanner(_ -> true);
  private final ByteArrayOutputStream text = new ByteArrayOutputStream();
  private boolean told;
  private int argumentsTold;

  @Override
  public List<InferenceEvent> read(byte[] utf8, int length) {
    text.write(utf8, 0, length);
    for (int i = 0; i < length; i++) {
      scanner.feed(utf8[i]);
    }
    List<InferenceEvent> events = new ArrayList<>();
    if (scanner.name().isEmpty() || !scanner.hasArguments()) {
      return events;
    }
    if (!told) {
      told = true;
      argumentsTold = scanner.argumentsFrom();
      events.add(
          new ToolCallDelta(0, Optional.of("call_" + UUID.randomUUID()), scanner.name(), ""));
    }
    String more = between(argumentsTold, scanner.argumentsTo());
    if (!more.isEmpty()) {
      events.add(new ToolCallDelta(0, Optional.empty(), Optional.empty(), more));
    }
    argumentsTold = scanner.argumentsTo();
    return events;
  }

  private String between(int from, int to) {
    return from == to
        ? ""
        : new String(text.toByteArray(), from, to - from, StandardCharsets.UTF_8);
  }

  @Override
  public List<InferenceEvent> finish() {
    return told || text.size() == 0
        ? List.of()
        : List.of(new TextDelta(text.toString(StandardCharsets.UTF_8)));
  }

  @Override
  public boolean hasCalledTools() {
    return scanner.isComplete();
  }
}
