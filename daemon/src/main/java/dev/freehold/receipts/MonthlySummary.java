package dev.freehold.receipts;

import dev.freehold.bundle.policy.Label;
import dev.freehold.bundle.policy.TrustClass;
import dev.freehold.receipts.Outcome.Try;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.ToLongFunction;

/**
 * What one month's receipts add up to. A request belongs to the month (UTC) of its decision, with
 * all that follows from it.
 *
 * <p>Definitions. <em>Bytes out</em> are those of the bodies that the box handed to a provider that
 * is not its own engine. <em>Outside the allowed classes</em>: the provider's trust class is not
 * among those that the policy in force at the decision allowed the request's label; they stand in
 * the decision itself. <em>Off the site</em>: the trust class is sovereign or cloud. Of a request
 * whose outcome says less than its attempts announced, the greater number counts.
 *
 * @param rows by label, trust class and provider
 * @param labels one for each label that occurred
 * @param policyVersions the first and the last that decided
 * @param open requests of the month without an outcome: they were running at the end
 * @param undecided attempts whose decision is not among the receipts; the log writes none such
 */
public record MonthlySummary(
    YearMonth month,
    List<Row> rows,
    List<LabelSum> labels,
    Optional<PolicyVersions> policyVersions,
    long open,
    long undecided) {

  private static final Set<TrustClass> OFF_SITE = Set.of(TrustClass.SOVEREIGN, TrustClass.CLOUD);

  public MonthlySummary {
    rows = List.copyOf(rows);
    labels = List.copyOf(labels);
  }

  /**
   * What went to one provider.
   *
   * @param requests how many tried it
   * @param answered how many it answered
   * @param costMicros in millionths of the currency
   */
  public record Row(
      Label label,
      TrustClass trust,
      String provider,
      Optional<String> region,
      Optional<String> currency,
      long requests,
      long answered,
      long bytesOut,
      long bytesIn,
      long costMicros) {}

  /**
   * What became of one label.
   *
   * @param requests how many were decided
   * @param bytesOutside bytes out to somebody outside the allowed classes
   * @param requestsOutside requests of which such bytes left
   * @param bytesOffSite bytes out to sovereign or cloud providers
   * @param requestsOffSite requests of which such bytes left
   */
  public record LabelSum(
      Label label,
      long requests,
      long bytesOutside,
      long requestsOutside,
      long bytesOffSite,
      long requestsOffSite) {}

  /** Which policies decided. */
  public record PolicyVersions(long first, long last) {}

  /** The same, of one label only. */
  public MonthlySummary of(Label label) {
    return new MonthlySummary(
        month,
        rows.stream().filter(row -> row.label() == label).toList(),
        labels.stream().filter(sum -> sum.label() == label).toList(),
        policyVersions,
        open,
        undecided);
  }

  /** Adds receipts up, in their order. One thread. */
  public static final class Builder implements Consumer<Receipt> {

    private final YearMonth month;
    private final Map<String, Running> running = new LinkedHashMap<>();
    private final Map<List<Object>, Row> rows = new LinkedHashMap<>();
    private final Map<Label, LabelSum> labels = new EnumMap<>(Label.class);
    private Optional<PolicyVersions> policyVersions = Optional.empty();
    private long open;
    private long undecided;

    public Builder(YearMonth month) {
      this.month = month;
    }

    private record Running(Decision decision, boolean counts, List<Attempt> attempts) {}

    @Override
    public void accept(Receipt receipt) {
      switch (receipt.entry()) {
        case Decision decision -> decided(receipt, decision);
        case Attempt attempt -> {
          Running request = running.get(attempt.requestId());
          if (request == null) {
            undecided++;
          } else {
            request.attempts().add(attempt);
          }
        }
        case Outcome outcome -> {
          Running request = running.remove(outcome.requestId());
          if (request != null && request.counts()) {
            ended(request, outcome.tries());
            outcome.tries().forEach(tried -> count(request, outcome, tried));
          }
        }
        case Entry.Segment _,
            Entry.Certificate _,
            Entry.Head _,
            Entry.Recovered _,
            Entry.ClockSetBack _ -> {
          // Nothing of a request.
        }
      }
    }

    private void decided(Receipt receipt, Decision decision) {
      boolean counts = YearMonth.from(receipt.time().atOffset(ZoneOffset.UTC)).equals(month);
      if (running.size() == OpenCharges.OPEN_MAX) {
        // The log does not let so many run; a forger's log must not fill the memory.
        open(running.remove(running.keySet().iterator().next()));
      }
      running.put(decision.requestId(), new Running(decision, counts, new ArrayList<>(2)));
      if (counts) {
        long first = policyVersions.map(PolicyVersions::first).orElse(decision.policyVersion());
        policyVersions =
            Optional.of(
                new PolicyVersions(
                    Math.min(first, decision.policyVersion()),
                    policyVersions
                        .map(seen -> Math.max(seen.last(), decision.policyVersion()))
                        .orElse(decision.policyVersion())));
      }
    }

    private void open(Running request) {
      if (request.counts()) {
        open++;
        ended(request, List.of());
      }
    }

    private void ended(Running request, List<Try> tries) {
      Decision decision = request.decision();
      long outside = bytes(request, tries, trust -> decision.allowed().contains(trust) ? 0 : 1);
      long offSite = bytes(request, tries, trust -> OFF_SITE.contains(trust) ? 1 : 0);
      labels.merge(
          decision.label(),
          new LabelSum(
              decision.label(), 1, outside, Math.min(outside, 1), offSite, Math.min(offSite, 1)),
          (a, b) ->
              new LabelSum(
                  a.label(),
                  a.requests() + b.requests(),
                  a.bytesOutside() + b.bytesOutside(),
                  a.requestsOutside() + b.requestsOutside(),
                  a.bytesOffSite() + b.bytesOffSite(),
                  a.requestsOffSite() + b.requestsOffSite()));
    }

    private static long bytes(Running request, List<Try> tries, ToLongFunction<TrustClass> weight) {
      long announced =
          request.attempts().stream()
              .mapToLong(attempt -> weight.applyAsLong(attempt.trust()) * attempt.bytes())
              .sum();
      long reported =
          tries.stream()
              .mapToLong(tried -> weight.applyAsLong(tried.trust()) * tried.bytesOut())
              .sum();
      return Math.max(announced, reported);
    }

    private void count(Running request, Outcome outcome, Try tried) {
      Label label = request.decision().label();
      boolean answered = outcome.provider().equals(Optional.of(tried.provider()));
      boolean completed = outcome.ending() == Outcome.Ending.COMPLETED;
      rows.merge(
          List.of(label, tried.trust(), tried.provider(), tried.region(), outcome.currency()),
          new Row(
              label,
              tried.trust(),
              tried.provider(),
              tried.region(),
              outcome.currency(),
              1,
              answered && completed ? 1 : 0,
              tried.bytesOut(),
              tried.bytesIn(),
              tried.costMicros()),
          (a, b) ->
              new Row(
                  a.label(),
                  a.trust(),
                  a.provider(),
                  a.region(),
                  a.currency(),
                  a.requests() + b.requests(),
                  a.answered() + b.answered(),
                  a.bytesOut() + b.bytesOut(),
                  a.bytesIn() + b.bytesIn(),
                  a.costMicros() + b.costMicros()));
    }

    /** The sum of what was accepted. */
    public MonthlySummary build() {
      running.values().forEach(this::open);
      running.clear();
      List<Row> sorted = new ArrayList<>(rows.values());
      sorted.sort(
          Comparator.comparing(Row::label).thenComparing(Row::trust).thenComparing(Row::provider));
      return new MonthlySummary(
          month, sorted, List.copyOf(labels.values()), policyVersions, open, undecided);
    }
  }
}
