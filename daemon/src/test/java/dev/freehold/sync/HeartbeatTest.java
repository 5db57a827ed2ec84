package dev.freehold.sync;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.freehold.abuse.AbuseRules;
import dev.freehold.abuse.Event;
import dev.freehold.abuse.Quarantine;
import dev.freehold.abuse.Suspect;
import dev.freehold.abuse.Watch;
import dev.freehold.bundle.uplink.ReceiptHead;
import dev.freehold.bundle.uplink.UsageBucket;
import dev.freehold.identity.Identity;
import dev.freehold.identity.RunningController;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A box reports to a real controller over real TLS. */
final class HeartbeatTest {

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @TempDir Path folder;

  private final Instant thisHour = Instant.now().truncatedTo(ChronoUnit.HOURS);
  private final Ledger ledger = new Ledger();
  private final AtomicReference<Optional<ReceiptHead>> head =
      new AtomicReference<>(Optional.empty());
  private Quarantine quarantine;
  private RunningController controller;
  private Identity identity;

  @BeforeEach
  void start() throws Exception {
    controller = RunningController.start(folder.resolve("controller"));
    identity = controller.enrol(folder.resolve("box/identity"), "box-1");
    quarantine = Quarantine.open(folder.resolve("box/quarantine.json"), InstantSource.system());
  }

  @AfterEach
  void stop() {
    controller.close();
  }

  @Test
  void controllerLearnsHowTheBoxIs() throws Exception {
    ledger.put(thisHour, 3);
    head.set(
        Optional.of(
            ReceiptHead.sign(
                17, "ab".repeat(32), Instant.now(), identity.key(), identity.certificate())));
    shutOut("alice");

    try (Heartbeat heartbeat = heartbeat(identity)) {
      await(() -> heartbeat.lastAccepted().isPresent());

      assertEquals(3, requests());
      var status = controller.operator().boxes().getFirst();
      assertEquals(Optional.of("0.1.0"), status.daemon());
      assertEquals(9, status.version());
      JsonNode held = controller.operator().receiptHeads("box-1").at("/heads/0");
      assertEquals(17, held.at("/head/sequence").asLong());
      assertTrue(held.path("verified").asBoolean());
      assertEquals("alice", controller.operator().alerts().at("/alerts/0/subject").asText());
      await(() -> quarantine.unreported(10).isEmpty());
    }
  }

  @Test
  void acknowledgementThatIsLostCountsNothingTwice() throws Exception {
    try (ForgetfulRelay relay = new ForgetfulRelay(identity.controller().getPort());
        Heartbeat heartbeat = heartbeat(behind(relay))) {
      await(() -> heartbeat.lastAccepted().isPresent());
      Instant first = heartbeat.lastAccepted().orElseThrow();
      ledger.put(thisHour, 5);
      shutOut("alice");
      relay.loseAnswers(1);

      heartbeat.soon();

      await(() -> relay.lost() == 1);
      await(() -> heartbeat.lastAccepted().orElseThrow().isAfter(first));
      await(() -> quarantine.unreported(10).isEmpty());
      assertEquals(5, requests());
      assertEquals(1, controller.operator().alerts().path("alerts").size());
    }
  }

  @Test
  void hourThatRunsIsReplacedAsItGrows() throws Exception {
    ledger.put(thisHour, 1);
    try (Heartbeat heartbeat = heartbeat(identity)) {
      for (int requests = 1; requests <= 4; requests++) {
        int expected = requests;
        ledger.put(thisHour, requests);
        heartbeat.soon();
        await(() -> requests() == expected);
      }
    }
  }

  @Test
  void weekWithoutAControllerIsCaughtUpInBatches() throws Exception {
    int port = controller.controller().url().getPort();
    controller.close();
    long expected = 0;
    for (int hour = 0; hour < 7 * 24; hour++) {
      // Up to 40 kinds an hour: more than one message each window of 24.
      for (int kind = 0; kind <= hour % 40; kind++) {
        ledger.put(thisHour.minus(hour, ChronoUnit.HOURS), "group-" + kind, hour + 1);
        expected += hour + 1;
      }
    }
    try (Heartbeat heartbeat = heartbeat(identity)) {
      await(() -> !ledger.asked.isEmpty());
      assertEquals(Optional.empty(), heartbeat.lastAccepted());

      controller = RunningController.start(folder.resolve("controller"), port);

      long all = expected;
      await(() -> requests() == all);
      Instant settled = thisHour.minus(1, ChronoUnit.HOURS);
      await(() -> Files.exists(mark()) && !settled.isAfter(acknowledged()));
    }
    // After a restart only what may still change is asked for.
    ledger.asked.clear();
    ledger.put(thisHour, "group-late", 1);
    try (Heartbeat _ = heartbeat(identity)) {
      long all = expected + 1;
      await(() -> requests() == all);
      assertFalse(ledger.asked.getFirst().isBefore(thisHour.minus(1, ChronoUnit.HOURS)));
    }
  }

  @Test
  void ledgerThatFailsDoesNotSilenceTheBox() throws Exception {
    ledger.fails = true;
    shutOut("alice");
    try (Heartbeat heartbeat = heartbeat(identity)) {
      await(() -> heartbeat.lastAccepted().isPresent());
      await(() -> controller.operator().alerts().path("alerts").size() == 1);
      ledger.fails = false;
      ledger.put(thisHour, 2);
      heartbeat.soon();
      await(() -> requests() == 2);
    }
  }

  @Test
  void usageThatIsRefusedDoesNotSilenceTheBox() throws Exception {
    for (int kind = 0; kind < 2_100; kind++) {
      ledger.put(thisHour, "group-" + kind, 1);
    }
    try (Heartbeat heartbeat = heartbeat(identity)) {
      await(() -> requests() == 2_000);
      Instant refused = Instant.now();
      heartbeat.soon();
      await(() -> heartbeat.lastAccepted().filter(refused::isBefore).isPresent());
      assertEquals(Optional.of("0.1.0"), controller.operator().boxes().getFirst().daemon());
    }
  }

  private Heartbeat heartbeat(Identity as) {
    return Heartbeat.start(
        as,
        mark(),
        new HeartbeatSources(() -> OptionalLong.of(9), head::get, ledger, quarantine),
        new HeartbeatSettings(
            "0.1.0",
            Duration.ofHours(1),
            Duration.ofMillis(20),
            Duration.ofMillis(500),
            InstantSource.system()));
  }

  private Identity behind(ForgetfulRelay relay) throws Exception {
    URI there = identity.controller();
    URI here =
        new URI(
            there.getScheme(), null, there.getHost(), relay.port(), there.getPath(), null, null);
    return new Identity(
        identity.serial(),
        identity.tenant(),
        identity.key(),
        identity.chain(),
        identity.encryptionKeys(),
        identity.roots(),
        here);
  }

  private Path mark() {
    return folder.resolve("box/reported-until");
  }

  private Instant acknowledged() throws Exception {
    return Instant.parse(Files.readString(mark()).strip());
  }

  private void shutOut(String name) {
    Watch watch = new Watch(AbuseRules.defaults(), quarantine, InstantSource.system());
    Suspect.Client client = new Suspect.Client(name, "CN=clients");
    for (int i = 0; i <= AbuseRules.LOGPROBS_MAX; i++) {
      watch.seen(new Event.Prompted(client, 1, 1, true));
    }
    assertTrue(quarantine.check(client).isPresent());
  }

  private long requests() throws Exception {
    long sum = 0;
    for (JsonNode each :
        controller
            .operator()
            .usage("box", thisHour.minus(30, ChronoUnit.DAYS), thisHour.plus(2, ChronoUnit.HOURS))
            .path("usage")) {
      sum += each.path("requests").asLong();
    }
    return sum;
  }

  private static void await(Callable<Boolean> condition) throws Exception {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.call()) {
      assertTrue(System.nanoTime() < deadline, "it never came to that");
      Thread.onSpinWait();
    }
  }

  /** Sums in memory, in the order of hours. */
  private static final class Ledger implements UsageBuckets {

    final List<Instant> asked = new CopyOnWriteArrayList<>();
    volatile boolean fails;
    private final ConcurrentSkipListMap<Instant, TreeMap<String, UsageBucket>> hours =
        new ConcurrentSkipListMap<>();

    void put(Instant hour, long requests) {
      put(hour, "legal", requests);
    }

    synchronized void put(Instant hour, String group, long requests) {
      UsageBucket bucket =
          new UsageBucket(
              new UsageBucket.Key(hour, group, "local", "assistant", "internal", ""),
              requests,
              requests,
              0,
              requests,
              0);
      hours.computeIfAbsent(hour, _ -> new TreeMap<>()).put(group, bucket);
    }

    @Override
    public synchronized List<UsageBucket> from(Instant hour, int count) {
      asked.add(hour);
      if (fails) {
        throw new IllegalStateException("the ledger's disk is gone");
      }
      return hours.tailMap(hour, true).values().stream()
          .limit(count)
          .flatMap(each -> each.values().stream())
          .toList();
    }
  }
}
