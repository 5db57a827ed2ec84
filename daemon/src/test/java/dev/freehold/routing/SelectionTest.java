package dev.freehold.routing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.freehold.bundle.policy.Label;
import dev.freehold.bundle.policy.Policy;
import dev.freehold.bundle.policy.PolicyException;
import dev.freehold.bundle.policy.RouteDecision;
import dev.freehold.bundle.policy.RouteDecision.Reason;
import dev.freehold.bundle.policy.RouteTable;
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
import dev.freehold.provider.FakeTiming;
import dev.freehold.provider.Provider;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Who of a route is asked, and who first. */
class SelectionTest {

  private static final AtomicLong ENTRIES = new AtomicLong();

  private static final String POLICY =
      """
      site: test
      currency: CHF
      models:
        assistant: {catalogue: smollm2-135m, context: 4096}
      providers:
        local: {kind: engine}
        plain: {kind: openai, trust: site, url: "https://a.example/v1", cannot: [tools, jsonSchema], price: {in: 5, out: 5}}
        short: {kind: openai, trust: site, url: "https://b.example/v1", context: 100, price: {in: 1, out: 9}}
        full:  {kind: openai, trust: site, url: "https://c.example/v1",
                price: [{from: 2026-01-01, in: 4, out: 4}, {from: 2026-02-01, in: 2, out: 6}]}
      locality: {restricted: [local], confidential: [local, site], internal: [local, site], public: [local, site]}
      clients:
        written:  {label: internal}
        cheapest: {label: internal}
        fastest:  {label: internal}
        weighted: {label: internal}
        sticky:   {label: internal}
        local:    {label: internal}
        lengthy:  {label: internal}
      routes:
        - {name: cheapest, when: "'cheapest' in groups", use: [plain, short, full], order: cheapest}
        - {name: fastest, when: "'fastest' in groups", use: [plain, short, full], order: fastest}
        - {name: weighted, when: "'weighted' in groups", use: [plain, short, full], order: weighted,
           weights: {plain: 1, full: 3}}
        - {name: sticky, when: "'sticky' in groups", use: [plain, short, full], order: weighted,
           weights: {plain: 1, short: 1, full: 1}, sticky: true}
        - {name: local, when: "'local' in groups", use: [local, full]}
        - {name: lengthy, when: "'lengthy' in groups && request.promptTokens > 6000", use: [full]}
        - {name: brief, when: "'lengthy' in groups", use: [full, local]}
        - {name: written, use: [plain, short, full]}
      """;

  private static final Instant MARCH = Instant.parse("2026-03-01T12:00:00Z");

  private final FakeLocalModels models = new FakeLocalModels();
  private final FakeTiming timing = new FakeTiming();
  private final FakeProvider plain = new FakeProvider("plain").answers("plain");
  private final FakeProvider brief = new FakeProvider("short").answers("short");
  private final FakeProvider full = new FakeProvider("full").answers("full");
  private final Router router = router(MARCH);

  private Router router(Instant now) {
    try {
      Router made =
          new Router(
              models,
              TestOversight.create(),
              Clock.fixed(now, ZoneOffset.UTC),
              timing,
              Duration.ofMinutes(1));
      Map<String, Provider> providers =
          Map.of(
              "local",
              new FakeProvider("local").answers("local"),
              "plain",
              plain,
              "short",
              brief,
              "full",
              full);
      made.apply(
          RoutingTable.compile(Policy.parse(POLICY), PolicyVersion.NONE, providers, Instant.MAX));
      return made;
    } catch (PolicyException e) {
      throw new AssertionError(e.problems().toString(), e);
    }
  }

  private static InferenceRequest request(String text, boolean tools, OptionalInt most) {
    return new InferenceRequest(
        "r-1",
        "assistant",
        new Prompt.Chat(
            List.of(Message.of(Message.Role.USER, text)),
            tools ? List.of(new Tool("f", "", "{}")) : List.of(),
            new ToolChoice.Auto(),
            true),
        Sampling.defaults(),
        new OutputFormat.Text(),
        most);
  }

  private static Inquiry inquiry(String group, InferenceRequest request) {
    return new Inquiry(new Caller("alice", List.of(group)), request, Optional.empty(), false);
  }

  private static List<String> names(Router router, Inquiry inquiry) throws InferenceException {
    try (RoutedRequest routed = router.decide(inquiry)) {
      return routed.decision().candidates().stream().map(Candidate::name).toList();
    }
  }

  private List<String> names(String group, int completionTokens) throws InferenceException {
    return names(router, inquiry(group, request("a b", false, OptionalInt.of(completionTokens))));
  }

  @Test
  void whatAProviderLacksIsKnownBeforeItIsChosen() throws InferenceException {
    Inquiry tools = inquiry("written", request("hi", true, OptionalInt.empty()));
    assertEquals(List.of("short", "full"), names(router, tools));
    try (RoutedRequest routed = router.decide(tools)) {
      Decision.Rejection rejection = routed.decision().rejections().getFirst();
      assertEquals("plain", rejection.provider());
      assertEquals(Reason.FEATURE, rejection.reason());
      assertEquals("it cannot do tools", rejection.explanation());
    }
    Inquiry longer = inquiry("written", request("hi", true, OptionalInt.of(100)));
    assertEquals(List.of("full"), names(router, longer));
  }

  @Test
  void boxAndDryRunDecideAlike() throws Exception {
    RouteTable dryRun = RouteTable.of(Policy.parse(POLICY));
    InferenceRequest tools = request("hi", true, OptionalInt.empty());
    InferenceRequest lengthy = request("hi ".repeat(2_000), false, OptionalInt.of(10));
    for (String group : List.of("written", "local", "lengthy")) {
      for (InferenceRequest request : List.of(tools, lengthy)) {
        for (Label label : Label.values()) {
          try (RoutedRequest routed =
              router.decide(
                  new Inquiry(
                      new Caller("alice", List.of(group)), request, Optional.of(label), false))) {
            Decision decided = routed.decision();
            RouteDecision tried = dryRun.decide(decided.facts());
            assertEquals(tried.route(), decided.route());
            assertEquals(
                tried.allowed(), decided.candidates().stream().map(Candidate::spec).toList());
            assertEquals(
                tried.rejected().stream().map(Decision.Rejection::new).toList(),
                decided.rejections());
          }
        }
      }
    }
  }

  @Test
  void requestThatNobodyCanAnswerIsToldWhy() throws Exception {
    full.fails(Kind.PROVIDER_FAILED);
    Router other = router(MARCH);
    String only = POLICY.replace("use: [plain, short, full]}", "use: [plain]}");
    other.apply(
        RoutingTable.compile(
            Policy.parse(only),
            PolicyVersion.NONE,
            Map.of(
                "local", new FakeProvider("local"), "plain", plain, "short", brief, "full", full),
            Instant.MAX));
    try (RoutedRequest routed =
        other.decide(inquiry("written", request("hi", true, OptionalInt.empty())))) {
      InferenceException e = assertThrows(InferenceException.class, () -> admitted(routed).open());
      assertEquals(Kind.UNSUPPORTED, e.kind());
      assertTrue(e.getMessage().contains("plain") && e.getMessage().contains("tools"));
    }
  }

  @Test
  void promptIsCountedOnlyWhereItsLengthDecidesOrThisBoxAnswers() throws InferenceException {
    assertFalse(isCounted("written", request("hi", false, OptionalInt.of(10))));
    assertTrue(isCounted("written", request("hi", false, OptionalInt.of(99))), "near a context");
    assertTrue(isCounted("cheapest", request("hi", false, OptionalInt.of(10))));
    assertTrue(isCounted("local", request("hi", false, OptionalInt.of(10))));
    assertFalse(isCounted("lengthy", request("hi", false, OptionalInt.of(10))));
    assertTrue(isCounted("lengthy", request("hi ".repeat(2_000), false, OptionalInt.of(10))));
    assertTrue(
        isCounted("lengthy", request("hi", true, OptionalInt.of(10))), "tools have no bound");
  }

  private boolean isCounted(String group, InferenceRequest request) throws InferenceException {
    try (RoutedRequest routed = router.decide(inquiry(group, request))) {
      boolean exact = routed.decision().promptTokensExact();
      assertEquals(exact ? 1 : 0, models.openPrompts());
      return exact;
    }
  }

  @Test
  void cheapestDependsOnHowLongTheAnswerMayBe() throws InferenceException {
    InferenceRequest summary = request("a ".repeat(20).strip(), false, OptionalInt.of(1));
    assertEquals("short", names(router, inquiry("cheapest", summary)).getFirst());
    assertEquals("plain", names("cheapest", 90).getFirst());
  }

  @Test
  void priceOfTheDayCounts() throws InferenceException {
    Router january = router(Instant.parse("2026-01-15T00:00:00Z"));
    Inquiry asked = inquiry("cheapest", request("a b", false, OptionalInt.of(90)));
    assertEquals("full", names(january, asked).getFirst());
    assertEquals("plain", names(router, asked).getFirst());
  }

  @Test
  void fastestIsWhoWasMeasuredFasterAndTheUnmeasuredAreTriedFirst() throws Exception {
    measure(plain, "plain", Duration.ofMillis(500));
    assertEquals(List.of("short", "full", "plain"), names("fastest", 10));
    measure(brief, "short", Duration.ofMillis(900));
    assertEquals(List.of("full", "plain", "short"), names("fastest", 10));
    measure(full, "full", Duration.ofMillis(700));
    assertEquals(List.of("plain", "full", "short"), names("fastest", 10));

    timing.advance(Duration.ofHours(1));
    assertEquals(List.of("plain", "short", "full"), names("fastest", 10), "all of it is forgotten");
  }

  /** Lets the one who is asked first answer after a while. */
  private void measure(FakeProvider provider, String name, Duration firstToken) throws Exception {
    provider.plays(
        List.of(
            new FakeProvider.Step.Do(() -> timing.advance(firstToken)),
            FakeProvider.say(name),
            FakeProvider.finish(1)));
    try (RoutedRequest routed =
            router.decide(inquiry("fastest", request("hi", false, OptionalInt.empty())));
        RoutedStream stream = admitted(routed).open()) {
      stream.next();
      assertEquals(name, stream.candidate().orElseThrow().name());
    }
  }

  @Test
  void weightsSayHowOftenEachComesFirst() throws InferenceException {
    Map<String, Integer> first = new TreeMap<>();
    int rounds = 4_000;
    for (int i = 0; i < rounds; i++) {
      first.merge(names("weighted", 10).getFirst(), 1, Integer::sum);
    }
    // Six standard deviations of a binomial with p = 3/4.
    assertEquals(0.75, first.get("full") / (double) rounds, 0.042, first.toString());
    assertEquals(2, first.size(), "without a weight it never comes first: " + first);
  }

  @Test
  void conversationStaysWithWhoAnsweredItFirst() throws Exception {
    for (int i = 0; i < 20; i++) {
      String text = "conversation " + i;
      Inquiry begins = inquiry("sticky", request(text, false, OptionalInt.empty()));
      String answered;
      try (RoutedRequest routed = router.decide(begins);
          RoutedStream stream = admitted(routed).open()) {
        stream.next();
        answered = stream.candidate().orElseThrow().name();
      }
      Prompt.Chat longer =
          new Prompt.Chat(
              List.of(
                  Message.of(Message.Role.USER, text),
                  Message.of(Message.Role.ASSISTANT, "yes"),
                  Message.of(Message.Role.USER, "and?")),
              List.of(),
              new ToolChoice.Auto(),
              true);
      InferenceRequest goesOn =
          new InferenceRequest(
              "r-2",
              "assistant",
              longer,
              Sampling.defaults(),
              new OutputFormat.Text(),
              OptionalInt.empty());
      for (int again = 0; again < 5; again++) {
        assertEquals(answered, names(router, inquiry("sticky", goesOn)).getFirst());
      }
    }
  }

  /** As the API does it before it asks. */
  private static RoutedRequest admitted(RoutedRequest routed) throws InferenceException {
    routed.admit("entry-" + ENTRIES.incrementAndGet(), Instant.now(), 1);
    return routed;
  }
}
