package dev.freehold.sync;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.freehold.bundle.BundleContent;
import dev.freehold.identity.Identity;
import dev.freehold.identity.RunningController;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A box keeps in touch with a real controller over real TLS. */
final class BundleSyncTest {

  private static final Duration PATIENCE = Duration.ofSeconds(20);

  @TempDir Path folder;

  private RunningController controller;
  private Identity identity;
  private final Applied applied = new Applied();

  @BeforeEach
  void start() throws Exception {
    controller = RunningController.start(folder.resolve("controller"));
    identity = controller.enrol(folder.resolve("box/identity"), "box-1");
  }

  @AfterEach
  void stop() {
    controller.close();
  }

  @Test
  void firstBundleComesAndIsKept() throws Exception {
    long version = controller.publish("zurich");

    try (BundleSync sync = sync()) {
      BundleContent content = sync.awaitBundle(PATIENCE).orElseThrow();
      assertEquals(version, content.version());
      assertEquals("zurich", site(content));
      assertEquals("box-1", content.box());
      assertTrue(sync.lastContact().isPresent());
      awaitKnownVersion(1);
    }
    assertTrue(Files.exists(bundles().resolve("current")));
  }

  @Test
  void publishedPolicyIsInForceWithinTwoSeconds() throws Exception {
    controller.publish("first");
    try (BundleSync sync = sync()) {
      assertEquals("first", applied.next());
      awaitKnownVersion(1);
      for (int i = 0; i < 5; i++) {
        long published = System.nanoTime();
        controller.publish("later-" + i);
        assertEquals("later-" + i, applied.next());
        long millis = Duration.ofNanos(System.nanoTime() - published).toMillis();
        assertTrue(millis < 2000, "in force after " + millis + " ms");
      }
      awaitKnownVersion(6);
      assertEquals("later-4", site(sync.currentBundle().orElseThrow()));
    }
  }

  @Test
  void boxThatEnrolledBeforeAnythingWasPublishedGetsItWhenItIs() throws Exception {
    try (BundleSync sync = sync()) {
      assertEquals(Optional.empty(), sync.currentBundle());
      controller.publish("late");
      assertEquals("late", applied.next());
    }
  }

  @Test
  void keptBundleServesWithoutController() throws Exception {
    controller.publish("kept");
    try (BundleSync sync = sync()) {
      assertTrue(sync.awaitBundle(PATIENCE).isPresent());
    }
    controller.close();

    Applied afterRestart = new Applied();
    try (BundleSync sync = BundleSync.start(identity, bundles(), afterRestart)) {
      // Before start returned: nothing was waited for.
      assertEquals("kept", site(sync.currentBundle().orElseThrow()));
      assertEquals("kept", afterRestart.next());
    }
  }

  @Test
  void controllerThatComesBackIsFoundAgain() throws Exception {
    controller.publish("before");
    int port = controller.controller().url().getPort();
    try (BundleSync sync = sync()) {
      assertEquals("before", applied.next());
      controller.close();
      controller = RunningController.start(folder.resolve("controller"), port);
      controller.publish("after");
      assertEquals("after", applied.next());
      awaitKnownVersion(2);
      assertEquals(2, sync.currentBundle().orElseThrow().version());
    }
  }

  @Test
  void refusedBundleLeavesThePreviousInForceAndOnTheDisk() throws Exception {
    controller.publish("good");
    BundleListener picky =
        content -> {
          if (site(content).startsWith("bad")) {
            applied.sites.add("refused " + site(content));
            throw new BundleRejected("this box cannot run " + site(content));
          }
          applied.apply(content);
        };
    try (BundleSync sync = BundleSync.start(identity, bundles(), picky, quick())) {
      assertEquals("good", applied.next());
      controller.publish("bad");
      assertEquals("refused bad", applied.next());
      assertEquals("good", site(sync.currentBundle().orElseThrow()));
    }
    Applied afterRestart = new Applied();
    controller.close();
    try (BundleSync sync = BundleSync.start(identity, bundles(), afterRestart)) {
      assertEquals("good", site(sync.currentBundle().orElseThrow()));
    }
    controller =
        RunningController.start(folder.resolve("controller"), identity.controller().getPort());
    controller.publish("better");
    try (BundleSync sync = sync()) {
      assertEquals("good", applied.next());
      assertEquals("better", applied.next());
      awaitKnownVersion(3);
      assertEquals(3, sync.currentBundle().orElseThrow().version());
    }
  }

  @Test
  void olderBundleThanTheFloorIsNeverApplied() throws Exception {
    controller.publish("old");
    Files.createDirectories(bundles());
    Files.writeString(
        bundles().resolve("state.json"), "{\"epoch\":1,\"version\":99,\"contentSha256\":\"ab\"}");

    try (BundleSync sync = sync()) {
      // The bundle was fetched: the controller was reached, and nothing came into force.
      awaitContact(sync);
      assertEquals(Optional.empty(), sync.currentBundle());
    }
    assertNull(applied.sites.poll());
  }

  @Test
  void floorThatCannotBeReadStopsTheStart() throws Exception {
    Files.createDirectories(bundles());
    Files.writeString(bundles().resolve("state.json"), "{}");

    assertThrows(IOException.class, () -> BundleSync.start(identity, bundles(), applied));
  }

  @Test
  void damagedBundleFallsBackToThePrevious() throws Exception {
    controller.publish("one");
    try (BundleSync sync = sync()) {
      assertEquals("one", applied.next());
      controller.publish("two");
      assertEquals("two", applied.next());
      awaitKnownVersion(2);
      assertEquals(2, sync.currentBundle().orElseThrow().version());
    }
    byte[] damaged = Files.readAllBytes(bundles().resolve("current"));
    damaged[damaged.length / 2] ^= 1;
    Files.write(bundles().resolve("current"), damaged);
    controller.close();

    Applied afterRestart = new Applied();
    try (BundleSync sync = BundleSync.start(identity, bundles(), afterRestart)) {
      assertEquals("one", site(sync.currentBundle().orElseThrow()));
    }
  }

  @Test
  void keptBundleThatExpiredIsHandedOverAsExpired() throws Exception {
    controller.publish("aged");
    try (BundleSync sync = sync()) {
      assertTrue(sync.awaitBundle(PATIENCE).isPresent());
    }
    controller.close();
    Instant muchLater = Instant.now().plus(Duration.ofDays(400));
    SyncSettings later =
        new SyncSettings(
            "0.1.0",
            Duration.ofMinutes(5),
            Duration.ofSeconds(1),
            Duration.ofMinutes(1),
            Duration.ofSeconds(45),
            Clock.fixed(muchLater, ZoneOffset.UTC));

    try (BundleSync sync = BundleSync.start(identity, bundles(), applied, later)) {
      assertTrue(sync.currentBundle().orElseThrow().isExpired(muchLater));
    }
  }

  @Test
  void clockAt1970TakesTheControllersTime() throws Exception {
    // Published a while after the certificate, which is all else that the box could tell time by.
    awaitNextSecond(identity.certificate().getNotBefore().toInstant().plus(Duration.ofHours(1)));
    controller.publish("early");
    SyncSettings early =
        new SyncSettings(
            "0.1.0",
            Duration.ofMinutes(5),
            Duration.ofMillis(50),
            Duration.ofSeconds(1),
            Duration.ofSeconds(45),
            Clock.fixed(Instant.EPOCH, ZoneOffset.UTC));

    try (BundleSync sync = BundleSync.start(identity, bundles(), applied, early)) {
      assertEquals("early", site(sync.awaitBundle(PATIENCE).orElseThrow()));
    }
  }

  private BundleSync sync() throws Exception {
    return BundleSync.start(identity, bundles(), applied, quick());
  }

  private Path bundles() {
    return folder.resolve("box/bundle");
  }

  private static SyncSettings quick() {
    return new SyncSettings(
        "0.1.0",
        Duration.ofMinutes(5),
        Duration.ofMillis(50),
        Duration.ofSeconds(1),
        Duration.ofSeconds(45),
        Clock.systemUTC());
  }

  private static String site(BundleContent content) {
    return content
        .policyYaml()
        .lines()
        .filter(line -> line.startsWith("site: "))
        .findFirst()
        .orElseThrow()
        .substring("site: ".length());
  }

  /** The controller learns a version by the request that follows its coming into force. */
  private void awaitKnownVersion(long version) throws Exception {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (controller.operator().boxes().getFirst().version() != version) {
      assertTrue(System.nanoTime() < deadline, "the controller never learnt of " + version);
      Thread.onSpinWait();
    }
  }

  private static void awaitNextSecond(Instant second) {
    while (Instant.now().isBefore(second.plusSeconds(1))) {
      Thread.onSpinWait();
    }
  }

  private static void awaitContact(BundleSync sync) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (sync.lastContact().isEmpty()) {
      assertTrue(System.nanoTime() < deadline, "the controller was never reached");
      Thread.onSpinWait();
    }
  }

  /** Remembers what was applied, in order. */
  private static final class Applied implements BundleListener {

    final BlockingQueue<String> sites = new LinkedBlockingQueue<>();

    @Override
    public void apply(BundleContent content) {
      sites.add(site(content));
    }

    String next() throws InterruptedException {
      return sites.poll(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    }
  }
}
