package dev.freehold.routing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.freehold.api.TestAuthority;
import dev.freehold.bundle.Pem;
import dev.freehold.bundle.SpkiPin;
import dev.freehold.bundle.policy.Policy;
import dev.freehold.bundle.policy.ProviderSpec;
import dev.freehold.inference.InferenceEvent;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceException.Kind;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.Message;
import dev.freehold.inference.OutputFormat;
import dev.freehold.inference.Prompt;
import dev.freehold.inference.Sampling;
import dev.freehold.inference.ToolChoice;
import dev.freehold.inference.Usage;
import dev.freehold.limits.Limits;
import dev.freehold.provider.FakeLocalModels;
import dev.freehold.provider.FakeProvider;
import dev.freehold.provider.FakeTiming;
import dev.freehold.provider.Provider;
import dev.freehold.provider.openai.OpenAiProtocol;
import dev.freehold.provider.remote.Authorizer;
import dev.freehold.provider.remote.FakeApi;
import dev.freehold.provider.remote.HttpTransport;
import dev.freehold.provider.remote.RemoteProvider;
import dev.freehold.provider.remote.RemoteTls;
import dev.freehold.receipts.Outcome;
import dev.freehold.receipts.ReceiptLog;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What attempts cost, whom that stops, and what the receipts say of it. */
class PaidAttemptsTest {

  private static final String POLICY =
      """
      site: test
      currency: CHF
      models: {assistant: {catalogue: smollm2-135m, context: 4096}}
      providers:
        local: {kind: engine}
        east:  {kind: openai, trust: cloud, region: DE, credential: k, url: "https://east.example/v1",
                price: {in: 1000, out: 2000}, breaker: {failures: 3, openFor: 30s}}
      locality: {restricted: [local], confidential: [local], internal: [local], public: [local, cloud]}
      clients:
        website: {label: public}
        poor:    {label: public, budget: {day: 0.05}}
        counted: {label: public, tokensPerMinute: 3000}
        thrifty: {label: public}
      routes:
        - {name: thrifty, when: "'thrifty' in groups", use: [east], costMax: 0.15}
        - {name: usual, use: [east, local]}
      """;

  @TempDir private Path folder;

  private final FakeTiming timing = new FakeTiming();
  private final FakeProvider local = new FakeProvider("local").answers("local");
  private final FakeProvider east = new FakeProvider("east").answers("east");
  private ReceiptLog receipts;
  private Router router;
  private int entries;

  @BeforeEach
  void start() throws Exception {
    receipts = TestOversight.open(folder);
    Limits limits = TestOversight.limits();
    Policy policy = Policy.parse(POLICY);
    limits.apply(policy);
    router =
        new Router(
            new FakeLocalModels(),
            TestOversight.over(receipts, folder, limits),
            Clock.fixed(timing.instant(), ZoneOffset.UTC),
            timing,
            Duration.ofMinutes(1));
    Map<String, Provider> providers = Map.of("local", local, "east", east);
    router.apply(RoutingTable.compile(policy, PolicyVersion.NONE, providers, Instant.MAX));
  }

  @AfterEach
  void stop() throws Exception {
    receipts.close();
  }

  private RoutedRequest decide(String group, int completionTokens) throws InferenceException {
    InferenceRequest request =
        new InferenceRequest(
            "r-1",
            "assistant",
            new Prompt.Chat(
                List.of(Message.of(Message.Role.USER, "a b")),
                List.of(),
                new ToolChoice.Auto(),
                true),
            Sampling.defaults(),
            new OutputFormat.Text(),
            OptionalInt.of(completionTokens));
    return router.decide(
        new Inquiry(new Caller("alice", List.of(group)), request, Optional.empty(), false));
  }

  private String entry() {
    return "entry-" + ++entries;
  }

  /** Asks and pays; returns who answered. */
  private String ask(String group) throws InferenceException, InterruptedException {
    try (RoutedRequest routed = decide(group, 20)) {
      Tally tally = routed.admit(entry(), Instant.now(), 1);
      Usage usage = Usage.NONE;
      try (RoutedStream stream = routed.open()) {
        while (!(stream.next() instanceof InferenceEvent.Finished)) {
          // The text does not matter here.
        }
        usage = stream.usageSoFar();
        return stream.candidate().orElseThrow().name();
      } finally {
        tally.end(Outcome.Ending.COMPLETED, 200, usage, Optional.empty());
      }
    }
  }

  @Test
  void clientWhoseBudgetIsSpentTakesTheProviderFromNobodyElse() throws Exception {
    east.plays(List.of(FakeProvider.say("east"), FakeProvider.finish(20)));
    assertEquals("east", ask("poor"));
    assertEquals("local", ask("poor"), "what costs nothing is still answered");
    assertEquals("east", ask("website"));
  }

  @Test
  void attemptThatFailedForFreeLeavesAnAccountThatAddsUp() throws Exception {
    east.fails(Kind.PROVIDER_REFUSED);
    try (RoutedRequest routed = decide("website", 20)) {
      Tally tally = routed.admit(entry(), Instant.now(), 1);
      try (RoutedStream stream = routed.open()) {
        stream.next();
      }
      tally.end(Outcome.Ending.COMPLETED, 200, new Usage(7, 0, 1), Optional.of("local"));
      assertEquals(0, tally.cost().micros());
      assertEquals(Optional.of("CHF"), tally.cost().currency());
      assertTrue(tally.reserved().micros() > 0);
    }
  }

  @Test
  void providerThatBeginsAndBreaksOffIsLeftAloneToo() throws Exception {
    east.plays(List.of(FakeProvider.say("x"), FakeProvider.breaks(Kind.PROVIDER_FAILED)));
    for (int i = 0; i < 3; i++) {
      InferenceException e = assertThrows(InferenceException.class, () -> ask("website"));
      assertEquals(Kind.PROVIDER_FAILED, e.kind());
    }
    assertEquals("local", ask("website"));
    assertEquals(3, east.attempts().size());
  }

  @Test
  void hangUpBeforeTheFirstWordIsCountedAsWhatItMayHaveTaken() throws Exception {
    for (int i = 0; i < 2; i++) {
      try (RoutedRequest routed = decide("counted", 1_000)) {
        Tally tally = routed.admit(entry(), Instant.now(), 1);
        east.plays(
            List.of(new FakeProvider.Step.Do(timing::alarms), FakeProvider.breaks(Kind.TIMED_OUT)));
        local.fails(Kind.TIMED_OUT);
        try (RoutedStream stream = routed.open()) {
          assertThrows(InferenceException.class, stream::next);
        }
        tally.end(Outcome.Ending.CLIENT_GONE, 499, Usage.NONE, Optional.empty());
        assertTrue(tally.cost().micros() >= 2_000_000, tally.cost().toString());
      }
    }
    try (RoutedRequest routed = decide("counted", 1_000)) {
      InferenceException e =
          assertThrows(InferenceException.class, () -> routed.admit(entry(), Instant.now(), 1));
      assertEquals(Kind.OVERLOADED, e.kind());
    }
  }

  @Test
  void severalAnswersTogetherCostNoMoreThanTheRouteAllows() throws Exception {
    east.plays(List.of(FakeProvider.say("east"), FakeProvider.finish(20)));
    try (RoutedRequest routed = decide("thrifty", 20)) {
      Tally tally = routed.admit(entry(), Instant.now(), 8);
      List<RoutedStream> streams = new ArrayList<>();
      try {
        RoutedStream first = routed.open();
        streams.add(first);
        first.next();
        Candidate candidate = first.candidate().orElseThrow();
        int begun = 1;
        for (int choice = 1; choice < 8; choice++) {
          RoutedStream another = routed.openAnother(choice, candidate);
          streams.add(another);
          try {
            another.next();
            begun++;
          } catch (InferenceException e) {
            assertEquals(Kind.UNSUPPORTED, e.kind());
          }
        }
        assertEquals(3, begun, "at 0.042 each");
      } finally {
        streams.forEach(RoutedStream::close);
        tally.end(Outcome.Ending.FAILED, 200, Usage.NONE, Optional.empty());
      }
    }
  }

  @Test
  void triesOfAnOutcomeAddUpToWhatIsCharged() throws Exception {
    east.plays(List.of(FakeProvider.breaks(Kind.TIMED_OUT)));
    try (RoutedRequest routed = decide("website", 20)) {
      Tally tally = routed.admit(entry(), Instant.now(), 1);
      try (RoutedStream stream = routed.open()) {
        stream.next();
      }
      tally.end(Outcome.Ending.COMPLETED, 200, new Usage(7, 0, 1), Optional.of("local"));
      assertTrue(tally.cost().micros() > 0, "it may have been at work");
      assertEquals(
          tally.cost().micros(),
          tally.attempts().stream().mapToLong(tried -> tried.cost().micros()).sum());
    }
  }

  @Test
  void outcomePinsTheKeyThatAProviderShowed() throws Exception {
    TestAuthority authority = TestAuthority.create("east");
    TestAuthority.Credential server = authority.server();
    byte[] answer =
        """
        data: {"choices":[{"index":0,"delta":{"content":"hello"},"finish_reason":"stop"}]}

        data: {"choices":[],"usage":{"prompt_tokens":2,"completion_tokens":1}}

        data: [DONE]

        """
            .getBytes(StandardCharsets.UTF_8);
    try (FakeApi api =
        FakeApi.overTls(
            server.serverContext(), _ -> FakeApi.Response.of(200, "text/event-stream", answer))) {
      URI url = api.url("/v1");
      Policy policy = Policy.parse(POLICY.replace("https://east.example/v1", url.toString()));
      ProviderSpec spec = policy.providers().get("east");
      RemoteProvider remote =
          new RemoteProvider(
              spec,
              new OpenAiProtocol(url),
              Authorizer.bearer(() -> Optional.of("k")),
              new HttpTransport(
                  spec, url, new RemoteTls(Optional.of(Pem.encode(authority.certificate())))),
              timing);
      Map<String, Provider> providers = Map.of("local", local, "east", remote);
      router.apply(RoutingTable.compile(policy, PolicyVersion.NONE, providers, Instant.MAX));

      assertEquals("east", ask("website"));

      remote.close();
    }
    List<Outcome> outcomes = new ArrayList<>();
    receipts.outcomesSince(0, (_, _, outcome) -> outcomes.add(outcome));
    Outcome.Try tried = outcomes.getLast().tries().getFirst();
    assertEquals(Optional.of(SpkiPin.of(server.chain().getFirst()).toString()), tried.keyPin());
  }
}
