package dev.freehold.controller.cli;

import dev.freehold.bundle.files.DurableFiles;
import dev.freehold.bundle.policy.Policy;
import dev.freehold.bundle.policy.PolicyException;
import dev.freehold.controller.dryrun.DryRun;
import dev.freehold.controller.dryrun.RecordedRequest;
import dev.freehold.controller.dryrun.RecordedRequests;
import dev.freehold.controller.dryrun.Verdict;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Reader;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneId;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code freeholdctl policy try}: what a policy would have decided, before anybody lives by it. */
@Command(
    name = "try",
    mixinStandardHelpOptions = true,
    description = {
      "Decides recorded requests by a policy file and shows for each the label, the route, who",
      "may answer in which order at what expected cost, and who may not and why. Nothing is sent;",
      "no controller is needed. What a box measures (health, limits used up) is not known here."
    })
final class PolicyTryCommand implements Callable<Integer> {

  private static final String HEADS =
      "%-20s  %-12s  %-14s  %-12s  %-16s  %s%n"
          .formatted("TIME", "CLIENT", "MODEL", "LABEL", "ROUTE", "PROVIDERS");

  @Spec CommandSpec spec;

  @Parameters(paramLabel = "FILE", description = "The policy file.")
  Path file;

  @Option(
      names = "--requests",
      required = true,
      paramLabel = "FILE",
      description = {
        "What was kept of requests: what freehold usage --json prints, or JSON objects with",
        "groups and any of time, client, label, declaredLabel, model, promptTokens,",
        "completionTokens, completionTokensMax, needs, detected, queueSeconds,",
        "firstTokenSeconds. See provisioning/README.md."
      })
  Path requests;

  @Option(
      names = "--against",
      paramLabel = "OLD_FILE",
      description = "Another policy file: shows only what changes from that one to FILE.")
  Path against;

  @Option(names = "--summary", description = "Counts requests that go the same way.")
  boolean summary;

  @Option(
      names = "--relabel",
      description = {
        "Works labels out anew from groups, declaredLabel and detected; without it the label of a",
        "record is the least."
      })
  boolean relabel;

  @Option(
      names = "--zone",
      paramLabel = "ZONE",
      description = "The box's time zone, such as Europe/Zurich (default: this machine's).")
  ZoneId zone = ZoneId.systemDefault();

  private final Map<String, Sum> sums = new HashMap<>();
  private long count;
  private long changed;
  private BigDecimal newCost = BigDecimal.ZERO;
  private BigDecimal oldCost = BigDecimal.ZERO;

  @Override
  public Integer call() throws Exception {
    Optional<DryRun> after = dryRun(file);
    Optional<DryRun> before = against == null ? Optional.empty() : dryRun(against);
    if (after.isEmpty() || (against != null && before.isEmpty())) {
      return 1;
    }
    PrintWriter out = spec.commandLine().getOut();
    if (!summary && before.isEmpty()) {
      out.print(HEADS);
    }
    try (Reader source = Files.newBufferedReader(requests)) {
      new RecordedRequests(requests.toString(), Instant.now())
          .read(source, request -> decide(request, after.get(), before));
    }
    if (summary) {
      printSums(out, after.get().currency());
    }
    printTotals(out, after.get(), before);
    out.flush();
    return 0;
  }

  private Optional<DryRun> dryRun(Path path) throws IOException {
    try {
      return Optional.of(new DryRun(Policy.parse(DurableFiles.readText(path)), zone, relabel));
    } catch (PolicyException e) {
      PolicyCommand.report(spec, path, e.problems());
      return Optional.empty();
    }
  }

  private void decide(RecordedRequest request, DryRun after, Optional<DryRun> before) {
    Verdict now = after.decide(request);
    Optional<Verdict> then = before.map(run -> run.decide(request));
    count++;
    newCost = newCost.add(now.cost());
    oldCost = oldCost.add(then.map(Verdict::cost).orElse(BigDecimal.ZERO));
    if (then.isPresent() && then.get().line().equals(now.line())) {
      return;
    }
    changed++;
    if (summary) {
      String kind = then.map(old -> "- " + old.kind() + "\n+ ").orElse("") + now.kind();
      sums.computeIfAbsent(kind, any -> new Sum()).add(now.cost());
    } else {
      print(request, now, then);
    }
  }

  private void print(RecordedRequest request, Verdict now, Optional<Verdict> then) {
    PrintWriter out = spec.commandLine().getOut();
    String head =
        "%-20s  %-12s  %-14s"
            .formatted(request.time().toString(), request.client(), request.model().orElse("-"));
    if (then.isEmpty()) {
      out.println(head + "  " + now.line());
    } else {
      out.println(head.stripTrailing());
      out.println("  - " + then.get().line());
      out.println("  + " + now.line());
    }
  }

  private void printSums(PrintWriter out, Optional<String> currency) {
    sums.entrySet().stream()
        .sorted(
            Comparator.comparingLong((Map.Entry<String, Sum> entry) -> -entry.getValue().requests)
                .thenComparing(Map.Entry::getKey))
        .forEach(
            entry -> {
              String amount = Verdict.money(entry.getValue().cost, currency);
              String indented = entry.getKey().replace("\n", "\n" + " ".repeat(28));
              out.printf("%8d  %16s  %s%n", entry.getValue().requests, amount, indented);
            });
  }

  private void printTotals(PrintWriter out, DryRun after, Optional<DryRun> before) {
    String cost = Verdict.money(newCost, after.currency());
    if (before.isEmpty()) {
      out.printf("%d requests, expected cost %s%n", count, cost);
    } else {
      out.printf(
          "%d of %d requests change, expected cost %s instead of %s%n",
          changed, count, cost, Verdict.money(oldCost, before.get().currency()));
    }
  }

  /** Requests that go the same way. */
  private static final class Sum {

    private long requests;
    private BigDecimal cost = BigDecimal.ZERO;

    private void add(BigDecimal amount) {
      requests++;
      cost = cost.add(amount);
    }
  }
}
