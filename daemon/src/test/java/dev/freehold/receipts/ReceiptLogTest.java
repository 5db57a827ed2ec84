package dev.freehold.receipts;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.freehold.bundle.policy.Label;
import dev.freehold.bundle.policy.TrustClass;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** What the log writes, in which order, and what it refuses. */
final class ReceiptLogTest extends LoggedTest {

  @Test
  void whatIsAppendedVerifiesAndOnlyItsOwnerReadsIt() throws Exception {
    try (ReceiptLog log = open()) {
      TestEntries.request(log, "r-1");
    }

    Verdict.Intact intact = intact();
    assertEquals("mini-7", intact.box());
    assertEquals(0, intact.unsigned());
    assertEquals(0, intact.headsOutOfValidity());
    // The file's first line, the certificate, a head, the request's three, the last head.
    assertEquals(7, intact.lines());
    assertEquals(6, intact.signedUpTo());
    for (Path file : files()) {
      assertEquals(
          "rw-------",
          PosixFilePermissions.toString(Files.getPosixFilePermissions(file)),
          file.toString());
    }
    String text = Files.readString(Segments.list(folder).getFirst());
    assertTrue(text.contains("Zo\\u00eb's laptop"), "beyond ASCII is escaped");
    assertTrue(text.chars().allMatch(c -> c < 0x80));
  }

  @Test
  void attemptOutsideTheLocalityOfItsLabelIsRefused() throws Exception {
    try (ReceiptLog log = open()) {
      log.append(TestEntries.decision("r-1", Label.CONFIDENTIAL, TrustClass.LOCAL));

      IllegalStateException refused =
          assertThrows(
              IllegalStateException.class,
              () -> log.append(TestEntries.attempt("r-1", TrustClass.CLOUD, 10, 1)));

      assertTrue(refused.getMessage().contains("confidential"), refused.getMessage());
      log.append(TestEntries.outcome("r-1", Label.CONFIDENTIAL, TrustClass.LOCAL, 0));
    }
    assertEquals(0, kinds().stream().filter("attempt"::equals).count());
  }

  @Test
  void nothingFollowsWithoutADecision() throws Exception {
    try (ReceiptLog log = open()) {
      assertThrows(
          IllegalStateException.class,
          () -> log.append(TestEntries.attempt("r-1", TrustClass.SITE, 10, 1)));
      assertThrows(
          IllegalStateException.class,
          () -> log.append(TestEntries.outcome("r-1", Label.PUBLIC, TrustClass.LOCAL, 0)));
      log.append(TestEntries.decision("r-1", Label.PUBLIC, TrustClass.LOCAL));
      assertThrows(
          IllegalStateException.class,
          () -> log.append(TestEntries.decision("r-1", Label.PUBLIC, TrustClass.LOCAL)));
      assertEquals(1, log.openRequests());
    }
  }

  @Test
  void newDayBeginsANewFile() throws Exception {
    try (ReceiptLog log = open()) {
      TestEntries.request(log, "r-1");
      clock.step(Duration.ofDays(1));
      TestEntries.request(log, "r-2");
    }
    List<String> names =
        Segments.list(folder).stream().map(file -> file.getFileName().toString()).toList();
    assertEquals(2, names.size());
    assertEquals("0000000000000001-2026-11-10.jsonl", names.getFirst());
    assertTrue(names.getLast().endsWith("-2026-11-11.jsonl"), names.getLast());
    intact();
  }

  @Test
  void renewedCertificateIsStoredOnceAndVerifies() throws Exception {
    DeviceSigner renewed = tenant.device("mini-7");
    try (ReceiptLog log = openSmall()) {
      TestEntries.request(log, "r-1");
      log.renew(renewed);
      for (int i = 0; i < 20; i++) {
        TestEntries.request(log, "after-" + i);
      }
    }
    ReceiptLog.open(folder, renewed, clock, SMALL).close();
    assertEquals(2, kinds().stream().filter("certificate"::equals).count());
    intact();
  }

  @Test
  void clockThatIsSetBackIsNoted() throws Exception {
    try (ReceiptLog log = open()) {
      TestEntries.request(log, "r-1");
      clock.step(Duration.ofMinutes(-4));
      TestEntries.request(log, "r-2");
      clock.step(Duration.ofHours(-3));
      TestEntries.request(log, "r-3");
    }
    assertEquals(1, intact().clockSetBack());
  }

  @Test
  void expiredDeviceCertificateStillSignsAndIsCounted() throws Exception {
    try (ReceiptLog log = open()) {
      clock.step(Duration.ofDays(40));
      TestEntries.request(log, "r-1");
    }
    assertEquals(1, intact().headsOutOfValidity());
  }

  @Test
  void interruptedRequestDoesNotCloseTheLog() throws Exception {
    try (ReceiptLog log = open()) {
      Thread.currentThread().interrupt();
      TestEntries.request(log, "r-1");
      assertTrue(Thread.interrupted(), "the interrupt is left to its owner");
      TestEntries.request(log, "r-2");
    }
    intact();
  }

  @Test
  void signedHeadCoversWhatWasAppendedBefore() throws Exception {
    try (ReceiptLog log = open()) {
      TestEntries.request(log, "r-1");
      long last = log.head();

      SignedHead head = log.signedHead();

      assertTrue(head.sequence() >= last, head.toString());
      assertEquals(head, log.signedHead(), "nothing new, nothing signed");
      assertEquals(head, SignedHead.parse(head.toJson()));
      Verdict verdict =
          ReceiptVerifier.under(tenant.pin()).holding(head).verify(ReceiptSource.of(state));
      assertInstanceOf(Verdict.Intact.class, verdict, verdict.toString());
    }
  }

  @Test
  void manyThreadsMakeOneChain() throws Exception {
    int threads = 8;
    int requests = 250;
    Set<Long> sequences = new HashSet<>();
    try (ReceiptLog log = ReceiptLog.open(folder, box, clock, 65_536);
        ExecutorService pool = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<List<Long>>> runs = new ArrayList<>();
      for (int t = 0; t < threads; t++) {
        String name = "t" + t + "-";
        runs.add(
            pool.submit(
                () -> {
                  List<Long> mine = new ArrayList<>();
                  for (int i = 0; i < requests; i++) {
                    mine.add(
                        log.append(TestEntries.decision(name + i, Label.PUBLIC, TrustClass.LOCAL)));
                    mine.add(
                        log.append(
                            TestEntries.outcome(name + i, Label.PUBLIC, TrustClass.LOCAL, 0)));
                    if (i % 50 == 0) {
                      log.signedHead();
                    }
                  }
                  return mine;
                }));
      }
      for (Future<List<Long>> run : runs) {
        sequences.addAll(run.get());
      }
      assertEquals(threads * requests, outcomes(log, 0).size());
    }
    assertEquals(2 * threads * requests, sequences.size());
    assertEquals(0, intact().unsigned());
  }

  private List<String> kinds() throws IOException {
    List<String> kinds = new ArrayList<>();
    ReceiptSource.of(folder).read(receipt -> kinds.add(receipt.entry().kind()));
    return kinds;
  }
}
