package dev.freehold.lifecycle;

import dev.freehold.api.cli.QuarantineCommand;
import dev.freehold.api.cli.RouteCommand;
import dev.freehold.api.cli.StatusCommand;
import dev.freehold.api.cli.UsageCommand;
import dev.freehold.models.cli.ModelsCommand;
import dev.freehold.receipts.cli.ReceiptsCommand;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The {@code freehold} command. */
@Command(
    name = "freehold",
    mixinStandardHelpOptions = true,
    versionProvider = DaemonVersion.class,
    description = {
      "An office's own AI appliance: serves models to the LAN over mutual TLS.",
      "",
      "A box enrols once with its controller, then serves:",
      "  freehold enrol --state DIR --controller URL --pin PIN --serial S --token-file F",
      "  freehold serve --state DIR"
    },
    subcommands = {
      EnrolCommand.class,
      ServeCommand.class,
      ModelsCommand.class,
      StatusCommand.class,
      UsageCommand.class,
      RouteCommand.class,
      ReceiptsCommand.class,
      QuarantineCommand.class,
      ProbeCommand.class
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:done",
      "1:it failed; the reason is on standard error",
      "2:the command line is wrong"
    })
public final class Freehold implements Runnable {

  private static final int USAGE_COLUMNS = 100;

  @Spec private CommandSpec spec;

  /** Runs the command line and exits with its code. */
  public static void main(String[] args) {
    System.exit(commandLine().execute(args));
  }

  static CommandLine commandLine() {
    return new CommandLine(new Freehold())
        .setUsageHelpWidth(USAGE_COLUMNS)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setExecutionExceptionHandler(
            (failure, line, _) -> {
              line.getErr().println("freehold: " + Failure.describe(failure));
              return 1;
            });
  }

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(), "a command is needed; see freehold --help for the list");
  }
}
