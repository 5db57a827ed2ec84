package dev.freehold.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UsageLedgerTest {

  private static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");

  @TempDir Path folder;

  private static UsageRecord record(String id, Instant time) {
    return new UsageRecord(
        "entry-" + id,
        id,
        time,
        "alice",
        List.of("website", "legal"),
        Optional.of("confidential"),
        Optional.of("assistant"),
        Optional.of("usual"),
        Optional.of("local"),
        Optional.of("local"),
        120,
        100,
        34,
        OptionalLong.of(56),
        789,
        200,
        Outcome.COMPLETED,
        Optional.empty(),
        new UsageRecord.Charged(52_500, 80_000, Optional.of("CHF"), 2, 1_000, 2_000));
  }

  private static UsageRecord refused(String id) {
    return new UsageRecord(
        "entry-" + id,
        id,
        NOON,
        "",
        List.of(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        0,
        0,
        0,
        OptionalLong.empty(),
        1,
        400,
        Outcome.REFUSED,
        Optional.of("invalid_request"),
        UsageRecord.Charged.NOTHING);
  }

  @Test
  void recordsSurviveReopening() throws Exception {
    UsageRecord full = record("r-1", NOON);
    UsageRecord bare = refused("r-2");
    try (UsageLedger ledger = UsageLedger.open(folder)) {
      ledger.record(full);
      ledger.record(bare);
    }
    try (UsageLedger ledger = UsageLedger.open(folder)) {
      assertEquals(List.of(bare, full), ledger.query(Instant.EPOCH, 10));
    }
  }

  @Test
  void queryIsNewestFirstBoundedAndSince() throws Exception {
    try (UsageLedger ledger = UsageLedger.open(folder)) {
      for (int i = 0; i < 30; i++) {
        ledger.record(record("r-" + i, NOON.plusSeconds(i)));
      }
      assertEquals("r-29", ledger.query(Instant.EPOCH, 5).getFirst().requestId());
      assertEquals(5, ledger.query(Instant.EPOCH, 5).size());
      assertEquals(10, ledger.query(NOON.plusSeconds(20), 100).size());
      assertThrows(IllegalArgumentException.class, () -> ledger.query(Instant.EPOCH, 0));
    }
  }

  @Test
  void recordsOfManyThreadsAreAllKept() throws Exception {
    try (UsageLedger ledger = UsageLedger.open(folder)) {
      try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
        for (int t = 0; t < 20; t++) {
          String prefix = "t" + t + "-";
          threads.execute(
              () -> {
                for (int i = 0; i < 100; i++) {
                  ledger.record(record(prefix + i, NOON));
                }
              });
        }
      }
      assertEquals(
          2_000,
          ledger.query(Instant.EPOCH, UsageLedger.QUERY_MAX).stream()
              .map(UsageRecord::requestId)
              .distinct()
              .count());
      assertEquals(0, ledger.lost());
    }
  }

  @Test
  void closingWritesWhatIsQueued() throws Exception {
    List<String> ids = new ArrayList<>();
    try (UsageLedger ledger = UsageLedger.open(folder)) {
      for (int i = 0; i < 1_500; i++) {
        ids.add("r-" + i);
        ledger.record(record("r-" + i, NOON));
      }
    }
    try (UsageLedger ledger = UsageLedger.open(folder)) {
      assertEquals(ids.size(), ledger.query(Instant.EPOCH, UsageLedger.QUERY_MAX).size());
    }
  }

  @Test
  void closedLedgerCountsWhatItCannotKeep() {
    UsageLedger ledger = UsageLedger.open(folder);
    ledger.close();
    ledger.record(record("late", NOON));
    assertEquals(1, ledger.lost());
  }

  @Test
  void keyFileIsTheOwnersAloneAndTheDatabaseIsUnreadable() throws Exception {
    try (UsageLedger ledger = UsageLedger.open(folder)) {
      ledger.record(record("findable-request-id", NOON));
    }
    Path key = folder.resolve("usage.key");
    assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(key)));
    assertTrue(Files.readString(key).matches("[0-9a-f]{64}\n"));
    String raw = Files.readString(folder.resolve("usage.mv.db"), StandardCharsets.ISO_8859_1);
    assertFalse(raw.contains("findable-request-id"));
    assertFalse(raw.contains("usage_record"));
  }

  @Test
  void wrongKeyIsNamedAsSuch() throws IOException {
    UsageLedger.open(folder).close();
    Files.writeString(folder.resolve("usage.key"), "0".repeat(64));
    StoreException e = assertThrows(StoreException.class, () -> UsageLedger.open(folder));
    assertTrue(e.getMessage().contains("does not open with its key file"), e.getMessage());
  }

  @Test
  void lostKeyIsNeverReplacedByANewOne() throws IOException {
    UsageLedger.open(folder).close();
    Files.delete(folder.resolve("usage.key"));
    StoreException e = assertThrows(StoreException.class, () -> UsageLedger.open(folder));
    assertTrue(e.getMessage().contains("usage.key"), e.getMessage());
    assertFalse(Files.exists(folder.resolve("usage.key")));
  }

  @Test
  void damagedFileIsNamedAsSuch() throws IOException {
    UsageLedger.open(folder).close();
    byte[] noise = new byte[64 * 1024];
    new Random(7).nextBytes(noise);
    Files.write(folder.resolve("usage.mv.db"), noise);
    StoreException e = assertThrows(StoreException.class, () -> UsageLedger.open(folder));
    assertTrue(e.getMessage().contains("usage.mv.db"), e.getMessage());
  }

  @Test
  void schemaIsMigratedOnceAndItsStepsAreChecked() {
    Migration first = new Migration(1, "one", List.of("CREATE TABLE one (id INTEGER)"));
    Migration second =
        new Migration(2, "two", List.of("CREATE TABLE two (id INTEGER)", "DROP TABLE one"));
    Database.open(folder, "test", List.of(first)).close();
    Database.open(folder, "test", List.of(first, second)).close();
    try (Database database = Database.open(folder, "test", List.of(first, second))) {
      database.execute("INSERT INTO two VALUES (1)");
    }
    StoreException newer =
        assertThrows(StoreException.class, () -> Database.open(folder, "test", List.of(first)));
    assertTrue(newer.getMessage().contains("newer version"), newer.getMessage());
    Migration changed = new Migration(1, "one", List.of("CREATE TABLE one (id BIGINT)"));
    StoreException other =
        assertThrows(
            StoreException.class, () -> Database.open(folder, "test", List.of(changed, second)));
    assertTrue(other.getMessage().contains("Step 1 (one)"), other.getMessage());
  }
}
