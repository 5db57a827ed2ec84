package dev.freehold.receipts.cli;

import dev.freehold.receipts.ReceiptSource;
import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine.Parameters;

/** Which receipts a command is about. */
final class PlaceParameter {

  @Parameters(
      paramLabel = "PLACE",
      description = "A state folder, a folder of receipts, an export, or - for standard input.")
  private String place;

  ReceiptSource source() throws IOException {
    return place.equals("-")
        ? ReceiptSource.of(System.in, "standard input")
        : ReceiptSource.of(Path.of(place));
  }
}
