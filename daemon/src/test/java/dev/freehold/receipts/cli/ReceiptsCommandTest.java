package dev.freehold.receipts.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.freehold.bundle.policy.Label;
import dev.freehold.bundle.policy.TrustClass;
import dev.freehold.receipts.ContentDigests;
import dev.freehold.receipts.ReceiptLog;
import dev.freehold.receipts.SignedHead;
import dev.freehold.receipts.TestEntries;
import dev.freehold.receipts.TestTenant;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.ZoneOffset;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** What a security officer does with receipts, without a daemon. */
final class ReceiptsCommandTest {

  private static final byte[] CONTENT = "the contract".getBytes(StandardCharsets.UTF_8);
  private static final byte[] ANSWER = "the summary".getBytes(StandardCharsets.UTF_8);

  @TempDir Path folder;

  private TestTenant tenant;
  private Path state;
  private Path held;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @BeforeEach
  void writeReceipts() throws Exception {
    tenant = TestTenant.open(folder.resolve("authority"));
    state = folder.resolve("state");
    Path receipts = state.resolve("receipts");
    Files.createDirectories(state.resolve("identity"));
    Files.writeString(state.resolve("identity/roots.pem"), tenant.rootsPem());
    ContentDigests digests = ContentDigests.open(receipts);
    try (ReceiptLog log =
        ReceiptLog.open(
            receipts, tenant.device("mini-7"), Clock.fixed(TestTenant.START, ZoneOffset.UTC))) {
      TestEntries.request(log, "r-1");
      TestEntries.request(log, "r-2");
      log.append(
          TestEntries.decision(
              "r-3", Label.CONFIDENTIAL, Optional.of(digests.of(CONTENT)), TrustClass.LOCAL));
      log.append(
          TestEntries.outcome(
              "r-3", Label.CONFIDENTIAL, TrustClass.LOCAL, 0, Optional.of(digests.of(ANSWER))));
      SignedHead head = log.signedHead();
      held = Files.writeString(folder.resolve("head.json"), head.toJson());
    }
  }

  @Test
  void verifySaysWhatIsSignedAndWhatWasNotAsked() {
    assertEquals(0, run("verify", state.toString()), err::toString);
    assertTrue(out.toString().contains("intact: receipts of box mini-7"), out.toString());
    assertTrue(out.toString().contains("no --head given"), out.toString());
    assertTrue(out.toString().contains("no --trust-root given"), out.toString());
  }

  @Test
  void verifyOfAnExportNeedsOnlyThePin() {
    Path export = folder.resolve("export.jsonl");
    assertEquals(0, run("export", state.toString(), "--out", export.toString()), err::toString);
    assertEquals(1, run("export", state.toString(), "--out", export.toString()));
    assertTrue(err.toString().contains("is there already"), err.toString());

    assertEquals(2, run("verify", export.toString()));
    assertTrue(err.toString().contains("Expected --trust-root"), err.toString());
    assertEquals(
        0,
        run(
            "verify",
            export.toString(),
            "--trust-root",
            tenant.pin().toString(),
            "--head",
            held.toString(),
            "--box",
            "mini-7"),
        () -> out.toString() + err);
    assertTrue(out.toString().contains("agrees with the head held elsewhere"), out.toString());
  }

  @Test
  void verifyNamesTheBadLine() throws Exception {
    Path segment = firstFile();
    String text = Files.readString(segment);
    Files.writeString(segment, text.replaceFirst("\"bytes\":900", "\"bytes\":901"));

    assertEquals(1, run("verify", state.toString()));
    assertTrue(out.toString().contains("NOT INTACT: tampered"), out.toString());
    assertTrue(out.toString().contains(segment.getFileName() + " line 5"), out.toString());
    assertEquals(1, run("verify", state.toString(), "--json"));
    assertEquals(1, run("summary", state.toString(), "--month", "2026-11"));
    assertTrue(err.toString().contains("NOT INTACT"), err.toString());
  }

  @Test
  void placeWithoutReceiptsIsSaid() {
    assertEquals(2, run("verify", folder.toString(), "--trust-root", tenant.pin().toString()));
    assertTrue(err.toString().contains("found no receipts"), err.toString());
  }

  @Test
  void summaryAnswersWhatLeft() {
    assertEquals(0, run("summary", state.toString(), "--month", "2026-11"), err::toString);
    String text = out.toString();
    assertTrue(
        text.contains(
            "bytes labelled confidential that left the box for somebody outside the allowed"
                + " classes: none"),
        text);
    assertTrue(text.contains("bytes labelled confidential that left the site: none"), text);
    assertTrue(
        text.contains("bytes labelled internal that left the site: 1800, of 2 requests"), text);
    assertTrue(
        text.matches("(?s).*internal +sovereign +helvet +CH +2 +2 +1800 +3600 +0\\.003000 CHF.*"),
        text);
  }

  @Test
  void summaryOfALabelAndOfAnotherMonth() {
    assertEquals(
        0, run("summary", state.toString(), "--month", "2026-11", "--label", "confidential"));
    assertTrue(!out.toString().contains("helvet"), out.toString());
    out.getBuffer().setLength(0);
    assertEquals(0, run("summary", state.toString(), "--month", "2026-10", "--json"));
    assertTrue(out.toString().contains("\"labels\" : [ ]"), out.toString());
    assertEquals(2, run("summary", state.toString(), "--month", "November"));
  }

  @Test
  void contentIsRecognisedByWhoHasTheKey() throws Exception {
    Path file = Files.write(folder.resolve("contract.txt"), CONTENT);
    assertEquals(0, run("show", state.toString(), "--content", file.toString()), err::toString);
    assertTrue(out.toString().contains("is the content of request r-3"), out.toString());

    Files.write(file, ANSWER);
    assertEquals(
        0, run("show", state.toString(), "--request", "r-3", "--content", file.toString()));
    assertTrue(out.toString().contains("is the answer to request r-3"), out.toString());

    Files.writeString(file, "another text");
    assertEquals(1, run("show", state.toString(), "--content", file.toString()));
  }

  @Test
  void requestIsShown() {
    assertEquals(0, run("show", state.toString(), "--request", "r-2", "--json"));
    assertEquals(3, out.toString().lines().count());
    assertTrue(out.toString().contains("\"kind\":\"attempt\""), out.toString());
    assertEquals(1, run("show", state.toString(), "--request", "r-9"));
    assertTrue(err.toString().contains("no receipts of request r-9"), err.toString());
  }

  private int run(String... arguments) {
    return new CommandLine(new ReceiptsCommand())
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(arguments);
  }

  private Path firstFile() throws IOException {
    try (var files = Files.list(state.resolve("receipts"))) {
      return files.filter(file -> file.toString().endsWith(".jsonl")).findFirst().orElseThrow();
    }
  }
}
