package dev.freehold.hardwaretests.benchmark;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.DoubleBinaryOperator;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** The results of the gateways side by side, as a table in Markdown. */
final class GatewayTable {

  /** DESIGN.md, section 14: what ours adds, as a part of what the better peer adds. */
  private static final double ADDED_P50_MAX = 0.5;

  private static final double ADDED_P99_MAX = 0.2;

  private final Contenders contenders;
  private final Map<Contender, List<GatewayRound>> results;
  private final StringBuilder text = new StringBuilder();

  private GatewayTable(Contenders contenders, Map<Contender, List<GatewayRound>> results) {
    this.contenders = contenders;
    this.results = results;
  }

  static String of(
      Contenders contenders, Map<Contender, List<GatewayRound>> results, int requests) {
    return new GatewayTable(contenders, results).table(requests);
  }

  private String table(int requests) {
    text.append(
        "%d cores, %d requests each by turns, medians of %d rounds; Freehold over mutual TLS with"
                .formatted(
                    Runtime.getRuntime().availableProcessors(),
                    requests,
                    results.get(contenders.direct()).size())
            + " everything on, the others over plain HTTP:\n\n");
    row(
        "measure",
        contenders.all().stream().map(Contender::name).toList(),
        "ours / better peer",
        "bar");
    row("---", contenders.all().stream().map(_ -> "--:").toList(), "--:", "---");
    latency("p50", round -> round.requests().millis(0.5), ADDED_P50_MAX);
    latency("p99", round -> round.requests().millis(0.99), ADDED_P99_MAX);
    for (int clients : results.get(contenders.direct()).getFirst().perSecond().keySet()) {
      more(
          "requests/s, %d client%s".formatted(clients, clients == 1 ? "" : "s"),
          round -> round.perSecond().get(clients));
    }
    added("time to first text added, p50, ms", round -> round.firstTexts().millis(0.5));
    added("time to first text added, p99, ms", round -> round.firstTexts().millis(0.99));
    added("gap between texts added, p50, ms", round -> round.gaps().millis(0.5));
    added("gap between texts added, p99, ms", round -> round.gaps().millis(0.99));
    row(
        "texts lost of all streams",
        values(
            contender -> results.get(contender).stream().mapToInt(GatewayRound::lost).sum(),
            "%.0f"),
        "",
        "0");
    row("resident memory, MiB", values(Contender::residentMebibytes, "%.0f"), "", "");
    row("of it mapped model files, MiB", values(Contender::modelMebibytes, "%.0f"), "", "");
    return text.toString();
  }

  private void latency(String name, ToDoubleFunction<GatewayRound> of, double max) {
    row(name + " of a request, ms", values(contender -> median(contender, of), "%.2f"), "", "");
    double ratio = ratio(contender -> added(contender, of), Math::min);
    row(
        "**added " + name + ", ms**",
        values(contender -> added(contender, of), "%.2f"),
        "**%s**".formatted(number("%.2f", ratio)),
        "≤ %s: %s".formatted(max, ratio <= max ? "met" : "missed"));
  }

  private void added(String name, ToDoubleFunction<GatewayRound> of) {
    row(
        name,
        values(contender -> added(contender, of), "%.2f"),
        number("%.2f", ratio(contender -> added(contender, of), Math::min)),
        "");
  }

  private void more(String name, ToDoubleFunction<GatewayRound> of) {
    row(
        name,
        values(contender -> median(contender, of), "%.0f"),
        number("%.2f", ratio(contender -> median(contender, of), Math::max)),
        "");
  }

  private double median(Contender contender, ToDoubleFunction<GatewayRound> of) {
    return Times.median(results.get(contender).stream().mapToDouble(of).boxed().toList());
  }

  /** Beyond what the direct way took in the same round. */
  private double added(Contender contender, ToDoubleFunction<GatewayRound> of) {
    List<GatewayRound> rounds = results.get(contender);
    List<GatewayRound> direct = results.get(contenders.direct());
    return Times.median(
        IntStream.range(0, rounds.size())
            .mapToObj(i -> of.applyAsDouble(rounds.get(i)) - of.applyAsDouble(direct.get(i)))
            .toList());
  }

  private double ratio(ToDoubleFunction<Contender> of, DoubleBinaryOperator better) {
    double peer = contenders.all().stream().skip(2).mapToDouble(of).reduce(better).orElseThrow();
    return of.applyAsDouble(contenders.ours()) / peer;
  }

  private List<String> values(ToDoubleFunction<Contender> of, String format) {
    Function<Contender, String> cell = contender -> number(format, of.applyAsDouble(contender));
    return contenders.all().stream().map(cell).toList();
  }

  private void row(String first, List<String> values, String ratio, String bar) {
    List<String> cells = new ArrayList<>(List.of(first));
    cells.addAll(values);
    cells.add(ratio);
    cells.add(bar);
    text.append(cells.stream().collect(Collectors.joining(" | ", "| ", " |\n")));
  }

  private static String number(String format, double value) {
    return String.format(Locale.ROOT, format, value);
  }
}
