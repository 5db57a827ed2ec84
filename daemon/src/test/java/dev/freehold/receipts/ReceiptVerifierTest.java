package dev.freehold.receipts;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.freehold.receipts.Verdict.Broken;
import dev.freehold.receipts.Verdict.Kind;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each thing that can be done to receipts, and whether it is found. */
final class ReceiptVerifierTest {

  private static final int REQUESTS = 24;

  @TempDir static Path shared;
  @TempDir Path folder;

  private static TestTenant tenant;
  private static DeviceSigner box;

  /** The lines of a whole log in several files, with heads in between; none is unsigned. */
  private static List<String> log;

  private static Path logFolder;
  private static SignedHead held;

  @BeforeAll
  static void writeALog() throws Exception {
    tenant = TestTenant.open(shared.resolve("authority"));
    box = tenant.device("mini-7");
    logFolder = shared.resolve("receipts");
    held = write(logFolder, box);
    log = lines(ReceiptSource.of(logFolder));
    assertTrue(Segments.list(logFolder).size() > 3);
  }

  private static SignedHead write(Path folder, DeviceSigner signer) throws IOException {
    SteppingClock clock = new SteppingClock(TestTenant.START);
    try (ReceiptLog written = ReceiptLog.open(folder, signer, clock, 12_000)) {
      for (int i = 0; i < REQUESTS; i++) {
        TestEntries.request(written, "r-" + i);
        clock.step(Duration.ofSeconds(40));
        if (i % 6 == 5) {
          written.signedHead();
        }
      }
      return written.signedHead();
    }
  }

  @Test
  void untouchedLogIsIntactFromAFolderAnExportAndAStream() throws Exception {
    Verdict.Intact folderVerdict = assertIntact(verifier().verify(ReceiptSource.of(logFolder)));
    Path export = folder.resolve("export.jsonl");
    ReceiptExport written = ReceiptExport.write(ReceiptSource.of(logFolder), export);

    assertEquals(folderVerdict, assertIntact(verifier().verify(ReceiptSource.of(export))));
    assertEquals(folderVerdict, assertIntact(verify(log)));
    assertEquals(log.size(), written.lines());
    assertEquals(0, folderVerdict.unsigned());
  }

  @Test
  void flippedBitAnywhereInALineIsFoundThere() throws Exception {
    for (String kind :
        List.of("decision", "attempt", "outcome", "head", "certificate", "segment")) {
      int index = indexOf(kind, kind.equals("certificate") ? 0 : 12);
      byte[] line = log.get(index).getBytes(StandardCharsets.US_ASCII);
      // Of long lines each seventh byte, so that each field is met.
      for (int i = 0; i < line.length; i += line.length > 1_000 ? 7 : 1) {
        byte[] flipped = line.clone();
        flipped[i] ^= 1;
        List<String> lines = copy();
        lines.set(index, new String(flipped, StandardCharsets.US_ASCII));

        Broken broken = assertBroken(Kind.TAMPERED, lines);

        assertEquals("export line " + (index + 1), broken.place(), kind + " byte " + i);
      }
    }
  }

  @Test
  void flippedBitInTheLastLineIsFound() throws Exception {
    int index = log.size() - 1;
    byte[] line = log.get(index).getBytes(StandardCharsets.US_ASCII);
    for (int i = 0; i < line.length; i++) {
      byte[] flipped = line.clone();
      flipped[i] ^= 1;
      List<String> lines = copy();
      lines.set(index, new String(flipped, StandardCharsets.US_ASCII));
      assertInstanceOf(Broken.class, verify(lines), "byte " + i);
    }
  }

  @Test
  void swappedLinesAreReordered() throws Exception {
    List<String> lines = copy();
    Collections.swap(lines, 20, 21);
    Broken broken = assertBroken(Kind.REORDERED, lines);
    assertEquals("export line 21", broken.place());
    assertEquals(21L, broken.sequence().orElseThrow());
  }

  @Test
  void deletedLinesAreMissed() throws Exception {
    List<String> lines = copy();
    lines.subList(20, 23).clear();
    Broken broken = assertBroken(Kind.DELETED, lines);
    assertEquals("export line 21", broken.place());
    assertTrue(broken.message().contains("3 lines are missing"), broken.message());
  }

  @Test
  void deletedBeginningIsMissed() throws Exception {
    Broken broken = assertBroken(Kind.DELETED, copy().subList(9, log.size()));
    assertTrue(broken.message().contains("expected number 1, found 10"), broken.message());
  }

  @Test
  void copiedLineIsInserted() throws Exception {
    List<String> lines = copy();
    lines.add(30, lines.get(25));
    assertEquals("export line 31", assertBroken(Kind.INSERTED, lines).place());
  }

  @Test
  void forgedLineIsInserted() throws Exception {
    List<String> lines = copy();
    Receipt before = receipt(lines.get(29));
    Receipt forged = follow(before, receipt(lines.get(20)).entry());
    lines.add(30, forged.toJson());
    assertEquals("export line 32", assertBroken(Kind.INSERTED, lines).place());
  }

  @Test
  void cutTailIsFoundByTheHeadThatTheControllerHolds() throws Exception {
    int cutAt = indexOf("head", 40) + 1;
    List<String> lines = copy().subList(0, cutAt);

    // Nothing in what is left says that there was more.
    assertIntact(verify(lines));
    Broken broken = assertInstanceOf(Broken.class, verifier().holding(held).verify(source(lines)));
    assertEquals(Kind.CUT, broken.kind());
    assertTrue(
        broken.message().contains("the last " + (held.sequence() - cutAt) + " are missing"),
        broken.message());
    assertEquals(
        Kind.CUT,
        assertInstanceOf(
                Broken.class,
                verifier().holding(SignedHead.parse(held.jws())).verify(source(lines)))
            .kind());
  }

  @Test
  void rewrittenMiddleContradictsTheNextHead() throws Exception {
    int index = indexOf("attempt", 20);
    List<String> lines = rewritten(index, line -> line.replace("\"bytes\":900", "\"bytes\":1"));
    Broken broken = assertBroken(Kind.TAMPERED, lines);
    assertTrue(broken.message().contains("signed head expects"), broken.message());
  }

  @Test
  void rewrittenMiddleWithoutItsHeadsIsUnsigned() throws Exception {
    int index = indexOf("attempt", 20);
    List<String> lines =
        rewritten(
            index,
            line ->
                line.contains("\"kind\":\"head\"")
                    ? ""
                    : line.replace("\"bytes\":900", "\"bytes\":1"));
    Broken broken = assertBroken(Kind.UNSIGNED, lines);
    assertTrue(broken.message().contains("signed head every second"), broken.message());
    assertEquals(Kind.UNSIGNED, assertBroken(Kind.UNSIGNED, lines.subList(0, 2)).kind());
  }

  @Test
  void headsByAnotherKeyAreUntrusted() throws Exception {
    DeviceSigner thief = new DeviceSigner(tenant.device("mini-7").key(), box.chain());
    Path place = folder.resolve("forged");
    write(place, thief);

    Broken broken = assertInstanceOf(Broken.class, verifier().verify(ReceiptSource.of(place)));

    assertEquals(Kind.UNTRUSTED, broken.kind());
    assertTrue(broken.message().contains("not by the key of box mini-7"), broken.message());
  }

  @Test
  void anotherTenantsBoxIsUntrusted() throws Exception {
    TestTenant stranger = TestTenant.open(folder.resolve("stranger"));
    write(folder.resolve("forged"), stranger.device("mini-7"));
    assertUntrusted(verifier(), "expected a chain up to the root");
  }

  @Test
  void lanClientIsNoBox() throws Exception {
    write(folder.resolve("forged"), tenant.client("mini-7"));
    assertUntrusted(verifier(), "not a box's");
  }

  @Test
  void anotherBoxIsUntrustedWhereOneIsNamed() throws Exception {
    write(folder.resolve("forged"), tenant.device("mini-8"));
    assertIntact(verifier().verify(ReceiptSource.of(folder.resolve("forged"))));
    assertUntrusted(verifier().ofBox("mini-7"), "expected a certificate of box mini-7");
  }

  @Test
  void newLogByTheDeviceKeyItselfOnlyContradictsTheHeldHead() throws Exception {
    write(folder.resolve("forged"), box);
    assertIntact(verifier().verify(ReceiptSource.of(folder.resolve("forged"))));
    Broken broken =
        assertInstanceOf(
            Broken.class,
            verifier().holding(held).verify(ReceiptSource.of(folder.resolve("forged"))));
    assertEquals(Kind.TAMPERED, broken.kind());
    assertTrue(broken.message().contains("held elsewhere"), broken.message());
  }

  @Test
  void forgedHeldHeadIsUntrusted() throws Exception {
    DeviceSigner thief = new DeviceSigner(tenant.device("mini-7").key(), box.chain());
    SignedHead forged = SignedHead.sign(thief, held.sequence(), held.hash(), held.time());
    Broken broken = assertInstanceOf(Broken.class, verifier().holding(forged).verify(source(log)));
    assertEquals(Kind.UNTRUSTED, broken.kind());
    assertEquals("the head held elsewhere", broken.place());
  }

  @Test
  void deletedFileIsMissed() throws Exception {
    Path copied = copyFolder();
    Path deleted = Segments.list(copied).get(1);
    Files.delete(deleted);
    Broken broken = assertInstanceOf(Broken.class, verifier().verify(ReceiptSource.of(copied)));
    assertEquals(Kind.DELETED, broken.kind());
    assertEquals(Segments.firstSequence(deleted), broken.sequence().orElseThrow());
  }

  @Test
  void deletedLastFileIsCut() throws Exception {
    Path copied = copyFolder();
    Files.delete(Segments.list(copied).getLast());
    Broken broken =
        assertInstanceOf(Broken.class, verifier().holding(held).verify(ReceiptSource.of(copied)));
    assertEquals(Kind.CUT, broken.kind());
  }

  @Test
  void truncatedFileInTheMiddleIsDeletion() throws Exception {
    Path copied = copyFolder();
    Path truncated = Segments.list(copied).get(1);
    byte[] bytes = Files.readAllBytes(truncated);
    Files.write(truncated, java.util.Arrays.copyOf(bytes, bytes.length - 100));
    Broken broken = assertInstanceOf(Broken.class, verifier().verify(ReceiptSource.of(copied)));
    assertEquals(Kind.DELETED, broken.kind());
    assertTrue(broken.message().contains("breaks off"), broken.message());
  }

  @Test
  void timeThatGoesBackWithoutANoteIsFound() throws Exception {
    int index = indexOf("decision", 20);
    List<String> lines = rewritten(index, line -> line.replace("T10:", "T09:"));
    assertEquals("export line " + (index + 1), assertBroken(Kind.TIME, lines).place());
  }

  @Test
  void otherSpellingOfTheSameLineIsTampering() throws Exception {
    List<String> lines = copy();
    lines.set(20, lines.get(20).replace(",\"kind\"", ", \"kind\""));
    Broken broken = assertBroken(Kind.TAMPERED, lines);
    assertTrue(broken.message().contains("canonical"), broken.message());
  }

  @Test
  void endlessLineIsNotReadIntoMemory() throws Exception {
    List<String> lines = copy();
    lines.set(20, "x".repeat(3 * LineFormat.LINE_BYTES_MAX));
    assertEquals("export line 21", assertBroken(Kind.TAMPERED, lines).place());
  }

  @Test
  void emptyFileProvesNothing() throws Exception {
    assertBroken(Kind.UNSIGNED, List.of());
  }

  private static ReceiptVerifier verifier() {
    return ReceiptVerifier.under(tenant.pin());
  }

  private static Verdict verify(List<String> lines) throws IOException {
    return verifier().verify(source(lines));
  }

  private static ReceiptSource source(List<String> lines) {
    StringBuilder text = new StringBuilder();
    lines.forEach(line -> text.append(line).append('\n'));
    return ReceiptSource.of(
        new ByteArrayInputStream(text.toString().getBytes(StandardCharsets.ISO_8859_1)), "export");
  }

  private static Verdict.Intact assertIntact(Verdict verdict) {
    return assertInstanceOf(Verdict.Intact.class, verdict, verdict.toString());
  }

  private static Broken assertBroken(Kind kind, List<String> lines) throws IOException {
    Verdict verdict = verify(lines);
    Broken broken = assertInstanceOf(Broken.class, verdict, verdict.toString());
    assertEquals(kind, broken.kind(), broken.toString());
    return broken;
  }

  private void assertUntrusted(ReceiptVerifier verifier, String reason) throws IOException {
    Broken broken =
        assertInstanceOf(Broken.class, verifier.verify(ReceiptSource.of(folder.resolve("forged"))));
    assertEquals(Kind.UNTRUSTED, broken.kind());
    assertTrue(broken.message().contains(reason), broken.message());
  }

  private static List<String> copy() {
    return new ArrayList<>(log);
  }

  private static List<String> lines(ReceiptSource source) throws IOException {
    List<String> lines = new ArrayList<>();
    source.read(receipt -> lines.add(receipt.toJson()));
    return lines;
  }

  private static int indexOf(String kind, int from) {
    for (int i = from; i < log.size(); i++) {
      if (log.get(i).contains("\"kind\":\"" + kind + "\"")) {
        return i;
      }
    }
    throw new AssertionError("no line of kind " + kind + " after " + from);
  }

  private static Receipt receipt(String line) throws Exception {
    return LineFormat.parse(line.getBytes(StandardCharsets.US_ASCII));
  }

  /** What somebody without the device key can do: change lines, and mend the chain after them. */
  private static List<String> rewritten(int from, UnaryOperator<String> change) throws Exception {
    List<String> lines = new ArrayList<>(log.subList(0, from));
    for (String line : log.subList(from, log.size())) {
      String changed = change.apply(line);
      if (!changed.isEmpty()) {
        Receipt receipt = receipt(changed);
        Receipt before = receipt(lines.getLast());
        Receipt mended =
            new Receipt(
                before.sequence() + 1,
                receipt.time(),
                before.hash(),
                LineFormat.NO_HASH,
                receipt.entry());
        lines.add(mended.toJson());
      }
    }
    return lines;
  }

  private static Receipt follow(Receipt before, Entry entry) {
    return new Receipt(
        before.sequence() + 1, before.time(), before.hash(), LineFormat.NO_HASH, entry);
  }

  private Path copyFolder() throws IOException {
    Path copied = Files.createDirectory(folder.resolve("copied"));
    try (Stream<Path> files = Segments.list(logFolder).stream()) {
      for (Path file : files.toList()) {
        Files.copy(file, copied.resolve(file.getFileName()));
      }
    }
    return copied;
  }
}
