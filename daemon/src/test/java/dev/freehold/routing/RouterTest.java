package dev.freehold.routing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.freehold.bundle.policy.Feature;
import dev.freehold.bundle.policy.Label;
import dev.freehold.bundle.policy.RouteDecision.Reason;
import dev.freehold.inference.InferenceEvent;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceException.Kind;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.Message;
import dev.freehold.inference.Prompt;
import dev.freehold.inference.Tool;
import dev.freehold.inference.ToolChoice;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a router decides, before anybody is asked. */
class RouterTest extends RoutedTest {

  @ParameterizedTest
  @CsvSource({
    "website, , PUBLIC",
    "website, internal, INTERNAL",
    "website, restricted, RESTRICTED",
    "legal, public, CONFIDENTIAL",
    "legal, restricted, RESTRICTED",
    "everyone, , INTERNAL",
    "secret, , RESTRICTED",
    "secret, public, RESTRICTED",
  })
  void labelIsTheHigherOfGroupAndHeader(String group, String header, Label expected)
      throws InferenceException {
    assertEquals(expected, decide(inquiry("hi", header, group)).label());
  }

  @Test
  void clientOfNoGroupIsForbidden() {
    InferenceException e =
        assertThrows(InferenceException.class, () -> decide(inquiry("hi", null, "strangers")));
    assertEquals(Kind.FORBIDDEN, e.kind());
  }

  @Test
  void boxWithoutPolicyServesNobody() {
    router.apply(RoutingTable.empty());
    InferenceException e =
        assertThrows(InferenceException.class, () -> decide(inquiry("hi", null, "website")));
    assertEquals(Kind.FORBIDDEN, e.kind());
  }

  @Test
  void unknownModelIsNotFound() {
    Inquiry asked = inquiry("hi", null, "website");
    InferenceRequest r = asked.request();
    InferenceRequest other =
        new InferenceRequest(
            r.id(), "gpt", r.prompt(), r.sampling(), r.format(), r.completionTokensMax());
    InferenceException e =
        assertThrows(
            InferenceException.class,
            () -> decide(new Inquiry(asked.caller(), other, Optional.empty(), false)));
    assertEquals(Kind.MODEL_NOT_FOUND, e.kind());
  }

  @Test
  void localityRemovesCandidatesAndSaysWhy() throws InferenceException {
    Decision decision = decide(inquiry("hi", null, "legal"));
    assertEquals(Optional.of("usual"), decision.routeName());
    assertEquals(List.of("local", "hub"), names(decision));
    Decision.Rejection rejection = decision.rejections().getFirst();
    assertEquals(1, decision.rejections().size());
    assertEquals("helvet", rejection.provider());
    assertEquals(Reason.LOCALITY, rejection.reason());
    assertEquals("locality of 'confidential' does not allow 'sovereign'", rejection.explanation());
  }

  @Test
  void firstRouteWhoseConditionHoldsApplies() throws InferenceException {
    String longText = "w ".repeat(25).strip();
    assertEquals(
        List.of("claude", "helvet", "local"), names(decide(inquiry(longText, null, "website"))));
    assertEquals(List.of("local"), names(decide(inquiry(longText, "restricted", "website"))));
    models.queueSeconds(3);
    assertEquals(Optional.of("busy"), decide(inquiry("hi", null, "website")).routeName());
    assertEquals(Optional.of("usual"), decide(inquiry("hi", "restricted", "website")).routeName());
  }

  @Test
  void reasoningHourOfDayAndToolsAreFacts() throws Exception {
    Inquiry plain = inquiry("hi", null, "website");
    Decision reasoning =
        decide(new Inquiry(plain.caller(), plain.request(), Optional.empty(), true));
    assertEquals(Optional.of("long"), reasoning.routeName());
    router = router(Instant.parse("2026-03-01T03:10:00Z"), Duration.ofMinutes(1), Instant.MAX);
    assertEquals(Optional.of("night"), decide(plain).routeName());
    InferenceRequest r = plain.request();
    InferenceRequest withTools =
        new InferenceRequest(
            r.id(),
            r.model(),
            new Prompt.Chat(
                List.of(Message.of(Message.Role.USER, "x")),
                List.of(new Tool("f", "", "{}")),
                new ToolChoice.Auto(),
                true),
            r.sampling(),
            r.format(),
            r.completionTokensMax());
    assertTrue(
        decide(new Inquiry(plain.caller(), withTools, Optional.empty(), false))
            .facts()
            .needs()
            .contains(Feature.TOOLS));
  }

  @Test
  void conditionThatFailsCountsAsNoMatch() throws InferenceException {
    assertEquals(Optional.of("usual"), decide(inquiry("a b c d e", null, "website")).routeName());
  }

  @Test
  void promptTokensAreExactOrSaidToBeAnEstimate() throws InferenceException {
    Decision exact = decide(inquiry("one two three", null, "website"));
    assertTrue(exact.promptTokensExact());
    assertEquals(3, exact.facts().promptTokens());
    models.fails(Kind.UNAVAILABLE);
    Decision estimate = decide(inquiry("one two three", null, "website"));
    assertFalse(estimate.promptTokensExact());
    assertEquals(4, estimate.facts().promptTokens());
  }

  @Test
  void promptThatCannotBeRenderedIsRefused() {
    models.fails(Kind.INVALID_REQUEST);
    InferenceException e =
        assertThrows(InferenceException.class, () -> decide(inquiry("hi", null, "website")));
    assertEquals(Kind.INVALID_REQUEST, e.kind());
  }

  @Test
  void whatTheLocalModelCannotDoIsAskedOfTheNextAllowedOne() throws Exception {
    models.fails(Kind.UNSUPPORTED);
    local.fails(Kind.UNSUPPORTED);
    try (RoutedRequest routed = router.decide(inquiry("hi", null, "website"));
        RoutedStream stream = admitted(routed).open()) {
      assertEquals(new InferenceEvent.TextDelta("hub"), stream.next());
    }
    try (RoutedRequest routed = router.decide(inquiry("hi", "restricted", "website"));
        RoutedStream stream = admitted(routed).open()) {
      InferenceException e = assertThrows(InferenceException.class, stream::next);
      assertEquals(Kind.UNSUPPORTED, e.kind(), "and of nobody else");
    }
  }

  @Test
  void expiredPolicyMeansLocalOnlyAndRestricted() throws Exception {
    router = router(NOON, Duration.ofMinutes(1), NOON.minusSeconds(1));
    Decision decision = decide(inquiry("w ".repeat(40), null, "website"));
    assertEquals(Label.RESTRICTED, decision.label());
    assertEquals(List.of("local"), names(decision));
    InferenceException e =
        assertThrows(InferenceException.class, () -> decide(inquiry("hi", null, "strangers")));
    assertEquals(Kind.FORBIDDEN, e.kind());
  }

  @Test
  void routeWithoutAllowedProviderIsForbidden() throws InferenceException {
    Inquiry far =
        new Inquiry(new Caller("far", List.of("legal")), request("hi"), Optional.empty(), false);
    try (RoutedRequest routed = router.decide(far)) {
      assertEquals(Optional.of("far"), routed.decision().routeName());
      InferenceException e = assertThrows(InferenceException.class, () -> admitted(routed).open());
      assertEquals(Kind.FORBIDDEN, e.kind());
    }
  }

  private Decision decide(Inquiry inquiry) throws InferenceException {
    try (RoutedRequest routed = router.decide(inquiry)) {
      return routed.decision();
    }
  }

  private static List<String> names(Decision decision) {
    return decision.candidates().stream().map(Candidate::name).toList();
  }
}
