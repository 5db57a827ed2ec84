package dev.freehold.routing;

import dev.freehold.bundle.policy.Label;
import dev.freehold.bundle.policy.Policy;
import dev.freehold.bundle.policy.PolicyException;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.Message;
import dev.freehold.inference.OutputFormat;
import dev.freehold.inference.Prompt;
import dev.freehold.inference.Sampling;
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
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;

/** A router over an office's policy, with a fake behind each of its providers. */
abstract class RoutedTest {

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

  static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");

  final FakeLocalModels models = new FakeLocalModels();
  final FakeProvider local = new FakeProvider("local").answers("local");
  final FakeProvider hub = new FakeProvider("hub").answers("hub");
  final FakeProvider helvet = new FakeProvider("helvet").answers("helvet");
  final FakeProvider claude = new FakeProvider("claude").answers("claude");
  Router router;

  @BeforeEach
  void start() throws PolicyException {
    router = router(NOON, Duration.ofMinutes(1), Instant.MAX);
  }

  Router router(Instant now, Duration timeout, Instant expiry) throws PolicyException {
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

  static Inquiry inquiry(String text, String label, String... groups) {
    return new Inquiry(
        new Caller("alice", List.of(groups)),
        request(text),
        Optional.ofNullable(label).map(Label::of),
        false);
  }

  static InferenceRequest request(String text) {
    return new InferenceRequest(
        "r-1",
        "assistant",
        new Prompt.Chat(
            List.of(Message.of(Message.Role.USER, text)), List.of(), new ToolChoice.Auto(), true),
        Sampling.defaults(),
        new OutputFormat.Text(),
        OptionalInt.empty());
  }

  /** As the API does it before it asks. */
  static RoutedRequest admitted(RoutedRequest routed) throws InferenceException {
    routed.admit("entry-" + ENTRIES.incrementAndGet(), Instant.now(), 1);
    return routed;
  }
}
