package dev.freehold.api.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.freehold.api.ControlClient;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code freehold usage}: who asked for how much, and where it went. */
@Command(
    name = "usage",
    description = "Shows the newest usage records of the running daemon.",
    mixinStandardHelpOptions = true)
public final class UsageCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;

  @Mixin private DaemonOption daemon;

  @Option(
      names = "--since",
      paramLabel = "TIME",
      description = "Only newer ones: 2026-01-31T08:00:00Z, or an age such as 30m, 24h or 7d.")
  private String since;

  @Option(
      names = "--limit",
      defaultValue = "50",
      paramLabel = "N",
      description = "How many at most (default: ${DEFAULT-VALUE}).")
  private int limit;

  @Option(names = "--json", description = "Prints the daemon's answer as it is.")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    try (ControlClient client = daemon.connect()) {
      JsonNode answer = client.usage(instant(), limit);
      if (json) {
        out.println(answer.toPrettyString());
      } else {
        print(out, answer);
      }
      out.flush();
      return 0;
    } catch (IOException e) {
      spec.commandLine().getErr().println("freehold usage: " + e.getMessage());
      return 1;
    }
  }

  private Instant instant() {
    if (since == null) {
      return Instant.EPOCH;
    }
    try {
      if (since.matches("[0-9]{1,6}[mhd]")) {
        String upper = since.toUpperCase(Locale.ROOT);
        Duration age = Duration.parse(upper.endsWith("D") ? "P" + upper : "PT" + upper);
        return Instant.now().minus(age);
      }
      return Instant.parse(since);
    } catch (DateTimeException e) {
      throw new ParameterException(
          spec.commandLine(),
          "--since must be a time such as 2026-01-31T08:00:00Z or an age such as 24h, found '%s'"
              .formatted(since),
          e);
    }
  }

  private static void print(PrintWriter out, JsonNode answer) {
    String row = "%-20s  %-38s  %-12s  %-12s  %-12s  %-10s  %7s %7s  %8s  %s%n";
    out.printf(
        row,
        "TIME",
        "REQUEST",
        "CLIENT",
        "LABEL",
        "PROVIDER",
        "ROUTE",
        "IN",
        "OUT",
        "MS",
        "OUTCOME");
    for (JsonNode record : answer.path("records")) {
      out.printf(
          row,
          seconds(record.path("time").asText()),
          record.path("requestId").asText(),
          record.path("client").asText(),
          text(record, "label"),
          text(record, "provider"),
          text(record, "route"),
          record.path("promptTokens").asText(),
          record.path("completionTokens").asText(),
          record.path("durationMillis").asText(),
          record.path("outcome").asText()
              + (record.hasNonNull("error") ? " (" + record.path("error").asText() + ")" : ""));
    }
    if (answer.path("lost").asLong() > 0) {
      out.printf(
          "%d records could not be kept: see the daemon's log.%n", answer.path("lost").asLong());
    }
  }

  private static String seconds(String time) {
    return time.length() > 20 ? time.substring(0, 19) + "Z" : time;
  }

  private static String text(JsonNode record, String name) {
    return record.hasNonNull(name) ? record.path(name).asText() : "-";
  }
}
