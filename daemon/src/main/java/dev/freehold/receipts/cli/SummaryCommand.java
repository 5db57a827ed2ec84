package dev.freehold.receipts.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.freehold.bundle.policy.Label;
import dev.freehold.receipts.MonthlySummary;
import dev.freehold.receipts.MonthlySummary.LabelSum;
import dev.freehold.receipts.MonthlySummary.Row;
import dev.freehold.receipts.ReceiptSource;
import dev.freehold.receipts.Verdict;
import java.io.IOException;
import java.io.PrintWriter;
import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.YearMonth;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code freehold receipts summary}. */
@Command(
    name = "summary",
    mixinStandardHelpOptions = true,
    description =
        "Verifies receipts and adds up a month: how many bytes of which label left for whom.",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:added up from receipts that are intact",
      "1:the receipts are not intact; nothing is added up",
      "2:they could not be checked; the reason is printed"
    })
final class SummaryCommand implements Callable<Integer> {

  private static final int MICROS_DIGITS = 6;

  @Spec private CommandSpec spec;
  @Mixin private PlaceParameter place;
  @Mixin private TrustOptions trust;

  @Option(
      names = "--month",
      required = true,
      paramLabel = "YYYY-MM",
      description = "The month, in UTC, in which requests were decided.")
  private String month;

  @Option(names = "--label", paramLabel = "LABEL", description = "Only requests of this label.")
  private Label label;

  @Option(names = "--json", description = "Prints JSON.")
  private boolean json;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    MonthlySummary.Builder sums = new MonthlySummary.Builder(month());
    try {
      ReceiptSource source = place.source();
      Verdict verdict = trust.verifier(source).verify(source, sums);
      return switch (verdict) {
        case Verdict.Broken _ -> {
          Verdicts.print(err, verdict, trust.isOwnRoot());
          err.flush();
          yield VerifyCommand.BROKEN;
        }
        case Verdict.Intact intact -> {
          MonthlySummary summary = label == null ? sums.build() : sums.build().of(label);
          if (json) {
            out.println(json(summary, verdict).toPrettyString());
          } else {
            print(out, summary, intact);
          }
          out.flush();
          yield VerifyCommand.INTACT;
        }
      };
    } catch (IOException e) {
      err.println("freehold receipts summary: " + e.getMessage());
      return VerifyCommand.UNCHECKED;
    }
  }

  private YearMonth month() {
    try {
      return YearMonth.parse(month);
    } catch (DateTimeException e) {
      throw new ParameterException(
          spec.commandLine(), "--month must be such as 2026-11, found '" + month + "'", e);
    }
  }

  private void print(PrintWriter out, MonthlySummary summary, Verdict.Intact intact) {
    out.printf("%s (UTC)%n", summary.month());
    Verdicts.print(out, intact, trust.isOwnRoot());
    summary
        .policyVersions()
        .ifPresent(
            versions ->
                out.printf("  %-11s %d to %d%n", "policies", versions.first(), versions.last()));
    String format = "%-13s %-10s %-16s %-8s %9s %9s %13s %13s  %s%n";
    out.printf(
        "%n" + format,
        "LABEL",
        "TRUST",
        "PROVIDER",
        "REGION",
        "REQUESTS",
        "ANSWERED",
        "BYTES OUT",
        "BYTES IN",
        "COST");
    for (Row row : summary.rows()) {
      out.printf(
          Locale.ROOT,
          format,
          row.label().text(),
          row.trust().text(),
          row.provider(),
          row.region().orElse("-"),
          row.requests(),
          row.answered(),
          row.bytesOut(),
          row.bytesIn(),
          cost(row));
    }
    out.println();
    for (LabelSum sum : summary.labels()) {
      print(out, sum);
    }
    if (summary.labels().isEmpty()) {
      out.printf(
          "no request%s was decided in this month%n",
          label == null ? "" : " labelled " + label.text());
    }
    if (summary.open() > 0) {
      out.printf("%d requests have no outcome yet%n", summary.open());
    }
    if (summary.undecided() > 0) {
      out.printf("%d attempts have no decision among the receipts%n", summary.undecided());
    }
    out.println();
    out.println(
        "Allowed is what the policy in force allowed the label when the request was decided; it"
            + " stands");
    out.println("in each decision. The site is this box and those of trust class site.");
  }

  private static void print(PrintWriter out, LabelSum sum) {
    out.printf("requests labelled %s: %d%n", sum.label().text(), sum.requests());
    out.printf(
        "bytes labelled %s that left the box for somebody outside the allowed classes: %s%n",
        sum.label().text(), amount(sum.bytesOutside(), sum.requestsOutside()));
    out.printf(
        "bytes labelled %s that left the site: %s%n",
        sum.label().text(), amount(sum.bytesOffSite(), sum.requestsOffSite()));
  }

  private static String amount(long bytes, long requests) {
    return bytes == 0 ? "none" : "%d, of %d requests".formatted(bytes, requests);
  }

  private static String cost(Row row) {
    return row.currency()
        .map(
            currency ->
                BigDecimal.valueOf(row.costMicros(), MICROS_DIGITS).toPlainString()
                    + " "
                    + currency)
        .orElse("-");
  }

  private static ObjectNode json(MonthlySummary summary, Verdict verdict) {
    ObjectNode json = Verdicts.json(verdict);
    json.put("month", summary.month().toString())
        .put("open", summary.open())
        .put("undecided", summary.undecided());
    summary
        .policyVersions()
        .ifPresent(
            versions ->
                json.put("policyFirst", versions.first()).put("policyLast", versions.last()));
    ArrayNode rows = json.putArray("rows");
    for (Row row : summary.rows()) {
      ObjectNode node =
          rows.addObject()
              .put("label", row.label().text())
              .put("trust", row.trust().text())
              .put("provider", row.provider())
              .put("requests", row.requests())
              .put("answered", row.answered())
              .put("bytesOut", row.bytesOut())
              .put("bytesIn", row.bytesIn())
              .put("costMicros", row.costMicros());
      row.region().ifPresent(region -> node.put("region", region));
      row.currency().ifPresent(currency -> node.put("currency", currency));
    }
    ArrayNode labels = json.putArray("labels");
    for (LabelSum sum : summary.labels()) {
      labels
          .addObject()
          .put("label", sum.label().text())
          .put("requests", sum.requests())
          .put("bytesOutsideAllowed", sum.bytesOutside())
          .put("requestsOutsideAllowed", sum.requestsOutside())
          .put("bytesOffSite", sum.bytesOffSite())
          .put("requestsOffSite", sum.requestsOffSite());
    }
    return json;
  }
}
