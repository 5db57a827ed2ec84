package dev.freehold.api.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.freehold.api.ControlClient;
import java.io.IOException;
import java.io.PrintWriter;
import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code freehold usage}: who asked for how much, where it went and what it cost. */
@Command(
    name = "usage",
    description = {
      "Shows what requests used and cost, from the ledger of the running daemon.",
      "Without --by it lists the newest requests; with --by it sums all of them."
    },
    footer = {
      "",
      "What each group cost at each provider in November:",
      "  freehold usage --state DIR --by group,provider --since 2026-11-01 --until 2026-12-01",
      "Day by day, for a spreadsheet or a script:",
      "  freehold usage --state DIR --by day --since 30d --json",
      "",
      "A cost is what was settled with the provider's own count of tokens, at the policy's price of"
          + " the day. A request of a client in several groups counts in each of them, and once in"
          + " the total."
    },
    mixinStandardHelpOptions = true)
public final class UsageCommand implements Callable<Integer> {

  private static final int LIMIT_DEFAULT = 50;

  @Spec private CommandSpec spec;

  @Mixin private DaemonOption daemon;

  @Option(
      names = "--by",
      split = ",",
      paramLabel = "WHAT",
      completionCandidates = Dimensions.class,
      description = {
        "Sums by one or more of",
        "${COMPLETION-CANDIDATES};",
        "'group,day' gives every group's days."
      })
  private List<String> by = List.of();

  @Option(
      names = "--since",
      paramLabel = "TIME",
      description = {
        "Only requests that arrived then or later: a day such as 2026-01-31, which begins at"
            + " midnight here, a time such as 2026-01-31T08:00:00Z, or an age such as 30m, 24h or"
            + " 7d."
      })
  private String since;

  @Option(
      names = "--until",
      paramLabel = "TIME",
      description = "Only requests that arrived before; written like --since.")
  private String until;

  @Option(
      names = "--limit",
      paramLabel = "N",
      description = "How many requests are listed at most (default: " + LIMIT_DEFAULT + ").")
  private Integer limit;

  @Option(names = "--json", description = "Prints the daemon's answer as it is.")
  private boolean json;

  /** What {@code --by} may name. */
  static final class Dimensions implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return ControlClient.usageDimensions().iterator();
    }
  }

  @Override
  public Integer call() throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    check();
    Instant from = since == null ? Instant.EPOCH : instant("--since", since);
    Instant to = until == null ? ControlClient.EVER : instant("--until", until);
    try (ControlClient client = daemon.connect()) {
      JsonNode answer =
          by.isEmpty()
              ? client.usage(from, to, limit == null ? LIMIT_DEFAULT : limit)
              : client.usageReport(by, from, to);
      if (json) {
        out.println(answer.toPrettyString());
      } else if (by.isEmpty()) {
        printRecords(out, answer);
      } else {
        printSums(out, answer);
      }
      out.flush();
      return 0;
    } catch (IOException e) {
      spec.commandLine().getErr().println("freehold usage: " + e.getMessage());
      return 1;
    }
  }

  private void check() {
    List<String> known = ControlClient.usageDimensions();
    for (String word : by) {
      if (!known.contains(word)) {
        throw new ParameterException(
            spec.commandLine(),
            "--by takes %s, found '%s'".formatted(String.join(", ", known), word));
      }
    }
    if (by.stream().distinct().count() != by.size()) {
      throw new ParameterException(spec.commandLine(), "--by names something twice");
    }
    if (!by.isEmpty() && limit != null) {
      throw new ParameterException(
          spec.commandLine(), "--limit bounds a list of requests; --by sums all of them");
    }
  }

  private Instant instant(String option, String text) {
    try {
      if (text.matches("[0-9]{1,6}[mhd]")) {
        String upper = text.toUpperCase(Locale.ROOT);
        Duration age = Duration.parse(upper.endsWith("D") ? "P" + upper : "PT" + upper);
        return Instant.now().minus(age);
      }
      return text.length() == "2026-01-31".length()
          ? LocalDate.parse(text).atStartOfDay(ZoneId.systemDefault()).toInstant()
          : Instant.parse(text);
    } catch (DateTimeException e) {
      throw new ParameterException(
          spec.commandLine(),
          ("%s must be a day such as 2026-01-31, a time such as 2026-01-31T08:00:00Z or an age such"
                  + " as 24h, found '%s'")
              .formatted(option, text),
          e);
    }
  }

  private static void printRecords(PrintWriter out, JsonNode answer) {
    Table table =
        new Table(
            List.of(
                "TIME",
                "REQUEST",
                "CLIENT",
                "LABEL",
                "PROVIDER",
                "ROUTE",
                "IN",
                "OUT",
                "COST",
                "MS",
                "OUTCOME"),
            6,
            4);
    for (JsonNode record : answer.path("records")) {
      String error = record.hasNonNull("error") ? " (" + record.path("error").asText() + ")" : "";
      table.add(
          List.of(
              seconds(record.path("time").asText()),
              record.path("requestId").asText(),
              record.path("client").asText(),
              text(record, "label"),
              text(record, "provider"),
              text(record, "route"),
              record.path("promptTokens").asText(),
              record.path("completionTokens").asText(),
              record.hasNonNull("currency")
                  ? money(record.path("cost").asText(), record.path("currency").asText())
                  : "-",
              record.path("durationMillis").asText(),
              record.path("outcome").asText() + error));
    }
    table.print(out);
    printLost(out, answer);
  }

  private void printSums(PrintWriter out, JsonNode answer) {
    List<String> titles = new ArrayList<>();
    by.forEach(word -> titles.add(word.toUpperCase(Locale.ROOT)));
    titles.addAll(List.of("REQUESTS", "UNANSWERED", "IN", "CACHED", "OUT", "COST"));
    Table table = new Table(titles, by.size(), 6);
    for (JsonNode sum : answer.path("sums")) {
      List<String> row = new ArrayList<>();
      by.forEach(word -> row.add(text(sum, word)));
      table.add(figures(row, sum));
    }
    List<String> total = new ArrayList<>();
    by.forEach(word -> total.add(total.isEmpty() ? "total" : ""));
    table.add(figures(total, answer.path("total")));
    table.print(out);
    if (by.contains("day") || by.contains("hour")) {
      out.printf("Days and hours are those of %s.%n", answer.path("zone").asText());
    }
    if (answer.path("sumsOverlap").asBoolean()) {
      out.printf(
          "A request of a client in several groups counts in each of them; the total counts it"
              + " once.%n");
    }
    printLost(out, answer);
  }

  private static List<String> figures(List<String> row, JsonNode sum) {
    for (String name :
        List.of("requests", "unanswered", "promptTokens", "cachedTokens", "completionTokens")) {
      row.add(sum.path(name).asText());
    }
    List<String> costs = new ArrayList<>();
    for (Map.Entry<String, JsonNode> cost : sum.path("cost").properties()) {
      costs.add(money(cost.getValue().asText(), cost.getKey()));
    }
    row.add(costs.isEmpty() ? "-" : String.join(" + ", costs));
    return row;
  }

  /** An amount with two digits after the point at least, and as many as it has. */
  private static String money(String amount, String currency) {
    BigDecimal plain = new BigDecimal(amount).stripTrailingZeros();
    return (plain.scale() < 2 ? plain.setScale(2) : plain).toPlainString() + " " + currency;
  }

  private static void printLost(PrintWriter out, JsonNode answer) {
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
