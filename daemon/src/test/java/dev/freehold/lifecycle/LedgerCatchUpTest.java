package dev.freehold.lifecycle;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.freehold.bundle.policy.Label;
import dev.freehold.bundle.policy.TrustClass;
import dev.freehold.receipts.Decision;
import dev.freehold.receipts.Outcome;
import dev.freehold.receipts.ReceiptLog;
import dev.freehold.routing.TestOversight;
import dev.freehold.store.UsageLedger;
import dev.freehold.store.UsageRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class LedgerCatchUpTest {

  private static final String FILE = "usage.mv.db";
  private static final long COST_MICROS = 1_250;

  @TempDir private Path folder;
  private Path store;
  private Path place;

  @BeforeEach
  void makeAnEmptyLedger() {
    store = folder.resolve("store");
    place = store.resolve("caught-up");
    UsageLedger.open(store).close();
  }

  @Test
  void ledgerLearnsWhatItMissesOnce() throws Exception {
    answered("req-1", "req-2");
    catchUp();
    answered("req-3");

    assertEquals(Set.of("req-1", "req-2", "req-3"), catchUp());
    assertEquals(Set.of("req-1", "req-2", "req-3"), catchUp());
  }

  /** A database that is killed may come back with less than it has confirmed. */
  @Test
  void ledgerThatLostWhatItHadConfirmedLearnsItAgain() throws Exception {
    answered("req-1");
    catchUp();
    catchUp();
    Path before = Files.copy(store.resolve(FILE), folder.resolve("before"));
    answered("req-2");
    catchUp();
    Files.copy(before, store.resolve(FILE), StandardCopyOption.REPLACE_EXISTING);
    answered("req-3");

    assertEquals(Set.of("req-1", "req-2", "req-3"), catchUp());
  }

  /** Opens the ledger, catches up, closes it, and returns what it has: each entry once. */
  private Set<String> catchUp() throws IOException, InterruptedException {
    try (ReceiptLog receipts = TestOversight.open(folder.resolve("receipts"));
        UsageLedger ledger = UsageLedger.open(store)) {
      LedgerCatchUp.run(receipts, ledger, place);
      List<UsageRecord> records = ledger.query(Instant.EPOCH, 100);
      records.forEach(record -> assertEquals(COST_MICROS, record.charged().costMicros()));
      Set<String> entries = Set.copyOf(records.stream().map(UsageRecord::entryId).toList());
      assertEquals(entries.size(), records.size());
      return entries;
    }
  }

  private void answered(String... requests) throws IOException {
    try (ReceiptLog receipts = TestOversight.open(folder.resolve("receipts"))) {
      for (String request : requests) {
        receipts.append(decision(request));
        receipts.append(outcome(request));
      }
    }
  }

  private static Decision decision(String request) {
    return new Decision(
        request,
        "alice",
        List.of("everyone"),
        Optional.of("assistant"),
        Label.INTERNAL,
        List.of("group everyone"),
        1,
        "0".repeat(64),
        Set.of(TrustClass.LOCAL),
        Optional.of("usual"),
        List.of(),
        List.of(),
        Optional.empty());
  }

  private static Outcome outcome(String request) {
    return new Outcome(
        request,
        "alice",
        List.of("everyone"),
        Optional.of("assistant"),
        Label.INTERNAL,
        Outcome.Ending.COMPLETED,
        Optional.of("local"),
        List.of(),
        7,
        0,
        3,
        COST_MICROS,
        Optional.of("CHF"),
        200,
        Optional.empty());
  }
}
