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
import picocli.CommandLine.Spec;

/** {@code freehold status}: what the running daemon says of itself. */
@Command(
    name = "status",
    description = "Shows what the running daemon is, runs and waits for.",
    mixinStandardHelpOptions = true)
public final class StatusCommand implements Callable<Integer> {

  private static final int KEY_COLUMNS_MIN = 12;

  @Spec private CommandSpec spec;

  @Mixin private DaemonOption daemon;

  @Option(names = "--json", description = "Prints the daemon's answer as it is.")
  private boolean json;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    try (ControlClient control = daemon.connect()) {
      JsonNode answer = control.status();
      if (json) {
        out.println(answer.toPrettyString());
      } else {
        int width =
            answer.properties().stream()
                .mapToInt(field -> field.getKey().length())
                .reduce(KEY_COLUMNS_MIN, Math::max);
        String line = "%-" + width + "s %s%n";
        answer
            .properties()
            .forEach(field -> out.printf(line, field.getKey(), field.getValue().asText()));
      }
      out.flush();
      return 0;
    } catch (IOException e) {
      spec.commandLine().getErr().println("freehold status: " + e.getMessage());
      return 1;
    }
  }
}
