package dev.freehold.receipts;

import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A log of one box, and what an auditor finds in it. */
abstract class LoggedTest {

  static final long SMALL = 4_096;

  @TempDir static Path tenantFolder;
  @TempDir Path state;

  static TestTenant tenant;
  static DeviceSigner box;

  final SteppingClock clock = new SteppingClock(TestTenant.START);
  Path folder;

  @BeforeAll
  static void enrol() throws Exception {
    tenant = TestTenant.open(tenantFolder.resolve("authority"));
    box = tenant.device("mini-7");
  }

  @BeforeEach
  void place() {
    folder = state.resolve("receipts");
  }

  final ReceiptLog open() throws IOException {
    return ReceiptLog.open(folder, box, clock);
  }

  final ReceiptLog openSmall() throws IOException {
    return ReceiptLog.open(folder, box, clock, SMALL);
  }

  final Verdict.Intact intact() throws IOException {
    Verdict verdict = ReceiptVerifier.under(tenant.pin()).verify(ReceiptSource.of(state));
    return assertInstanceOf(Verdict.Intact.class, verdict, verdict.toString());
  }

  static List<Outcome> outcomes(ReceiptLog log, long after) throws IOException {
    List<Outcome> outcomes = new ArrayList<>();
    log.outcomesSince(after, (_, _, outcome) -> outcomes.add(outcome));
    return outcomes;
  }

  final List<Path> files() throws IOException {
    try (var files = Files.list(folder)) {
      return files.toList();
    }
  }
}
