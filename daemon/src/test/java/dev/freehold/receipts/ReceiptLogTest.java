package dev.freehold.receipts;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.freehold.bundle.policy.Label;
import dev.freehold.bundle.policy.TrustClass;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the log writes, and how it goes on after every kind of end. */
final class ReceiptLogTest {

  private static final long SMALL = 4_096;

  @TempDir static Path tenantFolder;
  @TempDir Path state;

  private static TestTenant tenant;
  private static DeviceSigner box;

  private final SteppingClock clock = new SteppingClock(TestTenant.START);
  private Path folder;

  @BeforeAll
  static void enrol() throws Exception {
    tenant = TestTenant.open(tenantFolder.resolve("authority"));
    box = tenant.device("mini-7");
  }

  @BeforeEach
  void place() {
    folder = state.resolve("receipts");
  }

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

  @Test
  void nothingOfTheContentIsInAnyFile() throws Exception {
    String canary = "canary-7f3a91";
    ContentDigests digests = ContentDigests.open(folder);
    try (ReceiptLog log = open()) {
      byte[] content = ("Please translate: " + canary).getBytes(StandardCharsets.UTF_8);
      log.append(
          TestEntries.decision(
              "r-1", Label.PUBLIC, Optional.of(digests.of(content)), TrustClass.LOCAL));
      ContentDigest answer = digests.begin();
      answer.update("voilà: ");
      answer.update(canary);
      log.append(
          TestEntries.outcome(
              "r-1", Label.PUBLIC, TrustClass.LOCAL, 0, Optional.of(answer.finish())));
    }
    assertFalse(isInSomeFile(canary));
    assertTrue(isInSomeFile("hmac-sha256:"));
    Files.writeString(folder.resolve("planted"), canary);
    assertTrue(isInSomeFile(canary), "the search finds what is there");
    assertEquals(
        "rw-------",
        PosixFilePermissions.toString(
            Files.getPosixFilePermissions(folder.resolve("content.key"))));
  }

  @Test
  void digestDependsOnTheKeyAndNotOnThePieces() throws Exception {
    ContentDigests one = ContentDigests.open(state.resolve("one"));
    ContentDigests other = ContentDigests.open(state.resolve("other"));
    byte[] text = "a text".getBytes(StandardCharsets.UTF_8);
    ContentDigest pieces = one.begin();
    pieces.update("a ");
    pieces.update(java.nio.ByteBuffer.wrap(text, 2, 4));

    assertEquals(one.of(text), pieces.finish());
    assertEquals(one.of(text), ContentDigests.open(state.resolve("one")).of(text));
    assertFalse(one.of(text).equals(other.of(text)));
    assertThrows(ReceiptException.class, () -> ContentDigests.read(state.resolve("none")));
  }

  private ReceiptLog open() throws IOException {
    return ReceiptLog.open(folder, box, clock);
  }

  private ReceiptLog openSmall() throws IOException {
    return ReceiptLog.open(folder, box, clock, SMALL);
  }

  private Verdict.Intact intact() throws IOException {
    Verdict verdict = ReceiptVerifier.under(tenant.pin()).verify(ReceiptSource.of(state));
    return assertInstanceOf(Verdict.Intact.class, verdict, verdict.toString());
  }

  private static List<Outcome> outcomes(ReceiptLog log, long after) throws IOException {
    List<Outcome> outcomes = new ArrayList<>();
    log.outcomesSince(after, (_, _, outcome) -> outcomes.add(outcome));
    return outcomes;
  }

  private List<String> kinds() throws IOException {
    List<String> kinds = new ArrayList<>();
    ReceiptSource.of(folder).read(receipt -> kinds.add(receipt.entry().kind()));
    return kinds;
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

  private List<Path> files() throws IOException {
    try (var files = Files.list(folder)) {
      return files.toList();
    }
  }

  private boolean isInSomeFile(String text) throws IOException {
    for (Path file : files()) {
      if (new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1).contains(text)) {
        return true;
      }
    }
    return false;
  }
}
