package dev.freehold.routing;

import dev.freehold.api.TestAuthority;
import dev.freehold.detection.PersonalDataDetector;
import dev.freehold.limits.Limits;
import dev.freehold.receipts.ContentDigests;
import dev.freehold.receipts.DeviceSigner;
import dev.freehold.receipts.ReceiptLog;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.ZoneOffset;
import java.util.List;

/** Real detectors, limits and receipts, for tests that look at something else. */
public final class TestOversight {

  private static final PersonalDataDetector DETECTOR = new PersonalDataDetector();
  private static final TestAuthority.Credential DEVICE =
      TestAuthority.create("devices").client("CN=box");

  private TestOversight() {}

  /** With receipts in a folder of their own, closed with the process, and nothing limited. */
  public static Oversight create() {
    return create(limits());
  }

  /** As the other, where a test applies limits. */
  public static Oversight create(Limits limits) {
    try {
      Path folder = Files.createTempDirectory("freehold-receipts");
      ReceiptLog receipts = open(folder);
      Runtime.getRuntime().addShutdownHook(new Thread(() -> close(receipts, folder)));
      return over(receipts, folder, limits);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Over receipts that a test reads. */
  public static Oversight over(ReceiptLog receipts, Path folder, Limits limits) throws IOException {
    return new Oversight(DETECTOR, limits, new Journal(receipts, ContentDigests.open(folder)));
  }

  /** A log signed by a device of its own. */
  public static ReceiptLog open(Path folder) throws IOException {
    return ReceiptLog.open(
        folder, new DeviceSigner(DEVICE.keys().getPrivate(), DEVICE.chain()), Clock.systemUTC());
  }

  /** Limits of a box that has spent nothing. */
  public static Limits limits() {
    return new Limits(Clock.systemUTC(), ZoneOffset.UTC, from -> List.of());
  }

  private static void close(ReceiptLog receipts, Path folder) {
    try {
      receipts.close();
      try (var files = Files.walk(folder)) {
        files.sorted(java.util.Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
