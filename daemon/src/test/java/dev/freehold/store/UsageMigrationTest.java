package dev.freehold.store;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Databases of released versions open with this one, and nothing in them is lost. */
class UsageMigrationTest {

  @TempDir Path folder;

  private void writeVersion1(String... requestIds) {
    try (Database database = Database.open(folder, "usage", Migration.ALL.subList(0, 1))) {
      for (String id : requestIds) {
        database.execute(
            ("INSERT INTO usage_record (request_id, time_millis, client, client_groups, provider,"
                    + " prompt_tokens, cached_tokens, completion_tokens, duration_millis, status,"
                    + " outcome) VALUES ('%s', 1000, 'alice', 'legal,website', 'local', 7, 0, 3, 5,"
                    + " 200, 'completed')")
                .formatted(id));
      }
    }
  }

  @Test
  void version1KeepsItsRowsWhoseRequestIdsRepeat() throws Exception {
    writeVersion1("same", "other", "same");
    try (UsageLedger ledger = UsageLedger.open(folder)) {
      List<UsageRecord> records = ledger.query(Instant.EPOCH, 10);
      assertEquals(
          List.of("same", "other", "same"), records.stream().map(UsageRecord::requestId).toList());
      assertEquals(
          List.of("v1-3", "v1-2", "v1-1"), records.stream().map(UsageRecord::entryId).toList());
      assertEquals(UsageRecord.Charged.NOTHING, records.getFirst().charged());
      assertEquals(List.of("legal", "website"), records.getFirst().groups());
    }
  }

  @Test
  void stepThatWasInterruptedAfterAnyStatementIsTakenAgain() throws Exception {
    Migration costs = Migration.ALL.get(1);
    int statements = costs.statements().size();
    for (int done : IntStream.rangeClosed(1, statements).toArray()) {
      Path state = folder.resolve("after-" + done);
      java.nio.file.Files.createDirectory(state);
      try (Database database = Database.open(state, "usage", Migration.ALL.subList(0, 1))) {
        database.execute(
            "INSERT INTO usage_record (request_id, time_millis, client, client_groups,"
                + " prompt_tokens, cached_tokens, completion_tokens, duration_millis, status,"
                + " outcome) VALUES ('r', 1, 'a', '', 7, 0, 3, 5, 200, 'completed')");
        costs.statements().subList(0, done).forEach(database::execute);
      }
      try (UsageLedger ledger = UsageLedger.open(state)) {
        assertEquals("v1-1", ledger.query(Instant.EPOCH, 10).getFirst().entryId());
      }
    }
  }
}
