package dev.freehold.api;

import dev.freehold.abuse.AbuseRules;
import dev.freehold.abuse.Quarantine;
import dev.freehold.abuse.Rule;
import dev.freehold.abuse.Rule.Name;
import dev.freehold.abuse.Watch;
import dev.freehold.bundle.policy.Policy;
import dev.freehold.bundle.policy.PolicyException;
import dev.freehold.limits.Limits;
import dev.freehold.observability.EngineGauges;
import dev.freehold.observability.RequestMetrics;
import dev.freehold.provider.FakeLocalModels;
import dev.freehold.provider.FakeProvider;
import dev.freehold.provider.Provider;
import dev.freehold.provider.Timing;
import dev.freehold.routing.PolicyVersion;
import dev.freehold.routing.Router;
import dev.freehold.routing.RoutingTable;
import dev.freehold.routing.TestOversight;
import dev.freehold.store.UsageLedger;
import dev.freehold.store.UsageRecord;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;

/** A LAN server with fake providers behind it, over real TLS. */
final class TestBox implements AutoCloseable {

  static final String POLICY =
      """
      site: test
      models:
        assistant: {catalogue: smollm2-135m, context: 4096, aliases: [gpt-4o]}
      providers:
        local:  {kind: engine}
        remote: {kind: openai, trust: cloud, region: US, credential: remote-key, url: "https://remote.example/v1"}
      locality:
        restricted:   [local]
        confidential: [local]
        internal:     [local]
        public:       [local, cloud]
      clients:
        legal:   {label: confidential}
        website: {label: public}
        counted: {label: public, requestsPerMinute: 3}
      detect: {email: confidential, images: public}
      routes:
        - {name: tools, when: "needs.tools", use: [remote, local]}
        - {name: vision, when: "needs.vision", use: [remote, local]}
        - {name: usual, use: [local, remote]}
      """;

  final TestAuthority clients = TestAuthority.create("clients");
  final TestAuthority servers = TestAuthority.create("servers");
  final FakeLocalModels models = new FakeLocalModels();
  final FakeProvider local = new FakeProvider("local").answers("Hel", "lo");
  final FakeProvider remote = new FakeProvider("remote").answers("remote");
  private final Limits limits = TestOversight.limits();
  final Router router =
      new Router(
          models,
          TestOversight.create(limits),
          Clock.systemUTC(),
          Timing.SYSTEM,
          Duration.ofMinutes(1));
  final RequestMetrics metrics = RequestMetrics.create(EngineGauges.none());
  final Quarantine quarantine;
  final Watch watch;
  final UsageLedger ledger;
  final LanServer server;
  volatile Duration clockOffset = Duration.ZERO;

  TestBox(Path folder) {
    this(folder, LanServerConfig.DEFAULT_BODY_BYTES_MAX);
  }

  TestBox(Path folder, int bodyBytesMax) {
    this(folder, bodyBytesMax, lenient());
  }

  /** A box whose watch has other rules than {@link #lenient}. */
  TestBox(Path folder, int bodyBytesMax, AbuseRules rules) {
    this(folder, config(bodyBytesMax, 8L * bodyBytesMax, Duration.ofMinutes(1)), rules);
  }

  TestBox(Path folder, LanServerConfig config, AbuseRules rules) {
    quarantine = Quarantine.open(folder.resolve("quarantine.json"), InstantSource.system());
    watch = new Watch(rules, quarantine, InstantSource.system());
    Map<String, Provider> providers = Map.of("local", local, "remote", remote);
    router.apply(RoutingTable.compile(policy(), PolicyVersion.NONE, providers, Instant.MAX));
    try {
      limits.apply(policy());
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
    ledger = UsageLedger.open(folder);
    InstantSource clock = () -> Instant.now().plus(clockOffset);
    server = LanServer.start(config, identity(clients), router, ledger, metrics, watch, clock);
  }

  static LanServerConfig config(int bodyBytesMax, long bodiesBytesMax, Duration bodyTimeout) {
    return new LanServerConfig(
        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
        bodyBytesMax,
        bodiesBytesMax,
        bodyTimeout,
        64,
        Duration.ofMinutes(2),
        Duration.ofSeconds(5));
  }

  /** Rules that shut nobody out: a test's clients share one address and ask without end. */
  static AbuseRules lenient() {
    AbuseRules rules = AbuseRules.defaults();
    for (Name name : Name.values()) {
      Rule rule = rules.rule(name);
      rules = rules.with(new Rule(name, rule.window(), 1_000_000_000, rule.consequence()));
    }
    return rules;
  }

  LanIdentity identity(TestAuthority clientAuthority) {
    TestAuthority.Credential own = servers.server();
    return new LanIdentity(
        own.keys().getPrivate(), own.chain(), List.of(clientAuthority.certificate()));
  }

  static Policy policy() {
    try {
      return Policy.parse(POLICY);
    } catch (PolicyException e) {
      throw new AssertionError(e);
    }
  }

  TestClient client() throws IOException {
    return client("CN=alice, OU=website, O=test");
  }

  TestClient client(String subject) throws IOException {
    return TestClient.connect(server.address(), servers, clients.client(subject));
  }

  /** A request's record, which is written just after its last byte was sent. */
  UsageRecord record(String requestId) throws InterruptedException {
    return record(ledger, requestId);
  }

  static UsageRecord record(UsageLedger ledger, String requestId) throws InterruptedException {
    long until = System.nanoTime() + Duration.ofSeconds(10).toNanos();
    while (System.nanoTime() - until < 0) {
      for (UsageRecord record : ledger.query(Instant.EPOCH, 1_000)) {
        if (record.requestId().equals(requestId)) {
          return record;
        }
      }
      Thread.onSpinWait();
    }
    throw new AssertionError("request " + requestId + " left no usage record");
  }

  @Override
  public void close() {
    server.close(Duration.ofMillis(200));
    ledger.close();
    metrics.close();
  }
}
