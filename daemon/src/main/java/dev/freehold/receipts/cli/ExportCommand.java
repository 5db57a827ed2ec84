package dev.freehold.receipts.cli;

import dev.freehold.receipts.ReceiptExport;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code freehold receipts export}. */
@Command(
    name = "export",
    mixinStandardHelpOptions = true,
    description = {
      "Writes all receipts up to the last signed head into one file of JSON Lines.",
      "",
      "Whoever gets the file checks it with nothing but the pin of the tenant's root:",
      "  freehold receipts verify FILE --trust-root sha256:… [--head HEAD.json]",
      "The key of digests is not in it."
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {"0:written", "1:not written; the reason is printed"})
final class ExportCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;
  @Mixin private PlaceParameter place;

  @Option(
      names = "--out",
      required = true,
      paramLabel = "FILE",
      description = "The file to write; it must not be there yet.")
  private Path out;

  @Override
  public Integer call() {
    try {
      ReceiptExport export = ReceiptExport.write(place.source(), out);
      spec.commandLine()
          .getOut()
          .printf(
              "%s: %d lines, %d bytes, SHA-256 %s%n",
              out, export.lines(), export.bytes(), export.sha256());
      spec.commandLine().getOut().flush();
      return 0;
    } catch (IOException e) {
      spec.commandLine().getErr().println("freehold receipts export: " + e.getMessage());
      return 1;
    }
  }
}
