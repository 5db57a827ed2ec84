package dev.freehold.chat;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.freehold.inference.InferenceEvent;
import dev.freehold.inference.InferenceEvent.TextDelta;
import dev.freehold.inference.InferenceEvent.ToolCallDelta;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Calls that stand bare in an answer's text, or alone in a plain call's, cut at every place. */
class BareCallReaderTest {

  private static final String CALL =
      "{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Zürich }\\\"\", \"n\": [1, {}]}}";
  private static final String ARGUMENTS = "{\"city\": \"Zürich }\\\"\", \"n\": [1, {}]}";

  private record Answer(String text, String name, String arguments, boolean called) {}

  private static AnswerReader bare() {
    return new BareCallReader(new PlainAnswerReader(), Set.of("get_weather", "get_time"));
  }

  private static Answer read(AnswerReader reader, List<String> pieces) {
    List<InferenceEvent> events = new ArrayList<>();
    for (String piece : pieces) {
      byte[] utf8 = piece.getBytes(UTF_8);
      events.addAll(reader.read(utf8, utf8.length));
    }
    events.addAll(reader.finish());
    StringBuilder text = new StringBuilder();
    StringBuilder name = new StringBuilder();
    StringBuilder arguments = new StringBuilder();
    for (InferenceEvent event : events) {
      if (event instanceof TextDelta delta) {
        text.append(delta.text());
      } else if (event instanceof ToolCallDelta delta) {
        name.append(delta.name().orElse(""));
        arguments.append(delta.arguments());
      }
    }
    return new Answer(
        text.toString(), name.toString(), arguments.toString(), reader.hasCalledTools());
  }

  private static List<String> characters(String text) {
    return text.codePoints().mapToObj(Character::toString).toList();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        CALL,
        "\n " + CALL + "\n\n",
        "```json\n" + CALL + "\n```",
        "```\n" + CALL + "```\n",
        "{\"arguments\": " + ARGUMENTS + ", \"name\":\"get_weather\"}",
      })
  void contentThatIsNothingButACallIsOneHoweverItIsCut(String text) {
    Answer expected = new Answer("", "get_weather", ARGUMENTS, true);
    assertEquals(expected, read(bare(), List.of(text)));
    assertEquals(expected, read(bare(), characters(text)));
    for (int i = 1; i < text.length(); i++) {
      List<String> halves = List.of(text.substring(0, i), text.substring(i));
      assertEquals(expected, read(bare(), halves), () -> "" + halves);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Hello",
        "{\"name\": \"other\", \"arguments\": {}}",
        "{\"name\": \"get_weather\"}",
        "{\"name\": \"get_weather\", \"arguments\": []}",
        "{\"name\": \"get_weather\", \"arguments\": {}, \"why\": 1}",
        "{\"name\": \"get_weather\", \"name\": \"get_time\", \"arguments\": {}}",
        "{'name': 'get_weather', 'arguments': {}}",
        "{\"name\": \"get_weather\", \"arguments\": {\"a\": }}",
        "I call {\"name\": \"get_weather\", \"arguments\": {}}",
        "{\"name\": \"get_weather\", \"arguments\": {}} done",
        "{\"name\": \"get_weather\", \"arguments\": {}}\n"
            + "{\"name\": \"get_time\", \"arguments\": {}}",
        "{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Zür",
        "```json\n{\"name\": \"get_weather\", \"arguments\": {}}",
        "```python\nprint()\n```",
        "[{\"name\": \"get_weather\", \"arguments\": {}}]",
        "",
      })
  void contentThatIsMoreOrLessThanACallStaysText(String text) {
    Answer expected = new Answer(text, "", "", false);
    assertEquals(expected, read(bare(), List.of(text)));
    assertEquals(expected, read(bare(), characters(text)));
  }

  @Test
  void textIsHeldBackOnlyAsLongAsItCanBecomeACall() {
    AnswerReader reader = bare();
    assertTrue(reader.read("{\"na".getBytes(UTF_8), 4).isEmpty());
    assertTrue(reader.read("tion".getBytes(UTF_8), 4).isEmpty());
    assertEquals(List.of(new TextDelta("{\"nation\"")), reader.read("\"".getBytes(UTF_8), 1));
    assertEquals(List.of(new TextDelta(":")), reader.read(":".getBytes(UTF_8), 1));
    assertFalse(bare().read("Hello".getBytes(UTF_8), 5).isEmpty());
  }

  @Test
  void plainCallIsToldAsItComesAndOneCutShortIsNotLost() {
    Answer whole = new Answer("", "get_weather", ARGUMENTS, true);
    assertEquals(whole, read(new PlainCallReader(), List.of(CALL)));
    assertEquals(whole, read(new PlainCallReader(), characters(CALL)));
    for (int i = 0; i < CALL.length(); i++) {
      String cut = CALL.substring(0, i);
      Answer answer = read(new PlainCallReader(), characters(cut));
      assertEquals(answer, read(new PlainCallReader(), List.of(cut)));
      boolean told = cut.indexOf('{', 1) >= 0;
      assertEquals(told ? "" : cut, answer.text());
      assertEquals(told ? cut.substring(cut.indexOf('{', 1)) : "", answer.arguments());
      assertFalse(answer.called());
    }
  }

  @Test
  void argumentsOfAPlainCallComeBeforeItsEnd() {
    PlainCallReader reader = new PlainCallReader();
    byte[] half = CALL.substring(0, 55).getBytes(UTF_8);
    List<InferenceEvent> events = reader.read(half, half.length);
    assertEquals(2, events.size());
    assertEquals("get_weather", ((ToolCallDelta) events.getFirst()).name().orElseThrow());
  }
}
