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
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Tells the ledger of outcomes that it misses, because the daemon was killed between the receipt
 * and the ledger's commit, or because the database came back from the kill with less than it had
 * confirmed. The ledger keeps each request once, so that telling it again charges nobody twice.
 *
 * <p>Its place among the receipts is the last line up to which the ledger had every outcome when it
 * was opened: what it was told since may be gone at the next start, whatever it answered.
 */
final class LedgerCatchUp {

  private final UsageLedger ledger;
  private final Map<String, UsageRecord> asked = new LinkedHashMap<>();
  private final Map<String, Long> lines = new HashMap<>();
  private boolean complete = true;
  private long kept;

  private LedgerCatchUp(UsageLedger ledger, long kept) {
    this.ledger = ledger;
    this.kept = kept;
  }

  /**
   * Goes through the receipts since the last line that is known to be in the ledger. It was opened
   * a moment ago, and nobody else uses it yet.
   *
   * @param file where that line is kept
   */
  static void run(ReceiptLog receipts, UsageLedger ledger, Path file) throws IOException {
    long last = receipts.head();
    long before = Files.exists(file) ? Long.parseLong(DurableFiles.readText(file).strip()) : 0;
    LedgerCatchUp catchUp = new LedgerCatchUp(ledger, Math.min(before, last));
    receipts.outcomesSince(catchUp.kept, catchUp::read);
    catchUp.tell();
    long kept = catchUp.complete ? last : catchUp.kept;
    DurableFiles.write(file, Long.toString(kept), DurableFiles.Access.OWNER_ONLY);
  }

  private void read(long sequence, Instant time, Outcome outcome) throws IOException {
    asked.put(outcome.requestId(), record(time, outcome));
    lines.put(outcome.requestId(), sequence);
    if (asked.size() == UsageLedger.KNOWN_MAX) {
      tell();
    }
  }

  /** Tells the ledger which of the outcomes read it misses, and waits until it has them. */
  private void tell() throws IOException {
    try {
      Set<String> known = ledger.known(List.copyOf(asked.keySet()));
      for (Map.Entry<String, UsageRecord> entry : asked.entrySet()) {
        if (!known.contains(entry.getKey())) {
          complete = false;
          ledger.record(entry.getValue());
        } else if (complete) {
          kept = lines.get(entry.getKey());
        }
      }
      ledger.known(List.of());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while the ledger caught up", e);
    }
    asked.clear();
    lines.clear();
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
