package dev.freehold.lifecycle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.freehold.api.TestAuthority;
import dev.freehold.bundle.policy.Label;
import dev.freehold.bundle.policy.Policy;
import dev.freehold.bundle.policy.ProviderSpec;
import dev.freehold.bundle.policy.TrustClass;
import dev.freehold.bundle.uplink.ClientIdentity;
import dev.freehold.inference.InferenceEvent;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.Message;
import dev.freehold.inference.OutputFormat;
import dev.freehold.inference.Prompt;
import dev.freehold.inference.Sampling;
import dev.freehold.inference.ToolChoice;
import dev.freehold.provider.FakeLocalModels;
import dev.freehold.provider.FakeProvider;
import dev.freehold.provider.FakeTiming;
import dev.freehold.provider.Provider;
import dev.freehold.provider.remote.RemoteProvider;
import dev.freehold.receipts.Outcome;
import dev.freehold.routing.Caller;
import dev.freehold.routing.Inquiry;
import dev.freehold.routing.PolicyVersion;
import dev.freehold.routing.RoutedRequest;
import dev.freehold.routing.RoutedStream;
import dev.freehold.routing.Router;
import dev.freehold.routing.RoutingTable;
import dev.freehold.routing.Tally;
import dev.freehold.routing.TestOversight;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * What a label may not reach receives nothing of it, whatever fails and however often, through
 * every adapter as the daemon assembles it.
 */
class UnderFaultTest {

  static final String KEY = "sk-canary-0123456789";

  private static final Logger ROUTING_LOG = Logger.getLogger("dev.freehold.routing");

  private static final List<Label> LABELS = List.of(Label.values());

  private static final int REQUESTS = Integer.getInteger("freehold.faults.requests", 100_000);

  private static final String POLICY =
      """
      site: test
      models: {assistant: {catalogue: smollm2-135m, context: 4096}}
      providers:
        local:  {kind: engine}
        hub:    {kind: peer, trust: site, url: "https://hub.example:8443/v1"}
        vllm:   {kind: openai, trust: site, url: "https://vllm.example/v1"}
        helvet: {kind: openai, trust: sovereign, region: CH, credential: k, url: "https://ch.example/v1"}
        pharia: {kind: aleph-alpha, trust: sovereign, region: DE, credential: k, url: "https://de.example/v1"}
        north:  {kind: cohere, trust: sovereign, region: CA, credential: k}
        claude: {kind: anthropic, trust: cloud, region: US, credential: k}
        azure:  {kind: azure-openai, trust: cloud, region: NL, credential: k, url: "https://x.example", apiVersion: "2024-10-21"}
        aws:    {kind: bedrock, trust: cloud, region: eu-central-1, credential: aws}
        google: {kind: gemini, trust: cloud, region: US, credential: k}
      locality:
        restricted:   [local]
        confidential: [local, site]
        internal:     [local, site, sovereign]
        public:       [local, site, sovereign, cloud]
      clients:
        secret:   {label: restricted}
        legal:    {label: confidential}
        everyone: {label: internal}
        website:  {label: public}
      detect: {email: confidential, iban: restricted}
      routes:
        - {name: hedged, when: "model == 'assistant' && request.promptTokens % 3 == 0",
           use: [claude, azure, helvet, pharia, hub, vllm, google, aws, north, local], hedge: 500ms}
        - {name: far, when: "request.promptTokens % 3 == 1",
           use: [google, aws, claude, north, pharia, helvet, azure, hub, vllm, local]}
        - {name: near, use: [local, hub, vllm, pharia, north, helvet, aws, google, azure, claude]}
      """;

  /** Said again, and not read from the policy: what the officer meant. */
  private static final Map<Label, Set<TrustClass>> ALLOWED =
      new EnumMap<>(
          Map.of(
              Label.RESTRICTED, Set.of(TrustClass.LOCAL),
              Label.CONFIDENTIAL, Set.of(TrustClass.LOCAL, TrustClass.SITE),
              Label.INTERNAL, Set.of(TrustClass.LOCAL, TrustClass.SITE, TrustClass.SOVEREIGN),
              Label.PUBLIC, Set.of(TrustClass.values())));

  private static final Map<String, TrustClass> TRUST =
      Map.of(
          "hub", TrustClass.SITE,
          "vllm", TrustClass.SITE,
          "helvet", TrustClass.SOVEREIGN,
          "pharia", TrustClass.SOVEREIGN,
          "north", TrustClass.SOVEREIGN,
          "claude", TrustClass.CLOUD,
          "azure", TrustClass.CLOUD,
          "aws", TrustClass.CLOUD,
          "google", TrustClass.CLOUD);

  private final FakeTiming timing = new FakeTiming();
  private final FakeProvider local = new FakeProvider("local");

  /** A request and what its label must come out as, by whoever knows how it was made. */
  private record Drawn(Inquiry inquiry, Label label, String mark) {}

  private Router router(FaultyWayOut outside) throws Exception {
    TestAuthority.Credential device = TestAuthority.create("devices").client("CN=box");
    ClientIdentity own = new ClientIdentity(device.keys().getPrivate(), device.chain());
    RemoteProviders remotes = new RemoteProviders(outside, timing);
    Policy policy = Policy.parse(POLICY);
    Map<String, Provider> providers = new HashMap<>();
    for (ProviderSpec spec : policy.providers().values()) {
      providers.put(
          spec.name(),
          spec.kind() == ProviderSpec.Kind.ENGINE ? local : opened(remotes, spec, own));
    }
    Router router =
        new Router(
            new FakeLocalModels(),
            TestOversight.create(),
            Clock.fixed(timing.instant(), ZoneOffset.UTC),
            timing,
            Duration.ofMinutes(2));
    router.apply(RoutingTable.compile(policy, PolicyVersion.NONE, providers, Instant.MAX));
    return router;
  }

  private static RemoteProvider opened(
      RemoteProviders remotes, ProviderSpec spec, ClientIdentity own) {
    String credential =
        spec.kind() == ProviderSpec.Kind.BEDROCK
            ? "{\"accessKeyId\":\"AKIDEXAMPLE\",\"secretAccessKey\":\"" + KEY + "\"}"
            : KEY;
    return remotes.open(spec, () -> Optional.of(credential), own);
  }

  /** Each failure has a line in the log; here are tens of thousands. */
  @BeforeAll
  static void keepFailuresOutOfTheLog() {
    ROUTING_LOG.setLevel(Level.WARNING);
  }

  @AfterAll
  static void logAsBefore() {
    ROUTING_LOG.setLevel(null);
  }

  @Test
  void noByteReachesWhomItsLabelMayNot() throws Exception {
    long seed = new Random().nextLong();
    System.out.println("UnderFaultTest: seed " + seed + ", " + REQUESTS + " requests");
    Random random = new Random(seed);
    FaultyWayOut outside = new FaultyWayOut(timing, random, 0.3);
    Router router = router(outside);
    Map<String, Integer> counts = new TreeMap<>();
    for (int i = 0; i < REQUESTS; i++) {
      timing.advance(Duration.ofMillis(random.nextInt(20_000)));
      prepareLocal(random);
      Drawn drawn = drawn(random, i);
      String said = ask(router, drawn, i, counts);
      for (FaultyWayOut.Received received : outside.take()) {
        counts.merge("received by " + received.provider(), 1, Integer::sum);
        counts.merge("fault " + received.fault(), 1, Integer::sum);
        assertTrue(
            ALLOWED.get(drawn.label()).contains(TRUST.get(received.provider())),
            () ->
                "seed %d: a %s request reached %s"
                    .formatted(seed, drawn.label(), received.provider()));
        assertTrue(received.body().contains(drawn.mark()), "it is this request and no other");
      }
      assertFalse(said.contains(KEY), "seed " + seed);
    }
    System.out.println("UnderFaultTest: " + counts);
    for (String provider : TRUST.keySet()) {
      assertTrue(counts.getOrDefault("received by " + provider, 0) > 0, counts.toString());
    }
    assertEquals(0, timing.alarms());
  }

  /** Asks, and returns all that a client could have been told. */
  private static String ask(Router router, Drawn drawn, int number, Map<String, Integer> counts)
      throws InterruptedException {
    StringBuilder text = new StringBuilder();
    try (RoutedRequest routed = router.decide(drawn.inquiry())) {
      assertEquals(drawn.label(), routed.decision().label());
      Tally tally = routed.admit("entry-" + number, Instant.now(), 1);
      Outcome.Ending ending = Outcome.Ending.FAILED;
      try (RoutedStream stream = routed.open()) {
        InferenceEvent event;
        do {
          event = stream.next();
          if (event instanceof InferenceEvent.TextDelta(String more)) {
            text.append(more);
          }
        } while (!(event instanceof InferenceEvent.Finished));
        ending = Outcome.Ending.COMPLETED;
        assertEquals(
            String.join("", FaultyWayOut.WORDS), text.toString(), "no end that is not the whole");
        counts.merge("answered by " + stream.candidate().orElseThrow().name(), 1, Integer::sum);
      } finally {
        tally.end(ending, 200, dev.freehold.inference.Usage.NONE, Optional.empty());
      }
    } catch (InferenceException e) {
      counts.merge("failed " + e.kind(), 1, Integer::sum);
      StringWriter everything = new StringWriter();
      e.printStackTrace(new PrintWriter(everything));
      return text + everything.toString();
    }
    return text.toString();
  }

  private void prepareLocal(Random random) {
    switch (random.nextInt(4)) {
      case 0 -> local.fails(InferenceException.Kind.OVERLOADED);
      case 1 -> local.fails(InferenceException.Kind.UNAVAILABLE);
      case 2 -> local.fails(InferenceException.Kind.CONTEXT_TOO_LONG);
      default -> local.answers(FaultyWayOut.WORDS.toArray(String[]::new));
    }
  }

  private static Drawn drawn(Random random, int number) {
    String mark = "mark-%08x".formatted(random.nextInt());
    String group = List.of("secret", "legal", "everyone", "website").get(random.nextInt(4));
    Label label =
        switch (group) {
          case "secret" -> Label.RESTRICTED;
          case "legal" -> Label.CONFIDENTIAL;
          case "everyone" -> Label.INTERNAL;
          default -> Label.PUBLIC;
        };
    Optional<Label> declared =
        random.nextInt(3) == 0
            ? Optional.of(LABELS.get(random.nextInt(LABELS.size())))
            : Optional.empty();
    label = declared.map(label::atLeast).orElse(label);
    StringBuilder text = new StringBuilder("Please answer ").append(mark);
    switch (random.nextInt(6)) {
      case 0 -> {
        text.append(" to anna.muster@musterfirma.ch");
        label = label.atLeast(Label.CONFIDENTIAL);
      }
      case 1 -> {
        text.append(" for CH93 0076 2011 6238 5295 7");
        label = label.atLeast(Label.RESTRICTED);
      }
      default -> text.append(" soon".repeat(random.nextInt(4)));
    }
    InferenceRequest request =
        new InferenceRequest(
            "r-" + number,
            "assistant",
            new Prompt.Chat(
                List.of(Message.of(Message.Role.USER, text.toString())),
                List.of(),
                new ToolChoice.Auto(),
                true),
            Sampling.defaults(),
            new OutputFormat.Text(),
            OptionalInt.empty());
    return new Drawn(
        new Inquiry(new Caller("alice", List.of(group)), request, declared, false), label, mark);
  }
}
