package dev.freehold.api;

import dev.freehold.abuse.Quarantine;
import dev.freehold.abuse.Watch;
import dev.freehold.bundle.policy.Policy;
import dev.freehold.bundle.policy.PolicyException;
import dev.freehold.engine.EngineOptions;
import dev.freehold.observability.EngineGauges;
import dev.freehold.observability.RequestMetrics;
import dev.freehold.provider.LocalProvider;
import dev.freehold.provider.RetiredModel;
import dev.freehold.provider.ServedModel;
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

/** A LAN server with real models behind it, over real TLS; nothing is sent to another provider. */
final class LocalBox implements AutoCloseable {

  private final TestAuthority clients = TestAuthority.create("clients");
  private final TestAuthority servers = TestAuthority.create("servers");
  private final LocalProvider provider = new LocalProvider("local");
  private final RequestMetrics metrics = RequestMetrics.create(EngineGauges.none());
  private final List<Model> models;
  private final UsageLedger ledger;
  private final LanServer server;

  /** A model as the policy names it, in as many slots as are given. */
  record Model(String name, String catalogueName, Path gguf, int contextTokens, int slots) {}

  LocalBox(Path folder, Model... served) {
    models = List.of(served);
    StringBuilder lines = new StringBuilder();
    for (Model model : models) {
      provider.serve(
          ServedModel.load(
              model.name, model.gguf, EngineOptions.of(model.contextTokens, model.slots)));
      lines.append(
          "  %s: {catalogue: %s, context: %d}\n"
              .formatted(model.name, model.catalogueName, model.contextTokens));
    }
    Router router =
        new Router(
            provider,
            TestOversight.create(),
            Clock.systemUTC(),
            Timing.SYSTEM,
            Duration.ofMinutes(5));
    router.apply(
        RoutingTable.compile(
            policy(lines.toString()), PolicyVersion.NONE, Map.of("local", provider), Instant.MAX));
    ledger = UsageLedger.open(folder.resolve("store"));
    TestAuthority.Credential own = servers.server();
    server =
        LanServer.start(
            new LanServerConfig(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                LanServerConfig.DEFAULT_BODY_BYTES_MAX,
                8L * LanServerConfig.DEFAULT_BODY_BYTES_MAX,
                LanServerConfig.DEFAULT_BODY_TIMEOUT,
                64,
                Duration.ofMinutes(5),
                Duration.ofSeconds(5)),
            new LanIdentity(own.keys().getPrivate(), own.chain(), List.of(clients.certificate())),
            router,
            ledger,
            metrics,
            new Watch(
                TestBox.lenient(),
                Quarantine.open(folder.resolve("quarantine.json"), InstantSource.system()),
                InstantSource.system()),
            Clock.systemUTC());
  }

  private static Policy policy(String modelLines) {
    try {
      return Policy.parse(
          """
          site: test
          models:
          %s
          providers:
            local: {kind: engine}
          locality:
            restricted:   [local]
            confidential: [local]
            internal:     [local]
            public:       [local]
          clients:
            website: {label: internal}
          routes:
            - {name: usual, use: [local]}
          """
              .formatted(modelLines.stripTrailing()));
    } catch (PolicyException e) {
      throw new AssertionError(e);
    }
  }

  TestClient client() throws IOException {
    return TestClient.connect(
        server.address(), servers, clients.client("CN=alice, OU=website, O=test"));
  }

  UsageRecord record(String requestId) throws InterruptedException {
    return TestBox.record(ledger, requestId);
  }

  @Override
  public void close() {
    server.close(Duration.ofMillis(200));
    ledger.close();
    metrics.close();
    for (Model model : models) {
      provider.withdraw(model.name).ifPresent(RetiredModel::close);
    }
  }
}
