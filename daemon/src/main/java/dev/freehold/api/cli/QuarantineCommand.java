package dev.freehold.api.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.freehold.api.ControlClient;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code freehold quarantine list|release}: who is shut out, and letting them in again. */
@Command(
    name = "quarantine",
    description = "Shows who the running daemon shuts out, and lets them in again.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {QuarantineCommand.Listing.class, QuarantineCommand.Release.class})
public final class QuarantineCommand implements Runnable {

  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "Expected one of: list, release NAME.");
  }

  @Command(
      name = "list",
      description = "Lists clients and addresses that are shut out or were noticed, newest first.",
      mixinStandardHelpOptions = true)
  static final class Listing implements Callable<Integer> {

    private static final String ROW = "%-28s %-8s %-22s %-21s %-21s %s%n";

    @Spec private CommandSpec spec;

    @Mixin private DaemonOption daemon;

    @Option(names = "--json", description = "Prints the daemon's answer as it is.")
    private boolean json;

    @Override
    public Integer call() {
      PrintWriter out = spec.commandLine().getOut();
      try (ControlClient control = daemon.connect()) {
        JsonNode answer = control.quarantine();
        if (json) {
          out.println(answer.toPrettyString());
        } else {
          print(out, answer);
        }
        out.flush();
        return 0;
      } catch (IOException e) {
        spec.commandLine().getErr().println("freehold quarantine: " + e.getMessage());
        return 1;
      }
    }

    private static void print(PrintWriter out, JsonNode answer) {
      out.printf(ROW, "NAME", "KIND", "RULE", "SINCE", "SHUT OUT UNTIL", "FOUND");
      for (JsonNode entry : answer.path("entries")) {
        out.printf(
            ROW,
            entry.path("name").asText(),
            entry.path("kind").asText(),
            entry.path("rule").asText(),
            seconds(entry.path("since").asText()),
            entry.path("quarantined").asBoolean() ? seconds(entry.path("until").asText()) : "-",
            entry.path("reason").asText());
      }
    }

    private static String seconds(String time) {
      return time.length() > 20 ? time.substring(0, 19) + "Z" : time;
    }
  }

  @Command(
      name = "release",
      description = {
        "Lets a client or an address in again, and forgets that it ever was shut out.",
        "If it goes on as before it is shut out again."
      },
      mixinStandardHelpOptions = true)
  static final class Release implements Callable<Integer> {

    @Spec private CommandSpec spec;

    @Mixin private DaemonOption daemon;

    @Parameters(paramLabel = "NAME", description = "As freehold quarantine list shows it.")
    private String name;

    @Override
    public Integer call() {
      try (ControlClient control = daemon.connect()) {
        if (control.release(name).path("released").asInt() > 0) {
          return 0;
        }
        spec.commandLine()
            .getErr()
            .println(
                "freehold quarantine: nobody of this name is shut out. See freehold quarantine"
                    + " list.");
        return 1;
      } catch (IOException e) {
        spec.commandLine().getErr().println("freehold quarantine: " + e.getMessage());
        return 1;
      }
    }
  }
}
