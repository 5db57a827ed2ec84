package dev.freehold.bundle.policy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

final class RouteConditionTest {

  private static final RouteFacts FACTS =
      new RouteFacts(
          "alice",
          List.of("legal", "everyone"),
          Label.CONFIDENTIAL,
          "assistant",
          6001,
          true,
          false,
          false,
          2.5,
          14);

  @Test
  void everyFactCanBeAsked() {
    assertTrue(holds("client == 'alice' && model == 'assistant'"));
    assertTrue(holds("'legal' in groups"));
    assertTrue(holds("groups.exists(g, g.startsWith('every'))"));
    assertTrue(holds("label == 'confidential'"));
    assertTrue(holds("request.promptTokens > 6000 && !needs.vision && needs.tools"));
    assertTrue(holds("engine.queueSeconds > 2"));
    assertTrue(holds("time.hour >= 8 && time.hour < 18"));
    assertFalse(holds("needs.reasoning"));
  }

  @Test
  void conditionThatCannotBeEvaluatedDoesNotHold() {
    assertFalse(holds("request.promptTokens / 0 == 1"));
  }

  @Test
  void unknownFactIsRefusedAtItsPlace() {
    RouteCondition.InvalidCondition refused =
        assertThrows(
            RouteCondition.InvalidCondition.class,
            () -> RouteCondition.compile("needs.tools && budget > 2"));

    assertEquals(1, refused.line());
    assertEquals(16, refused.column());
  }

  @Test
  void hostileConditionIsRefusedQuickly() {
    assertThrows(
        RouteCondition.InvalidCondition.class,
        () -> RouteCondition.compile("(".repeat(1000) + "true" + ")".repeat(1000)));
    assertThrows(
        RouteCondition.InvalidCondition.class,
        () -> RouteCondition.compile("true" + " || true".repeat(1000)));
  }

  private static boolean holds(String cel) {
    return RouteCondition.compile(cel).matches(FACTS);
  }
}
