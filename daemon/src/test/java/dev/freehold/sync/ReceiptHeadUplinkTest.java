package dev.freehold.sync;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.freehold.abuse.Quarantine;
import dev.freehold.controller.cli.FreeholdCtl;
import dev.freehold.identity.Identity;
import dev.freehold.identity.RunningController;
import dev.freehold.receipts.DeviceSigner;
import dev.freehold.receipts.ReceiptException;
import dev.freehold.receipts.ReceiptLog;
import dev.freehold.receipts.TestEntries;
import dev.freehold.receipts.cli.ReceiptsCommand;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** What a box signed reaches the controller, and from there whoever verifies the box's receipts. */
final class ReceiptHeadUplinkTest {

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @TempDir Path folder;

  @Test
  void headThatTheControllerHoldsShowsThatTheTailWasCut() throws Exception {
    Path receipts = folder.resolve("box/receipts");
    Path head = folder.resolve("head.json");
    String pin;
    try (RunningController controller = RunningController.start(folder.resolve("controller"))) {
      Identity identity = controller.enrol(folder.resolve("box/identity"), "box-1");
      pin = controller.controller().pin().toString();
      // The system's clock has more digits than milliseconds, and all of them are signed.
      try (ReceiptLog log =
          ReceiptLog.open(receipts, DeviceSigner.of(identity), Clock.systemUTC())) {
        for (int i = 0; i < 5; i++) {
          TestEntries.request(log, "r-" + i);
        }
        long told = log.signedHead().sequence();
        report(identity, log);
        assertEquals(
            told,
            controller.operator().receiptHeads("box-1").at("/heads/0/head/sequence").asLong());
        assertTrue(controller.operator().receiptHeads("box-1").at("/heads/0/verified").asBoolean());
      }
      run(
          FreeholdCtl.commandLine(),
          0,
          "receipts",
          "head",
          "box-1",
          "--out",
          head.toString(),
          "--operator=" + controller.controller().operatorFolder());
    }

    String[] verify = {
      "verify", receipts.toString(), "--trust-root", pin, "--head", head.toString()
    };
    String whole = run(new CommandLine(new ReceiptsCommand()), 0, verify);
    assertTrue(whole.contains("agrees with the head held elsewhere"), whole);

    Path segment = segment(receipts);
    List<String> lines = Files.readAllLines(segment);
    // The start is signed: what is left is a whole log that ended earlier.
    int firstHead = 0;
    while (!lines.get(firstHead).contains("\"kind\":\"head\"")) {
      firstHead++;
    }
    Files.write(segment, lines.subList(0, firstHead + 1));

    String cut = run(new CommandLine(new ReceiptsCommand()), 1, verify);
    assertTrue(cut.contains("NOT INTACT: cut"), cut);
    run(
        new CommandLine(new ReceiptsCommand()),
        0,
        "verify",
        receipts.toString(),
        "--trust-root",
        pin);
  }

  private void report(Identity identity, ReceiptLog log) throws Exception {
    Quarantine quarantine =
        Quarantine.open(folder.resolve("box/quarantine.json"), InstantSource.system());
    HeartbeatSources sources =
        new HeartbeatSources(
            OptionalLong::empty,
            () -> {
              try {
                return Optional.of(log.signedHead().head());
              } catch (ReceiptException e) {
                throw new UncheckedIOException(e);
              }
            },
            (_, _) -> List.of(),
            quarantine);
    try (Heartbeat heartbeat =
        Heartbeat.start(
            identity,
            folder.resolve("box/reported-until"),
            sources,
            HeartbeatSettings.defaults(InstantSource.system()))) {
      long deadline = System.nanoTime() + PATIENCE.toNanos();
      while (heartbeat.lastAccepted().isEmpty()) {
        assertTrue(System.nanoTime() < deadline, "the controller took no heartbeat");
        Thread.onSpinWait();
      }
    }
  }

  private static Path segment(Path receipts) throws Exception {
    try (var files = Files.list(receipts)) {
      return files.filter(file -> file.toString().endsWith(".jsonl")).findFirst().orElseThrow();
    }
  }

  private static String run(CommandLine command, int code, String... arguments) {
    StringWriter printed = new StringWriter();
    int found =
        command
            .setOut(new PrintWriter(printed, true))
            .setErr(new PrintWriter(printed, true))
            .execute(arguments);
    assertEquals(code, found, printed.toString());
    return printed.toString();
  }
}
