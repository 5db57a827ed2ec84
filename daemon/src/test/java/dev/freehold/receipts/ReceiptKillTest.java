package dev.freehold.receipts;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.freehold.bundle.policy.Label;
import dev.freehold.bundle.policy.TrustClass;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Killed at any instant, the log has every entry whose append returned, and charges it once. */
final class ReceiptKillTest {

  private static final int ROUNDS = 4;

  @TempDir Path folder;

  @Test
  void everyAcknowledgedEntrySurvivesKill() throws Exception {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    TestTenant tenant = TestTenant.open(folder.resolve("authority"));
    Set<String> acknowledged = new HashSet<>();
    for (int round = 0; round < ROUNDS; round++) {
      acknowledged.addAll(killDuringAppends(round, random));
    }
    Path receipts = folder.resolve("receipts");
    ReceiptLog.open(receipts, tenant.device("mini-7"), Clock.systemUTC()).close();

    Map<String, Integer> outcomes = new HashMap<>();
    Set<String> entries = new HashSet<>();
    Verdict verdict =
        ReceiptVerifier.under(tenant.pin())
            .verify(
                ReceiptSource.of(receipts),
                receipt -> {
                  if (receipt.entry() instanceof Entry.RequestEntry entry) {
                    entries.add(entry.kind() + " " + entry.requestId());
                  }
                  if (receipt.entry() instanceof Outcome outcome) {
                    outcomes.merge(outcome.requestId(), 1, Integer::sum);
                  }
                });

    String message = verdict + "; seed " + seed;
    Verdict.Intact intact = assertInstanceOf(Verdict.Intact.class, verdict, message);
    assertEquals(0, intact.unsigned(), message);
    assertTrue(acknowledged.size() > 100 * ROUNDS, acknowledged.size() + " entries; " + message);
    assertTrue(entries.containsAll(acknowledged), message);
    for (String entry : entries) {
      assertEquals(
          1, outcomes.get(entry.substring(entry.indexOf(' ') + 1)), entry + "; " + message);
    }
  }

  private Set<String> killDuringAppends(int round, Random random) throws Exception {
    Process child =
        new ProcessBuilder(
                ProcessHandle.current().info().command().orElseThrow(),
                "-cp",
                System.getProperty("java.class.path"),
                Writer.class.getName(),
                folder.toString(),
                "round-" + round)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    Set<String> acknowledged = new HashSet<>();
    try (BufferedReader out =
        new BufferedReader(new InputStreamReader(child.getInputStream(), StandardCharsets.UTF_8))) {
      int entries = 150 + random.nextInt(3_000);
      for (int i = 0; i < entries; i++) {
        acknowledged.add(out.readLine());
      }
      // By its handle: the process itself would close the pipe, and what is still in it.
      child.toHandle().destroyForcibly();
      child.waitFor();
      // What it said before it died. The last line may be cut: then nobody was told.
      StringBuilder rest = new StringBuilder();
      for (int c = out.read(); c >= 0; c = out.read()) {
        rest.append((char) c);
      }
      int end = rest.lastIndexOf("\n");
      if (end > 0) {
        rest.substring(0, end).lines().forEach(acknowledged::add);
      }
    }
    return acknowledged;
  }

  /** The process that is killed: it says each entry after its append has returned. */
  static final class Writer {

    private Writer() {}

    public static void main(String[] arguments) throws IOException {
      Path folder = Path.of(arguments[0]);
      DeviceSigner signer = TestTenant.open(folder.resolve("authority")).device("mini-7");
      // Never closed: it is killed.
      ReceiptLog log =
          ReceiptLog.open(folder.resolve("receipts"), signer, Clock.systemUTC(), 200_000);
      for (int i = 0; ; i++) {
        String request = arguments[1] + "-" + i;
        append(log, TestEntries.decision(request, Label.INTERNAL, TrustClass.SOVEREIGN));
        append(log, TestEntries.attempt(request, TrustClass.SOVEREIGN, 900, 2_000));
        append(log, TestEntries.outcome(request, Label.INTERNAL, TrustClass.SOVEREIGN, 900));
      }
    }

    private static void append(ReceiptLog log, Entry.RequestEntry entry) throws IOException {
      log.append(entry);
      System.out.println(entry.kind() + " " + entry.requestId());
    }
  }
}
