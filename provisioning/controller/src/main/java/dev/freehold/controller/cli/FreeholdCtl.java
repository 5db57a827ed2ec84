package dev.freehold.controller.cli;

import dev.freehold.controller.operator.OperatorException;
import dev.freehold.controller.store.StoreException;
import java.io.IOException;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The {@code freeholdctl} command. */
@Command(
    name = "freeholdctl",
    mixinStandardHelpOptions = true,
    versionProvider = FreeholdCtl.Version.class,
    description = {
      "Runs a Freehold controller and operates it.",
      "",
      "A first site in four steps:",
      "  freeholdctl serve --state DIR            start; leave it running",
      "  export FREEHOLD_OPERATOR=DIR/operator    how the next ones reach it",
      "  freeholdctl policy publish site.yaml     what boxes may do",
      "  freeholdctl token create --box SERIAL    then, on the box: freehold enrol …"
    },
    subcommands = {
      ServeCommand.class,
      TokenCommand.class,
      ClientCommand.class,
      PolicyCommand.class,
      BoxCommand.class,
      UsageCommand.class,
      AlertsCommand.class,
      ReceiptsCommand.class,
      AuditCommand.class
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:done",
      "1:it failed; the reason is on standard error",
      "2:the command line is wrong"
    })
public final class FreeholdCtl implements Runnable {

  @Spec CommandSpec spec;

  public static void main(String[] arguments) {
    System.exit(commandLine().execute(arguments));
  }

  /** The command with its way of telling failures: one line that says what to do, no trace. */
  public static CommandLine commandLine() {
    return new CommandLine(new FreeholdCtl())
        .setExecutionExceptionHandler(
            (failure, command, result) -> {
              command.getErr().println(describe(failure));
              command.getErr().flush();
              return 1;
            });
  }

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(), "Expected a command, found none. See freeholdctl --help.");
  }

  private static String describe(Exception failure) {
    boolean known =
        failure instanceof OperatorException
            || failure instanceof StoreException
            || failure instanceof IOException
            || failure instanceof IllegalArgumentException;
    String message = failure.getMessage();
    return known && message != null ? message : "Failed: " + failure;
  }

  /** As the jar's manifest has it. */
  static final class Version implements IVersionProvider {

    @Override
    public String[] getVersion() {
      return new String[] {
        "freeholdctl "
            + Optional.ofNullable(FreeholdCtl.class.getPackage().getImplementationVersion())
                .orElse("0.1.0-unpackaged")
      };
    }
  }
}
