package dev.freehold.routing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.freehold.bundle.policy.Feature;
import dev.freehold.bundle.policy.Label;
import dev.freehold.bundle.policy.Policy;
import dev.freehold.bundle.policy.PolicyException;
import dev.freehold.bundle.policy.RouteDecision.Reason;
import dev.freehold.inference.InferenceEvent;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceException.Kind;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.Message;
import dev.freehold.inference.OutputFormat;
import dev.freehold.inference.Prompt;
import dev.freehold.inference.Sampling;
import dev.freehold.inference.Tool;
import dev.freehold.inference.ToolChoice;
import dev.freehold.provider.FakeLocalModels;
import dev.freehold.provider.FakeProvider;
import dev.freehold.provider.Provider;
import dev.freehold.provider.Timing;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class RouterTest {

  private static final AtomicLong ENTRIES = new AtomicLong();

  private static final String POLICY =
      """
      site: test
      models:
        assistant: {catalogue: smollm2-135m, context: 4096}
      providers:
        local:  {kind: engine}
        hub:    {kind: openai, trust: site, url: "https://hub.example/v1"}
        helvet: {kind: openai, trust: sovereign, region: CH, credential: k, url: "https://ch.example/v1"}
        claude: {kind: openai, trust: cloud, region: US, credential: k, url: "https://us.example/v1"}
      locality:
        restricted:   [local]
        confidential: [local, site]
        internal:     [local, site, sovereign]
        public:       [local, site, sovereign, cloud]
      clients:
        secret:   {}
        legal:    {label: confidential}
        everyone: {label: internal}
        website:  {label: public}
      routes:
        - {name: night,  when: "time.hour == 3", use: [local]}
        - {name: broken, when: "1 / (request.promptTokens - 5) > 100", use: [claude]}
        - {name: long,   when: "request.promptTokens > 20 || needs.reasoning", use: [claude, helvet, local]}
        - {name: busy,   when: "engine.queueSeconds > 2.0 && label != 'restricted'", use: [hub, helvet, local]}
        - {name: far,    when: "client == 'far'", use: [claude]}
        - {name: usual,  use: [local, hub, helvet]}
      """;

  private static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");

  private final FakeLocalModels models = new FakeLocalModels();
  private final FakeProvider local = new FakeProvider("local").answers("local");
  private final FakeProvider hub = new FakeProvider("hub").answers("hub");
  private final FakeProvider helvet = new FakeProvider("helvet").answers("helvet");
  private final FakeProvider claude = new FakeProvider("claude").answers("claude");
  private Router router;

  @BeforeEach
  void start() throws PolicyException {
    router = router(NOON, Duration.ofMinutes(1), Instant.MAX);
  }

  private Router router(Instant now, Duration timeout, Instant expiry) throws PolicyException {
    Router made =
        new Router(
            models,
            TestOversight.create(),
            Clock.fixed(now, ZoneOffset.UTC),
            Timing.SYSTEM,
            timeout);
    Map<String, Provider> providers =
        Map.of("local", local, "hub", hub, "helvet", helvet, "claude", claude);
    made.apply(RoutingTable.compile(Policy.parse(POLICY), PolicyVersion.NONE, providers, expiry));
    return made;
  }

  private static Inquiry inquiry(String text, String label, String... groups) {
    return new Inquiry(
        new Caller("alice", List.of(groups)),
        request(text),
        Optional.ofNullable(label).map(Label::of),
        false);
  }

  private static InferenceRequest request(String text) {
    return new InferenceRequest(
        "r-1",
        "assistant",
        new Prompt.Chat(
            List.of(Message.of(Message.Role.USER, text)), List.of(), new ToolChoice.Auto(), true),
        Sampling.defaults(),
        new OutputFormat.Text(),
        OptionalInt.empty());
  }

  private Decision decide(Inquiry inquiry) throws InferenceException {
    try (RoutedRequest routed = router.decide(inquiry)) {
      return routed.decision();
    }
  }

  private static List<String> names(Decision decision) {
    return decision.candidates().stream().map(Candidate::name).toList();
  }

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

  @ParameterizedTest
  @EnumSource(
      value = Kind.class,
      names = {
        "OVERLOADED",
        "UNAVAILABLE",
        "PROVIDER_REFUSED",
        "PROVIDER_FAILED",
        "TIMED_OUT",
        "CONTEXT_TOO_LONG",
        "INTERNAL"
      })
  void failureBeforeOutputFallsBack(Kind kind) throws Exception {
    local.fails(kind);
    try (RoutedRequest routed = router.decide(inquiry("hi", null, "website"));
        RoutedStream stream = admitted(routed).open()) {
      assertEquals(new InferenceEvent.TextDelta("hub"), stream.next());
      assertEquals("hub", stream.candidate().orElseThrow().name());
      assertEquals("local", stream.failures().getFirst().provider());
      assertInstanceOf(InferenceEvent.Finished.class, stream.next());
    }
    assertEquals("r-1", local.awaitClosed());
  }

  @Test
  void requestThatTheEngineFindsWrongIsNotTriedElsewhere() throws Exception {
    local.fails(Kind.INVALID_REQUEST);
    try (RoutedRequest routed = router.decide(inquiry("hi", null, "website"));
        RoutedStream stream = admitted(routed).open()) {
      assertEquals(
          Kind.INVALID_REQUEST, assertThrows(InferenceException.class, stream::next).kind());
    }
    assertTrue(hub.attempts().isEmpty());
  }

  @Test
  void requestThatAForeignProviderDoesNotAcceptIsTriedElsewhere() throws Exception {
    models.queueSeconds(5);
    hub.fails(Kind.INVALID_REQUEST);
    try (RoutedRequest routed = router.decide(inquiry("hi", null, "website"));
        RoutedStream stream = admitted(routed).open()) {
      assertEquals(new InferenceEvent.TextDelta("helvet"), stream.next());
    }
  }

  @Test
  void fallbackStaysInsideLocality() throws Exception {
    local.fails(Kind.PROVIDER_FAILED);
    hub.fails(Kind.PROVIDER_FAILED);
    try (RoutedRequest routed = router.decide(inquiry("hi", null, "legal"));
        RoutedStream stream = admitted(routed).open()) {
      assertThrows(InferenceException.class, stream::next);
    }
    assertTrue(helvet.attempts().isEmpty());
    assertTrue(claude.attempts().isEmpty());
  }

  @Test
  void failureAfterOutputIsPassedOn() throws Exception {
    local.plays(List.of(FakeProvider.say("x"), FakeProvider.breaks(Kind.PROVIDER_FAILED)));
    try (RoutedRequest routed = router.decide(inquiry("hi", null, "website"));
        RoutedStream stream = admitted(routed).open()) {
      stream.next();
      assertEquals(
          Kind.PROVIDER_FAILED, assertThrows(InferenceException.class, stream::next).kind());
    }
    assertTrue(hub.attempts().isEmpty());
  }

  @Test
  void whenAllFailTheMostTellingFailureIsReported() throws Exception {
    local.fails(Kind.OVERLOADED);
    hub.fails(Kind.PROVIDER_FAILED);
    helvet.fails(Kind.PROVIDER_REFUSED);
    try (RoutedRequest routed = router.decide(inquiry("hi", null, "website"));
        RoutedStream stream = admitted(routed).open()) {
      assertEquals(Kind.OVERLOADED, assertThrows(InferenceException.class, stream::next).kind());
      assertEquals(3, stream.failures().size());
    }
  }

  @Test
  void oneDeadlineHoldsForTheWholeChain() throws Exception {
    router = router(NOON, Duration.ofMillis(150), Instant.MAX);
    CountDownLatch never = new CountDownLatch(1);
    local.plays(List.of(new FakeProvider.Step.Await(never)));
    try (RoutedRequest routed = router.decide(inquiry("hi", null, "website"));
        RoutedStream stream = admitted(routed).open()) {
      assertEquals(Kind.TIMED_OUT, assertThrows(InferenceException.class, stream::next).kind());
    }
    assertTrue(hub.attempts().isEmpty(), "no time is left for another attempt");
  }

  @Test
  void closingFromAnotherThreadEndsTheAttemptAndTriesNoOther() throws Exception {
    CountDownLatch never = new CountDownLatch(1);
    local.plays(List.of(new FakeProvider.Step.Await(never)));
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
        RoutedRequest routed = router.decide(inquiry("hi", null, "website"));
        RoutedStream stream = admitted(routed).open()) {
      Future<InferenceEvent> first = executor.submit(stream::next);
      while (local.attempts().isEmpty()) {
        Thread.onSpinWait();
      }
      executor.submit(stream::close).get();
      ExecutionException e = assertThrows(ExecutionException.class, first::get);
      assertEquals(Kind.CANCELLED, ((InferenceException) e.getCause()).kind());
    }
    assertTrue(hub.attempts().isEmpty());
  }

  @Test
  void requestThatWasDecidedKeepsItsDecisionWhenThePolicyChanges() throws Exception {
    try (RoutedRequest routed = router.decide(inquiry("hi", null, "website"));
        RoutedStream stream = admitted(routed).open()) {
      router.apply(RoutingTable.empty());
      assertEquals(new InferenceEvent.TextDelta("local"), stream.next());
    }
  }

  @Test
  void preparedPromptIsClosedWithTheRequest() throws Exception {
    try (RoutedRequest routed = router.decide(inquiry("hi", null, "website"))) {
      assertEquals(1, models.openPrompts());
      assertTrue(routed.decision().promptTokensExact());
    }
    assertEquals(0, models.openPrompts());
  }

  @Test
  void preparedPromptIsKeptWhileThisBoxAnswersAndNoLonger() throws Exception {
    try (RoutedRequest routed = router.decide(inquiry("hi", null, "website"));
        RoutedStream stream = admitted(routed).open()) {
      stream.next();
      assertEquals(1, models.openPrompts());
    }
    assertEquals(0, models.openPrompts());

    local.fails(Kind.OVERLOADED);
    try (RoutedRequest routed = router.decide(inquiry("hi", null, "website"));
        RoutedStream stream = admitted(routed).open()) {
      stream.next();
      assertEquals(0, models.openPrompts());
      Candidate hubAnswers = stream.candidate().orElseThrow();
      try (RoutedStream another = routed.openAnother(1, hubAnswers)) {
        assertEquals(new InferenceEvent.TextDelta("hub"), another.next());
      }
    }
    assertEquals(0, models.openPrompts());
  }

  /** As the API does it before it asks. */
  private static RoutedRequest admitted(RoutedRequest routed) throws InferenceException {
    routed.admit("entry-" + ENTRIES.incrementAndGet(), Instant.now(), 1);
    return routed;
  }
}
