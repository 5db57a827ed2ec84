package dev.freehold.lifecycle;

import dev.freehold.abuse.AbuseRules;
import dev.freehold.abuse.Quarantine;
import dev.freehold.abuse.QuarantineEntry;
import dev.freehold.abuse.Watch;
import dev.freehold.api.ControlServer;
import dev.freehold.api.LanIdentity;
import dev.freehold.api.LanServer;
import dev.freehold.api.LanServerConfig;
import dev.freehold.bundle.BundleContent;
import dev.freehold.bundle.Pem;
import dev.freehold.bundle.policy.PolicyException;
import dev.freehold.bundle.uplink.ReceiptHead;
import dev.freehold.detection.PersonalDataDetector;
import dev.freehold.engine.EngineLoad;
import dev.freehold.identity.Identity;
import dev.freehold.identity.IdentityException;
import dev.freehold.limits.Limits;
import dev.freehold.llama.Llama;
import dev.freehold.models.FetchProgress;
import dev.freehold.models.FetchSettings;
import dev.freehold.models.ModelFetcher;
import dev.freehold.observability.EngineGauges;
import dev.freehold.observability.LoopbackServer;
import dev.freehold.observability.RequestMetrics;
import dev.freehold.provider.LocalProvider;
import dev.freehold.provider.ServedModel;
import dev.freehold.provider.Timing;
import dev.freehold.receipts.ContentDigests;
import dev.freehold.receipts.DeviceSigner;
import dev.freehold.receipts.ReceiptException;
import dev.freehold.receipts.ReceiptLog;
import dev.freehold.routing.Journal;
import dev.freehold.routing.Oversight;
import dev.freehold.routing.Router;
import dev.freehold.store.UsageLedger;
import dev.freehold.sync.BundleRejected;
import dev.freehold.sync.BundleSync;
import dev.freehold.sync.Heartbeat;
import dev.freehold.sync.HeartbeatSettings;
import dev.freehold.sync.HeartbeatSources;
import dev.freehold.sync.LedgerUsage;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.function.ToIntFunction;

/**
 * One running daemon. It starts in phases: who am I (identity), what do I compute with (llama.cpp),
 * what do I remember (the ledger), what am I to do (the bundle), then the servers, then the models.
 * From the first bundle on LAN clients are answered, if only that the model is still loading.
 */
final class Box implements AutoCloseable {

  private static final Logger LOG = System.getLogger(Box.class.getName());

  /** The policy's usual name for the engine; the policy in force decides what clients see. */
  private static final String LOCAL = "local";

  private static final Duration WAIT_REPORT = Duration.ofSeconds(10);

  private final BoxOptions options;
  private final ReadyFile ready;
  private final Closing closing = new Closing();
  private final LocalProvider local = new LocalProvider(LOCAL);

  private Identity identity;
  private ReceiptLog receipts;
  private UsageLedger ledger;
  private Limits limits;
  private Router router;
  private ModelLoader loader;
  private PolicyInForce policy;
  private RequestMetrics metrics;
  private LoopbackServer health;
  private BundleSync sync;
  private Quarantine quarantine;
  private Heartbeat heartbeat;
  private volatile LanServer lan;

  private Box(BoxOptions options) {
    this.options = options;
    this.ready = new ReadyFile(options.state());
  }

  /**
   * Starts the daemon and returns when it serves.
   *
   * @throws InterruptedException if it was told to stop meanwhile; everything is closed then
   */
  static Box start(BoxOptions options) throws Exception {
    Box box = new Box(options);
    boolean started = false;
    try {
      box.ready.clear();
      box.openIdentity();
      box.openLedger();
      box.startModels();
      box.startHealth();
      box.startSync();
      box.startHeartbeat();
      box.awaitFirstBundle();
      box.startServers();
      box.announceReady();
      started = true;
      return box;
    } finally {
      if (!started) {
        box.close();
      }
    }
  }

  private void openIdentity() throws IdentityException {
    identity = Identity.open(options.state().resolve("identity"));
    LOG.log(Level.INFO, "box {0} of tenant {1}", identity.serial(), identity.tenant());
  }

  /** The receipts first: what the ledger misses of a run that was killed, it learns from them. */
  private void openLedger() throws IOException {
    Path folder = options.state().resolve("receipts");
    receipts = closing.later(ReceiptLog.open(folder, DeviceSigner.of(identity), Clock.systemUTC()));
    ledger = closing.later(UsageLedger.open(options.state().resolve("store")));
    LedgerCatchUp.run(receipts, ledger, options.state().resolve("store").resolve("caught-up"));
    Clock clock = Clock.system(ZoneId.systemDefault());
    limits = new Limits(clock, clock.getZone(), ledger::spentSince);
    Journal journal = new Journal(receipts, ContentDigests.open(folder));
    router =
        new Router(
            local,
            new Oversight(new PersonalDataDetector(), limits, journal),
            clock,
            Timing.SYSTEM,
            LanServerConfig.DEFAULT_REQUEST_TIMEOUT);
  }

  private void startModels() {
    Llama llama = Llama.load();
    LOG.log(Level.INFO, "llama.cpp {0}, {1}", llama.version(), String.join(" ", llama.backends()));
    ModelFetcher fetcher =
        new ModelFetcher(
            options.models(), FetchSettings.standard(), FetchProgress.lines(System.err));
    ModelProbe probe = new ModelProbe(options.state().resolve("probed"), llama.version());
    LOG.log(
        Level.INFO,
        "models may take {0} of memory (--memory)",
        MemoryBudget.text(options.memory().bytes()));
    loader =
        closing.later(
            new ModelLoader(
                local,
                options.models(),
                fetcher,
                probe,
                options.memory(),
                options.given(),
                System::nanoTime));
    loader.start();
    policy = closing.later(new PolicyInForce(local, router, limits, loader, identity.uplink()));
  }

  private void startHealth() {
    metrics =
        RequestMetrics.create(
            new EngineGauges(
                () -> sum(EngineLoad::slots),
                () -> sum(EngineLoad::slotsBusy),
                () -> sum(EngineLoad::queued)));
    health =
        closing.later(
            LoopbackServer.start(
                options.health(),
                () -> new LoopbackServer.Readiness(isReady(), loader.status().state()),
                metrics));
  }

  private int sum(ToIntFunction<EngineLoad> figure) {
    return local.models().stream().map(ServedModel::load).mapToInt(figure).sum();
  }

  private boolean isReady() {
    return lan != null && loader.status().isReady();
  }

  private void startSync() throws Exception {
    sync =
        closing.later(BundleSync.start(identity, options.state().resolve("bundle"), this::apply));
  }

  /** Closed before the sync, and before the ledger and the receipts that it reports of. */
  private void startHeartbeat() {
    quarantine =
        Quarantine.open(options.state().resolve("quarantine.json"), InstantSource.system());
    heartbeat =
        closing.later(
            Heartbeat.start(
                identity,
                options.state().resolve("reported-until"),
                new HeartbeatSources(
                    () ->
                        sync.currentBundle().stream().mapToLong(BundleContent::version).findFirst(),
                    this::receiptHead,
                    new LedgerUsage(ledger),
                    quarantine),
                HeartbeatSettings.defaults(sync::time)));
    quarantine.whenChanged(heartbeat::soon);
  }

  /** A log that cannot be written stops what leaves this box, but not its heartbeat. */
  private Optional<ReceiptHead> receiptHead() {
    try {
      return Optional.of(receipts.signedHead().head());
    } catch (ReceiptException e) {
      LOG.log(
          Level.WARNING, "The heartbeat goes without a head of the receipts: {0}", e.getMessage());
      return Optional.empty();
    }
  }

  /** Called on the sync's thread for each bundle, the stored one first. */
  private void apply(BundleContent content) throws BundleRejected, InterruptedException {
    try {
      List<X509Certificate> authorities = authorities(content);
      policy.apply(content);
      policy
          .models()
          .forEach(name -> metrics.modelMemory(name, () -> loader.status().memoryBytes(name)));
      LanServer running = lan;
      if (running != null) {
        running.identity(new LanIdentity(identity.key(), identity.chain(), authorities));
      }
    } catch (PolicyException | GeneralSecurityException | IllegalArgumentException e) {
      throw new BundleRejected(Failure.describe(e), e);
    }
    LOG.log(Level.INFO, "bundle version {0} is in force", content.version());
  }

  private static List<X509Certificate> authorities(BundleContent content)
      throws GeneralSecurityException {
    List<X509Certificate> authorities = new ArrayList<>();
    for (String pem : content.clientAuthorityPem()) {
      authorities.addAll(Pem.certificates(pem));
    }
    return authorities;
  }

  private void awaitFirstBundle() throws InterruptedException {
    while (sync.awaitBundle(WAIT_REPORT).isEmpty()) {
      LOG.log(
          Level.INFO,
          "waiting for the first bundle from {0}: has a policy been published?",
          identity.controller());
    }
  }

  private void startServers() throws IOException, GeneralSecurityException {
    LanServerConfig defaults = LanServerConfig.at(options.listen());
    LanServerConfig config =
        new LanServerConfig(
            defaults.address(),
            defaults.bodyBytesMax(),
            defaults.bodiesBytesMax(),
            defaults.bodyTimeout(),
            defaults.connectionsMax(),
            defaults.requestTimeout(),
            options.drain());
    lan =
        closing.later(
            LanServer.start(
                config,
                lanIdentity(),
                router,
                ledger,
                metrics,
                new Watch(AbuseRules.defaults(), quarantine, InstantSource.system()),
                Clock.systemUTC()));
    // A bundle that was applied while the server started did not find it.
    lan.identity(lanIdentity());
    closing.later(
        ControlServer.start(
            options.state().resolve("freehold.sock"), router, ledger, quarantine, this::status));
    LOG.log(Level.INFO, "LAN clients are answered at {0}", lan.address());
  }

  private LanIdentity lanIdentity() throws GeneralSecurityException {
    BundleContent content = sync.currentBundle().orElseThrow();
    return new LanIdentity(identity.key(), identity.chain(), authorities(content));
  }

  private Map<String, String> status() {
    Map<String, String> status = new LinkedHashMap<>();
    status.put("box", identity.serial());
    status.put("tenant", identity.tenant());
    sync.currentBundle()
        .ifPresent(content -> status.put("bundle", Long.toString(content.version())));
    status.put("controller", identity.controller().toString());
    status.put("contact", sync.lastContact().map(Instant::toString).orElse("none since the start"));
    status.put(
        "heartbeat",
        heartbeat.lastAccepted().map(Instant::toString).orElse("none since the start"));
    long shutOut = quarantine.list().stream().filter(QuarantineEntry::quarantined).count();
    status.put("quarantine", shutOut + " shut out");
    status.put("models", loader.status().state());
    status.putAll(loader.status().describe());
    status.put("version", DaemonVersion.current());
    return status;
  }

  private void announceReady() throws IOException, InterruptedException {
    loader.status().awaitFirstLoad();
    closing.later(ready).write(lan.address().getPort(), health.address().getPort());
    LOG.log(Level.INFO, "ready: {0}", loader.status().state());
  }

  /** Returns only by an interrupt, which is how the daemon is told to stop. */
  void awaitStop() throws InterruptedException {
    new CountDownLatch(1).await();
  }

  @Override
  public void close() {
    LOG.log(Level.INFO, "stopping");
    closing.close();
  }
}
