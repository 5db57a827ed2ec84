package dev.freehold.abuse;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A watch and its quarantine, with a clock that stands still until it is moved. */
abstract class WatchedTest {

  static final Instant START = Instant.parse("2026-03-02T08:00:00Z");
  static final Suspect.Client ALICE = new Suspect.Client("alice", "CN=clients");
  static final Suspect.Client BOB = new Suspect.Client("bob", "CN=clients");
  static final Suspect.Address DESK = new Suspect.Address("192.0.2.7");
  static final Suspect.Address OTHER = new Suspect.Address("192.0.2.8");

  @TempDir Path folder;

  final AtomicReference<Instant> now = new AtomicReference<>(START);
  Quarantine quarantine;
  Watch watch;

  @BeforeEach
  void open() {
    quarantine = Quarantine.open(folder.resolve("quarantine.json"), now::get);
    watch = new Watch(AbuseRules.defaults(), quarantine, now::get);
  }

  /** Breaks a rule, whatever was counted before. */
  final void offend(Suspect.Client client) {
    for (int i = 0; i <= AbuseRules.LOGPROBS_MAX; i++) {
      watch.seen(new Event.Prompted(client, 1, 1, true));
    }
  }

  final boolean isOut(Suspect suspect) {
    return quarantine.check(suspect).isPresent();
  }

  final void advance(Duration by) {
    now.updateAndGet(time -> time.plus(by));
  }
}
