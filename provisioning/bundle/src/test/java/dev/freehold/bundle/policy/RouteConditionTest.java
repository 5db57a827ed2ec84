package dev.freehold.bundle.policy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import java.time.LocalDateTime;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class RouteConditionTest {

  private static final RouteFacts FACTS =
      new RouteFacts(
          "alice",
          List.of("legal", "everyone"),
          Label.CONFIDENTIAL,
          "assistant",
          6001,
          512,
          Set.of(Feature.TOOLS, Feature.JSON_SCHEMA),
          Set.of(PersonalData.IBAN),
          2.5,
          Map.of("helvet", new BigDecimal("1.2")),
          Map.of("helvet", 0.75),
          LocalDateTime.of(2026, 7, 1, 14, 5));

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
    assertTrue(holds("request.completionTokensMax == 512 && needs.jsonSchema"));
    assertFalse(holds("needs.embeddings || needs.rerank"));
    assertTrue(holds("time.weekday == 3"));
    assertTrue(holds("'iban' in detected && !('email' in detected)"));
    assertTrue(holds("price.helvet > 1 && price['helvet'] < 1.5"));
    assertTrue(holds("latency.helvet < 1.0"));
  }

  @Test
  void promptsShorterThanAnyComparedLengthAreAlike() {
    RouteCondition two =
        RouteCondition.compile("request.promptTokens > 6000 || 500 <= request.promptTokens");
    assertFalse(two.dependsOnPrompt(499));
    assertTrue(two.dependsOnPrompt(500));
    assertFalse(RouteCondition.compile("needs.tools").dependsOnPrompt(Long.MAX_VALUE - 1));
    for (String more :
        List.of(
            "request.promptTokens > request.completionTokensMax",
            "request.promptTokens > 6000 && request.promptTokens % 2 == 0",
            "[1, 2].exists(n, request.promptTokens == n)",
            "request.promptTokens > 0.5",
            "request.promptTokens == request.promptTokens",
            "request.promptTokens in [1, 2]")) {
      assertTrue(RouteCondition.compile(more).dependsOnPrompt(1), more);
    }
  }

  @Test
  void providerWithoutPriceOrLatencyIsAbsent() {
    assertFalse(holds("price.claude > 0.0"));
    assertFalse(holds("price.claude <= 0.0"));
    assertTrue(holds("!('claude' in price) && !has(latency.claude)"));
    assertTrue(holds("!has(latency.claude) || latency.claude < latency.helvet"));
  }

  @Test
  void unknownFactIsGivenTheOneThatWasMeant() {
    assertEquals(
        "there is no fact \"request.promtTokens\"; did you mean \"request.promptTokens\"?",
        refused("request.promtTokens > 5").getMessage());
    assertTrue(refused("nothing_like_it").getMessage().contains("known are client, groups, label"));
  }

  @Test
  void textThatNothingHasIsRefusedAtItsPlace() {
    Set<String> models = Set.of("assistant");
    Set<String> providers = Set.of("helvet", "local");
    for (String[] wrong :
        new String[][] {
          {"label == 'restrictd'", "10", "there is no label \"restrictd\"; did you mean"},
          {"'restrictd' != label", "1", "did you mean \"restricted\""},
          {"label in ['public', 'intern']", "21", "did you mean \"internal\""},
          {"model == 'asistant'", "10", "did you mean \"assistant\""},
          {"true && price.helvte < 1.0", "9", "there is no provider \"helvte\"; did you mean"},
          {"latency['helvte'] < 1.0", "9", "did you mean \"helvet\""},
          {"!has(latency.helvte)", "6", "did you mean \"helvet\""},
          {"'ibam' in detected", "1", "there is no kind of personal data \"ibam\"; did you mean"},
        }) {
      RouteCondition.InvalidCondition refused =
          assertThrows(
              RouteCondition.InvalidCondition.class,
              () -> RouteCondition.compile(wrong[0], models, providers));
      assertTrue(refused.getMessage().contains(wrong[2]), refused.getMessage());
      assertEquals(Integer.parseInt(wrong[1]), refused.column(), wrong[0]);
    }
    assertTrue(
        RouteCondition.compile("label == 'confidential' && price.helvet > 1", models, providers)
            .matches(FACTS));
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

  private static RouteCondition.InvalidCondition refused(String cel) {
    return assertThrows(RouteCondition.InvalidCondition.class, () -> RouteCondition.compile(cel));
  }

  private static boolean holds(String cel) {
    return RouteCondition.compile(cel).matches(FACTS);
  }
}
