package dev.freehold.routing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.freehold.bundle.policy.Policy;
import dev.freehold.bundle.policy.RouteDecision.Reason;
import dev.freehold.inference.FinishReason;
import dev.freehold.inference.InferenceEvent;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceException.Kind;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.Message;
import dev.freehold.inference.OutputFormat;
import dev.freehold.inference.Prompt;
import dev.freehold.inference.Sampling;
import dev.freehold.inference.TokenLogprob;
import dev.freehold.inference.ToolChoice;
import dev.freehold.provider.FakeLocalModels;
import dev.freehold.provider.FakeProvider;
import dev.freehold.provider.FakeProvider.Step;
import dev.freehold.provider.FakeTiming;
import dev.freehold.provider.Provider;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How one answer is sought among the candidates: waits, breakers, hedges, cascades. */
class ChainOfAttemptsTest {

  private static final AtomicLong ENTRIES = new AtomicLong();

  private static final String POLICY =
      """
      site: test
      currency: CHF
      models:
        assistant: {catalogue: smollm2-135m, context: 4096}
      providers:
        local: {kind: engine}
        hub:   {kind: openai, trust: site, url: "https://hub.example/v1", breaker: {failures: 3, openFor: 30s}}
        east:  {kind: openai, trust: cloud, region: DE, credential: k, url: "https://east.example/v1", price: {in: 1, out: 2}}
        west:  {kind: openai, trust: cloud, region: US, credential: k, url: "https://west.example/v1", price: {in: 2, out: 3}}
      locality:
        restricted:   [local]
        confidential: [local, site]
        internal:     [local, site]
        public:       [local, site, cloud]
      clients:
        website: {label: public}
        hedged:  {label: public}
        checked: {label: public}
        legal:   {label: confidential}
        hurried: {label: public}
      routes:
        - {name: hurried, when: "'hurried' in groups", use: [hub, east], deadline: 5s}
        - {name: hedged, when: "'hedged' in groups", use: [hub, east, west], hedge: 800ms}
        - {name: checked, when: "'checked' in groups", use: [local, hub, east],
           cascade: {checks: [schema, refusal, confidence], confidence: 0.5}}
        - {name: usual, use: [hub, east, west]}
      """;

  private final FakeTiming timing = new FakeTiming();
  private final FakeLocalModels models = new FakeLocalModels();
  private final FakeProvider local = new FakeProvider("local").answers("local");
  private final FakeProvider hub = new FakeProvider("hub").answers("hub");
  private final FakeProvider east = new FakeProvider("east").answers("east");
  private final FakeProvider west = new FakeProvider("west").answers("west");
  private final Router router = router();

  private Router router() {
    try {
      Router made =
          new Router(
              models,
              TestOversight.create(),
              Clock.fixed(timing.instant(), ZoneOffset.UTC),
              timing,
              Duration.ofMinutes(10));
      Map<String, Provider> providers =
          Map.of("local", local, "hub", hub, "east", east, "west", west);
      made.apply(
          RoutingTable.compile(Policy.parse(POLICY), PolicyVersion.NONE, providers, Instant.MAX));
      return made;
    } catch (dev.freehold.bundle.policy.PolicyException e) {
      throw new AssertionError(e.problems().toString(), e);
    }
  }

  private static InferenceRequest request(OutputFormat format) {
    return new InferenceRequest(
        "r-1",
        "assistant",
        new Prompt.Chat(
            List.of(Message.of(Message.Role.USER, "hi")), List.of(), new ToolChoice.Auto(), true),
        Sampling.defaults(),
        format,
        OptionalInt.empty());
  }

  private RoutedRequest decide(String group, OutputFormat format) throws InferenceException {
    return router.decide(
        new Inquiry(new Caller("alice", List.of(group)), request(format), Optional.empty(), false));
  }

  /** The text of the answer. */
  private String ask(String group) throws InferenceException, InterruptedException {
    return ask(group, new OutputFormat.Text());
  }

  private String ask(String group, OutputFormat format)
      throws InferenceException, InterruptedException {
    try (RoutedRequest routed = decide(group, format);
        RoutedStream stream = admitted(routed).open()) {
      StringBuilder text = new StringBuilder();
      InferenceEvent event;
      do {
        event = stream.next();
        if (event instanceof InferenceEvent.TextDelta(String more)) {
          text.append(more);
        }
      } while (!(event instanceof InferenceEvent.Finished));
      return text.toString();
    }
  }

  private InferenceException refusal(String group) {
    return assertThrows(InferenceException.class, () -> ask(group));
  }

  @Test
  void providerThatFailsAgainAndAgainIsLeftAloneAndThenTriedOnce() throws Exception {
    hub.fails(Kind.PROVIDER_FAILED);
    for (int i = 0; i < 3; i++) {
      assertEquals("east", ask("website"));
    }
    int asked = hub.attempts().size();
    assertEquals(3, asked);
    assertEquals("east", ask("website"));
    assertEquals(asked, hub.attempts().size(), "the breaker is open");
    try (RoutedRequest routed = decide("website", new OutputFormat.Text())) {
      Decision.Rejection rejection = routed.decision().rejections().getFirst();
      assertEquals(Reason.HEALTH, rejection.reason());
      assertTrue(rejection.explanation().contains("3 times"), rejection.explanation());
    }

    timing.advance(Duration.ofSeconds(31));
    assertEquals("east", ask("website"));
    assertEquals(asked + 1, hub.attempts().size(), "one request tries");
    assertEquals("east", ask("website"));
    assertEquals(asked + 1, hub.attempts().size(), "it failed, so the next does not");

    timing.advance(Duration.ofSeconds(31));
    hub.answers("hub");
    assertEquals("hub", ask("website"));
    assertEquals("hub", ask("website"));
  }

  @Test
  void whereAllBreakersAreOpenTheClientIsToldWhenToComeBack() throws Exception {
    hub.fails(Kind.PROVIDER_FAILED);
    refusal("legal");
    refusal("legal");
    InferenceException e = refusal("legal");
    assertEquals(Kind.UNAVAILABLE, e.kind());
    Duration wait = e.retryAfter().orElseThrow();
    assertTrue(wait.compareTo(Duration.ofSeconds(30)) <= 0 && !wait.isNegative(), wait.toString());
    assertTrue(east.attempts().isEmpty() && west.attempts().isEmpty());
  }

  @Test
  void waitThatAProviderAsksForIsKeptForEveryRequest() throws Exception {
    hub.plays(List.of(new Step.Break(Kind.PROVIDER_LIMITED, Optional.of(Duration.ofSeconds(20)))));
    assertEquals("east", ask("website"));
    hub.answers("hub");
    assertEquals("east", ask("website"));
    assertEquals(1, hub.attempts().size());
    timing.advance(Duration.ofSeconds(21));
    assertEquals("hub", ask("website"));
  }

  @Test
  void publishingAPolicyDoesNotCloseABreaker() throws Exception {
    hub.fails(Kind.PROVIDER_FAILED);
    for (int i = 0; i < 3; i++) {
      ask("website");
    }
    Map<String, Provider> providers =
        Map.of("local", local, "hub", hub, "east", east, "west", west);
    router.apply(
        RoutingTable.compile(Policy.parse(POLICY), PolicyVersion.NONE, providers, Instant.MAX));
    ask("website");
    assertEquals(3, hub.attempts().size());
  }

  @ParameterizedTest
  @EnumSource(
      value = Kind.class,
      names = {"PROVIDER_FAILED", "PROVIDER_LIMITED"})
  void failureThatPassesIsTriedOnceMoreAfterAWait(Kind kind) {
    hub.fails(kind);
    Instant before = timing.instant();
    assertEquals(kind, refusal("legal").kind());
    assertEquals(2, hub.attempts().size());
    assertTrue(timing.instant().isAfter(before));
  }

  @Test
  void waitThatIsTooLongIsTheClientsToMake() {
    hub.plays(List.of(new Step.Break(Kind.PROVIDER_LIMITED, Optional.of(Duration.ofSeconds(9)))));
    InferenceException e = refusal("legal");
    assertEquals(1, hub.attempts().size());
    assertEquals(Optional.of(Duration.ofSeconds(9)), e.retryAfter());
  }

  @Test
  void refusalOfACredentialIsNotRepeated() {
    hub.fails(Kind.PROVIDER_REFUSED);
    assertEquals(Kind.PROVIDER_REFUSED, refusal("legal").kind());
    assertEquals(1, hub.attempts().size());
  }

  @Test
  void silentProviderGetsAnotherOfItsTrustClassBesideIt() throws Exception {
    hub.fails(Kind.PROVIDER_REFUSED);
    CountDownLatch never = new CountDownLatch(1);
    east.plays(List.of(new Step.Await(never)));
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<String> answer = threads.submit(() -> ask("hedged"));
      await(east);
      assertTrue(west.attempts().isEmpty());
      timing.advance(Duration.ofMillis(801));
      assertEquals("west", answer.get());
    }
    assertEquals("r-1", east.awaitClosed());
  }

  @Test
  void noProviderOfAnotherTrustClassIsAskedBesideASilentOne() throws Exception {
    CountDownLatch speak = new CountDownLatch(1);
    hub.plays(List.of(new Step.Await(speak), FakeProvider.say("hub"), FakeProvider.finish(1)));
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<String> answer = threads.submit(() -> ask("hedged"));
      await(hub);
      timing.advance(Duration.ofSeconds(5));
      speak.countDown();
      assertEquals("hub", answer.get());
    }
    assertTrue(east.attempts().isEmpty() && west.attempts().isEmpty());
  }

  @Test
  void hangUpEndsBothOfAHedgedPair() throws Exception {
    hub.fails(Kind.PROVIDER_REFUSED);
    CountDownLatch never = new CountDownLatch(1);
    east.plays(List.of(new Step.Await(never)));
    west.plays(List.of(new Step.Await(never)));
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
        RoutedRequest routed = decide("hedged", new OutputFormat.Text());
        RoutedStream stream = admitted(routed).open()) {
      Future<InferenceException> failure =
          threads.submit(() -> assertThrows(InferenceException.class, stream::next));
      await(east);
      timing.advance(Duration.ofMillis(801));
      await(west);
      threads.submit(stream::close).get();
      assertEquals(Kind.CANCELLED, failure.get().kind());
    }
    assertEquals("r-1", east.awaitClosed());
    assertEquals("r-1", west.awaitClosed());
  }

  @Test
  void deadlineEndsAnAttemptThatHangs() throws Exception {
    CountDownLatch never = new CountDownLatch(1);
    hub.plays(List.of(new Step.Await(never)));
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<InferenceException> failure = threads.submit(() -> refusal("website"));
      await(hub);
      timing.advance(Duration.ofMinutes(10));
      assertEquals(Kind.TIMED_OUT, failure.get().kind());
    }
    assertTrue(east.attempts().isEmpty());
    assertEquals(0, timing.alarms());
  }

  @Test
  void deadlineOfTheRouteIsShorterThanTheBoxs() throws Exception {
    CountDownLatch never = new CountDownLatch(1);
    hub.plays(List.of(new Step.Await(never)));
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<InferenceException> failure = threads.submit(() -> refusal("hurried"));
      await(hub);
      timing.advance(Duration.ofSeconds(6));
      assertEquals(Kind.TIMED_OUT, failure.get().kind());
    }
    assertTrue(east.attempts().isEmpty());
  }

  @Test
  void schemaThatRefersElsewhereIsNotFetched() throws Exception {
    try (ServerSocket elsewhere = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      AtomicInteger connections = new AtomicInteger();
      Thread.ofVirtual()
          .start(
              () -> {
                try {
                  while (true) {
                    elsewhere.accept().close();
                    connections.incrementAndGet();
                  }
                } catch (IOException e) {
                  // Closed: the test is over.
                }
              });
      local.plays(sure("{\"a\":1}"));
      String schema =
          "{\"$ref\":\"http://127.0.0.1:" + elsewhere.getLocalPort() + "/schema.json\"}";
      assertEquals("hub", ask("checked", new OutputFormat.JsonSchema(schema)));
      assertEquals(0, connections.get());
    }
  }

  @Test
  void localAnswerThatPassesItsChecksIsGivenAndNothingLeaves() throws Exception {
    local.plays(sure("fine"));
    assertEquals("fine", ask("checked"));
    assertTrue(hub.attempts().isEmpty());
    assertEquals(OptionalInt.of(0), local.attempts().getFirst().request().logprobs());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "I'm sorry, but I can't help with that.",
        "Es tut mir leid, das weiß ich nicht.",
        "Je ne peux pas répondre à cela.",
        "Mi dispiace, non posso aiutarti.",
        "Lo siento, no puedo ayudar con eso.",
        ""
      })
  void localAnswerThatIsARefusalIsNotGiven(String refusal) throws Exception {
    local.plays(sure(refusal));
    assertEquals("hub", ask("checked"));
  }

  @Test
  void localAnswerThatTheModelItselfDoubtsIsNotGiven() throws Exception {
    local.plays(answer("perhaps", Math.log(0.2)));
    assertEquals("hub", ask("checked"));
  }

  @Test
  void localAnswerThatDoesNotFitItsSchemaIsNotGiven() throws Exception {
    OutputFormat wanted =
        new OutputFormat.JsonSchema(
            "{\"type\":\"object\",\"required\":[\"a\"],\"properties\":{\"a\":{\"type\":\"integer\"}}}");
    local.plays(sure("{\"a\":1}"));
    assertEquals("{\"a\":1}", ask("checked", wanted));
    local.plays(sure("{\"a\":\"one\"}"));
    assertEquals("hub", ask("checked", wanted));
    local.plays(sure("{\"a\":"));
    assertEquals("hub", ask("checked", wanted));
  }

  @Test
  void localAnswerThatDidNotPassIsGivenIfNobodyHasABetterOne() throws Exception {
    local.plays(answer("perhaps", Math.log(0.2)));
    hub.fails(Kind.PROVIDER_REFUSED);
    east.fails(Kind.TIMED_OUT);
    assertEquals("perhaps", ask("checked"));
  }

  @Test
  void cascadeGoesNoFurtherThanLocalityAllows() throws Exception {
    local.plays(answer("perhaps", Math.log(0.2)));
    hub.fails(Kind.PROVIDER_REFUSED);
    try (RoutedRequest routed =
            router.decide(
                new Inquiry(
                    new Caller("alice", List.of("checked", "legal")),
                    request(new OutputFormat.Text()),
                    Optional.empty(),
                    false));
        RoutedStream stream = admitted(routed).open()) {
      assertEquals(new InferenceEvent.TextDelta("perhaps"), stream.next());
    }
    assertTrue(east.attempts().isEmpty());
  }

  private static List<Step> sure(String text) {
    return answer(text, Math.log(0.9));
  }

  private static List<Step> answer(String text, double logprob) {
    return List.of(
        FakeProvider.say(text),
        new Step.Say(
            new InferenceEvent.Logprobs(List.of(new TokenLogprob(List.of(), logprob, List.of())))),
        FakeProvider.finish(FinishReason.STOP));
  }

  private static void await(FakeProvider provider) {
    while (provider.attempts().isEmpty()) {
      Thread.onSpinWait();
    }
  }

  /** As the API does it before it asks. */
  private static RoutedRequest admitted(RoutedRequest routed) throws InferenceException {
    routed.admit("entry-" + ENTRIES.incrementAndGet(), Instant.now(), 1);
    return routed;
  }
}
