package dev.freehold.controller.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.freehold.controller.operator.OperatorClient;
import java.io.PrintWriter;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
    name = "usage",
    mixinStandardHelpOptions = true,
    description = {
      "Shows what the fleet used, in whole hours (UTC), as boxes have reported it.",
      "Costs of different currencies stand on lines of their own."
    })
final class UsageCommand implements Callable<Integer> {

  private static final int MICROS_DIGITS = 6;
  private static final String ROW = "%-28s %10s %14s %14s %14s %16s %s%n";

  @Spec CommandSpec spec;
  @Mixin OperatorOption operator;

  @Option(
      names = "--by",
      paramLabel = "WHAT",
      defaultValue = "group",
      description = "group, provider, box, model, day or hour. Default: ${DEFAULT-VALUE}.")
  String by;

  @Option(
      names = "--since",
      paramLabel = "TIME",
      converter = PointInTime.class,
      description = "From then on: a time, a day (UTC) or an age such as 24h or 7d. Default: 30d.")
  Instant since;

  @Option(
      names = "--until",
      paramLabel = "TIME",
      converter = PointInTime.class,
      description = "Before then. Default: the running hour included.")
  Instant until;

  @Option(names = "--json", description = "Prints the controller's answer as it is.")
  boolean json;

  @Override
  public Integer call() throws Exception {
    PrintWriter out = spec.commandLine().getOut();
    Instant now = Instant.now();
    try (OperatorClient client = operator.connect()) {
      JsonNode answer =
          client.usage(
              by,
              since == null ? now.minus(Duration.ofDays(30)) : since,
              until == null ? now.plus(Duration.ofHours(2)) : until);
      if (json) {
        out.println(answer.toPrettyString());
      } else {
        print(out, answer);
      }
      out.flush();
      return 0;
    }
  }

  private void print(PrintWriter out, JsonNode answer) {
    out.printf(ROW, upper(by), "REQUESTS", "IN", "CACHED", "OUT", "COST", "CURRENCY");
    for (JsonNode sum : answer.path("usage")) {
      out.printf(
          ROW,
          orDash(sum.path("name").asText()),
          sum.path("requests").asText(),
          sum.path("promptTokens").asText(),
          sum.path("cachedTokens").asText(),
          sum.path("completionTokens").asText(),
          BigDecimal.valueOf(sum.path("costMicros").asLong(), MICROS_DIGITS).toPlainString(),
          orDash(sum.path("currency").asText()));
    }
    if (!answer.path("complete").asBoolean()) {
      out.println("There is more than one answer holds: narrow it by --since and --until.");
    }
  }

  private static String upper(String word) {
    return word.toUpperCase(Locale.ROOT);
  }

  private static String orDash(String text) {
    return text.isEmpty() ? "-" : text;
  }
}
