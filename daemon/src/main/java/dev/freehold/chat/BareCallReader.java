package dev.freehold.chat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.freehold.inference.InferenceEvent;
import dev.freehold.inference.InferenceEvent.TextDelta;
import dev.freehold.inference.InferenceEvent.ToolCallDelta;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * Finds the tool call of a model that forgets its template's marks around it.
 *
 * <p>Small models write the call as a bare JSON object, or in a fence of Markdown, which
 * llama.cpp's parser takes for content. Where the whole content is nothing but one object of the
 * name of a tool that was offered and its arguments, it is that call. Text is held back only as
 * long as it can still become one.
 */
final class BareCallReader implements AnswerReader {

  /** A model that begins with more white space than this does not mean to call. */
  private static final int LEAD_CHARACTERS_MAX = 64;

  private static final ObjectMapper JSON = new ObjectMapper();

  private static final String FENCE = "```";
  private static final Set<String> LEADS = Set.of("", FENCE, FENCE + "json");

  private final AnswerReader inner;
  private final CallScanner scanner;
  private final StringBuilder held = new StringBuilder();
  private final StringBuilder lead = new StringBuilder();
  private final StringBuilder tail = new StringBuilder();
  private boolean began;
  private boolean holding = true;
  private boolean called;

  /**
   * Reads what another reader makes of the answer.
   *
   * @param offered the names of the tools
   */
  BareCallReader(AnswerReader inner, Set<String> offered) {
    this.inner = inner;
    this.scanner = new CallScanner(offered::contains);
  }

  @Override
  public List<InferenceEvent> read(byte[] utf8, int length) {
    return passed(inner.read(utf8, length));
  }

  @Override
  public List<InferenceEvent> finish() {
    List<InferenceEvent> events = passed(inner.finish());
    if (holding && scanner.isComplete() && isClosed() && isObject(arguments())) {
      called = true;
      events.add(
          new ToolCallDelta(
              0, Optional.of("call_" + UUID.randomUUID()), scanner.name(), arguments()));
    } else {
      letGo(events);
    }
    return events;
  }

  @Override
  public boolean hasCalledTools() {
    return called || inner.hasCalledTools();
  }

  private List<InferenceEvent> passed(List<InferenceEvent> found) {
    List<InferenceEvent> events = new ArrayList<>();
    for (InferenceEvent event : found) {
      if (event instanceof TextDelta delta && holding) {
        hold(delta.text());
        if (!mayBecomeACall()) {
          letGo(events);
        }
      } else {
        if (event instanceof ToolCallDelta) {
          letGo(events);
        }
        events.add(event);
      }
    }
    return events;
  }

  private void letGo(List<InferenceEvent> events) {
    holding = false;
    if (!held.isEmpty()) {
      events.add(new TextDelta(held.toString()));
      held.setLength(0);
    }
  }

  private void hold(String text) {
    held.append(text);
    int from = 0;
    if (!began) {
      int brace = text.indexOf('{');
      from = brace < 0 ? text.length() : brace;
      lead.append(text, 0, from);
      began = brace >= 0;
    }
    byte[] utf8 = text.substring(from).getBytes(StandardCharsets.UTF_8);
    for (int i = 0; i < utf8.length; i++) {
      if (scanner.isComplete()) {
        tail.append(new String(utf8, i, utf8.length - i, StandardCharsets.UTF_8));
        return;
      }
      scanner.feed(utf8[i]);
    }
  }

  private boolean mayBecomeACall() {
    String before = lead.toString().strip();
    boolean leads =
        lead.length() <= LEAD_CHARACTERS_MAX
            && (began
                ? LEADS.contains(before)
                : LEADS.stream().anyMatch(known -> known.startsWith(before)));
    return leads && !scanner.isBroken() && end().startsWith(tail.toString().strip());
  }

  private boolean isClosed() {
    return tail.toString().strip().equals(end());
  }

  /** The scanner follows pieces, and its parser overlooks a value that is missing. */
  private static boolean isObject(String arguments) {
    try {
      return JSON.readTree(arguments).isObject();
    } catch (JsonProcessingException e) {
      return false;
    }
  }

  private String end() {
    return lead.toString().isBlank() ? "" : FENCE;
  }

  private String arguments() {
    byte[] utf8 = held.substring(lead.length()).getBytes(StandardCharsets.UTF_8);
    int from = scanner.argumentsFrom();
    return new String(utf8, from, scanner.argumentsTo() - from, StandardCharsets.UTF_8);
  }
}
