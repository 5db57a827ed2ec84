package dev.freehold.controller.cli;

import dev.freehold.controller.operator.BoxStatus;
import dev.freehold.controller.operator.OperatorClient;
import java.io.PrintWriter;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@Command(
    name = "box",
    mixinStandardHelpOptions = true,
    description = "The boxes of this tenant.",
    subcommands = BoxCommand.Listing.class)
final class BoxCommand implements Runnable {

  @Spec CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "Expected a command: box list.");
  }

  @Command(
      name = "list",
      mixinStandardHelpOptions = true,
      description = "Lists the boxes: serial, enrolled, last contact, bundle version, daemon.")
  static final class Listing implements Callable<Integer> {

    private static final String ROW = "%-24s %-21s %-21s %-8s %s%n";

    @Spec CommandSpec spec;
    @Mixin OperatorOption operator;

    @Override
    public Integer call() throws Exception {
      PrintWriter out = spec.commandLine().getOut();
      try (OperatorClient client = operator.connect()) {
        out.printf(ROW, "SERIAL", "ENROLLED", "SEEN", "VERSION", "DAEMON");
        for (BoxStatus box : client.boxes()) {
          out.printf(
              ROW,
              box.serial(),
              time(box.enrolled()),
              time(box.seen()),
              box.version() == 0 ? "-" : box.version(),
              box.daemon().orElse("-"));
        }
        out.flush();
        return 0;
      }
    }

    private static String time(Optional<Instant> time) {
      return time.map(instant -> instant.truncatedTo(ChronoUnit.SECONDS).toString()).orElse("-");
    }
  }
}
