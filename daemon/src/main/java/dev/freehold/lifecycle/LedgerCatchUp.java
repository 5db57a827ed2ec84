package dev.freehold.lifecycle;

import dev.freehold.bundle.files.DurableFiles;
import dev.freehold.receipts.Outcome;
import dev.freehold.receipts.ReceiptLog;
import dev.freehold.store.UsageLedger;
import dev.freehold.store.UsageRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Tells the ledger of outcomes that it may have missed, because the daemon was killed between the
 * receipt and the ledger's commit. The ledger keeps each request once, so that telling it again
 * charges nobody twice.
 */
final class LedgerCatchUp {

  private LedgerCatchUp() {}

  /**
   * Goes through the receipts since the last time.
   *
   * @param file where the line is kept up to which the ledger has everything
   */
  static void run(ReceiptLog receipts, UsageLedger ledger, Path file) throws IOException {
    long last = receipts.head();
    long before = Files.exists(file) ? Long.parseLong(DurableFiles.readText(file).strip()) : 0;
    receipts.outcomesSince(
        Math.min(before, last),
        (sequence, time, outcome) -> ledger.recordAgain(record(time, outcome)));
    try {
      // Answers once everything recorded before is written.
      ledger.query(Instant.now(), 1);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while the ledger caught up", e);
    }
    DurableFiles.write(file, Long.toString(last), DurableFiles.Access.OWNER_ONLY);
  }

  private static UsageRecord record(Instant time, Outcome outcome) {
    Optional<Outcome.Try> last =
        outcome.tries().isEmpty() ? Optional.empty() : Optional.of(outcome.tries().getLast());
    return new UsageRecord(
        outcome.requestId(),
        outcome.requestId(),
        time,
        UsageRecord.plainName(outcome.client()),
        outcome.groups().stream().map(UsageRecord::plainGroup).toList(),
        Optional.of(outcome.label().text()),
        outcome.model(),
        Optional.empty(),
        outcome.provider().or(() -> last.map(Outcome.Try::provider)),
        last.map(tried -> tried.trust().text()),
        (int) Math.min(Integer.MAX_VALUE, outcome.promptTokens()),
        (int) Math.min(Integer.MAX_VALUE, outcome.cachedTokens()),
        (int) Math.min(Integer.MAX_VALUE, outcome.completionTokens()),
        OptionalLong.empty(),
        0,
        outcome.status(),
        ending(outcome.ending()),
        Optional.empty(),
        new UsageRecord.Charged(
            outcome.costMicros(),
            outcome.costMicros(),
            outcome.currency(),
            outcome.tries().size(),
            outcome.tries().stream().mapToLong(Outcome.Try::bytesOut).sum(),
            outcome.tries().stream().mapToLong(Outcome.Try::bytesIn).sum()));
  }

  private static dev.freehold.store.Outcome ending(Outcome.Ending ending) {
    return switch (ending) {
      case COMPLETED -> dev.freehold.store.Outcome.COMPLETED;
      case REFUSED -> dev.freehold.store.Outcome.REFUSED;
      case FAILED -> dev.freehold.store.Outcome.FAILED;
      case CLIENT_GONE -> dev.freehold.store.Outcome.CLIENT_GONE;
      case STOPPED, INTERRUPTED -> dev.freehold.store.Outcome.STOPPED;
    };
  }
}
