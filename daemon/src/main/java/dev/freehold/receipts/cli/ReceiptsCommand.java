package dev.freehold.receipts.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code freehold receipts}: the proof of what left the box. */
@Command(
    name = "receipts",
    mixinStandardHelpOptions = true,
    description = {
      "Checks, sums up, shows and exports the receipts of what left the box, and why.",
      "",
      "PLACE is a box's state folder, its folder of receipts, an export, or - for standard input.",
      "No daemon needs to run."
    },
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      VerifyCommand.class,
      SummaryCommand.class,
      ShowCommand.class,
      ExportCommand.class
    })
public final class ReceiptsCommand implements Runnable {

  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(), "Expected one of: verify, summary, show, export.");
  }
}
