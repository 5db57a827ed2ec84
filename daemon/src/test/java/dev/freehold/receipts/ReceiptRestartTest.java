package dev.freehold.receipts;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.freehold.bundle.policy.Label;
import dev.freehold.bundle.policy.TrustClass;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** How the log goes on after every kind of end. */
final class ReceiptRestartTest extends LoggedTest {

  @Test
  void requestsWithoutOutcomeAreChargedAsReservedAtTheNextStart() throws Exception {
    long before;
    try (ReceiptLog log = open()) {
      TestEntries.request(log, "settled");
      before = log.head();
      log.append(
          TestEntries.decision("sent", Label.INTERNAL, TrustClass.LOCAL, TrustClass.SOVEREIGN));
      log.append(TestEntries.attempt("sent", TrustClass.SOVEREIGN, 900, 2_000));
      log.append(TestEntries.decision("local", Label.RESTRICTED, TrustClass.LOCAL));
    }
    try (ReceiptLog log = open()) {
      List<Outcome> outcomes = outcomes(log, before);

      assertEquals(List.of("sent", "local"), outcomes.stream().map(Outcome::requestId).toList());
      assertEquals(Outcome.Ending.INTERRUPTED, outcomes.getFirst().ending());
      assertEquals(2_000, outcomes.getFirst().costMicros());
      assertEquals(Optional.of("CHF"), outcomes.getFirst().currency());
      assertEquals(900, outcomes.getFirst().tries().getFirst().bytesOut());
      assertEquals(0, outcomes.getLast().costMicros());
      assertEquals(0, log.openRequests());
      assertEquals(3, outcomes(log, 0).size());
      assertEquals(0, outcomes(log, log.head()).size());
    }
    try (ReceiptLog log = open()) {
      assertEquals(3, outcomes(log, 0).size(), "charged once");
    }
    intact();
  }

  @Test
  void requestThatSpansManyFilesIsFoundAgain() throws Exception {
    try (ReceiptLog log = openSmall()) {
      log.append(
          TestEntries.decision("long", Label.INTERNAL, TrustClass.LOCAL, TrustClass.SOVEREIGN));
      log.append(TestEntries.attempt("long", TrustClass.SOVEREIGN, 900, 3_000));
      for (int i = 0; i < 40; i++) {
        TestEntries.request(log, "r-" + i);
      }
    }
    assertTrue(Segments.list(folder).size() > 5, Segments.list(folder).toString());
    try (ReceiptLog log = openSmall()) {
      List<Outcome> outcomes = outcomes(log, 0);
      assertEquals(41, outcomes.size());
      assertEquals("long", outcomes.getLast().requestId());
      assertEquals(3_000, outcomes.getLast().costMicros());
    }
    intact();
  }

  @Test
  void tornLastLineIsMovedAsideAndSaid() throws Exception {
    try (ReceiptLog log = open()) {
      TestEntries.request(log, "r-1");
    }
    byte[] torn = "{\"body\":{\"request\":\"r-2\"".getBytes(StandardCharsets.US_ASCII);
    Files.write(Segments.list(folder).getLast(), torn, StandardOpenOption.APPEND);
    assertEquals(torn.length, intact().unfinishedBytes());

    try (ReceiptLog log = open()) {
      TestEntries.request(log, "r-3");
    }

    assertEquals(1, intact().recovered());
    assertEquals(torn.length, recovered().bytesDropped());
    assertEquals(
        new String(torn, StandardCharsets.US_ASCII),
        Files.readString(folder.resolve(recovered().movedTo())));
  }

  @Test
  void blocksThatWereNeverWrittenAreMovedAside() throws Exception {
    try (ReceiptLog log = open()) {
      TestEntries.request(log, "r-1");
    }
    byte[] zeros = new byte[5_000];
    zeros[4_000] = '\n';
    Files.write(Segments.list(folder).getLast(), zeros, StandardOpenOption.APPEND);

    open().close();

    assertEquals(1, intact().recovered());
    assertEquals(5_000, recovered().bytesDropped());
  }

  @Test
  void fileWhoseFirstLineIsTornIsBegunAgain() throws Exception {
    try (ReceiptLog log = open()) {
      TestEntries.request(log, "r-1");
    }
    Files.writeString(folder.resolve("0000000000000008-2026-11-10.jsonl"), "{\"bo");
    Files.writeString(folder.resolve("0000000000000009-2026-11-10.jsonl"), "");

    try (ReceiptLog log = open()) {
      TestEntries.request(log, "r-2");
    }

    assertEquals(1, Segments.list(folder).size());
    assertEquals(4, recovered().bytesDropped());
    intact();
  }

  @Test
  void changedLineStopsTheStart() throws Exception {
    try (ReceiptLog log = open()) {
      TestEntries.request(log, "r-1");
    }
    Path segment = Segments.list(folder).getLast();
    String changed = Files.readString(segment).replaceFirst("\"bytes\":900", "\"bytes\":800");
    Files.writeString(segment, changed);

    ReceiptException stopped = assertThrows(ReceiptException.class, this::open);

    assertTrue(stopped.getMessage().contains("line 6"), stopped.getMessage());
    assertTrue(stopped.getMessage().contains("moving it away"), stopped.getMessage());
    assertEquals(changed, Files.readString(segment));
  }

  @Test
  void secondDaemonIsRefused() throws Exception {
    try (ReceiptLog log = open()) {
      ReceiptException refused = assertThrows(ReceiptException.class, this::open);
      assertTrue(refused.getMessage().contains("another daemon"), refused.getMessage());
      TestEntries.request(log, "r-1");
    }
    open().close();
    intact();
  }

  @Test
  void closedLogTakesNothing() throws Exception {
    ReceiptLog log = open();
    log.close();
    log.close();

    assertThrows(ReceiptException.class, () -> TestEntries.request(log, "r-1"));
    intact();
  }

  private Entry.Recovered recovered() throws IOException {
    List<Entry.Recovered> all = new ArrayList<>();
    ReceiptSource.of(folder)
        .read(
            receipt -> {
              if (receipt.entry() instanceof Entry.Recovered recovered) {
                all.add(recovered);
              }
            });
    assertEquals(1, all.size());
    return all.getFirst();
  }
}
