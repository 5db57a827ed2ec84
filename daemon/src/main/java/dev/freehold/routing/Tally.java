package dev.freehold.routing;

import dev.freehold.bundle.policy.ProviderSpec;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceException.Kind;
import dev.freehold.inference.Usage;
import dev.freehold.limits.Charge;
import dev.freehold.limits.Cost;
import dev.freehold.limits.Estimate;
import dev.freehold.limits.ProviderAdmission;
import dev.freehold.limits.RateStatus;
import dev.freehold.limits.Reservation;
import dev.freehold.receipts.ContentDigest;
import dev.freehold.receipts.Outcome;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One request's account, from its admission to its end: what it reserved, whom it tried, what each
 * took and cost. Ended once, by {@link #end}; what is never ended, because the process died, is
 * settled from the receipts at the next start. Safe for use by several threads.
 */
public final class Tally {

  private final String entryId;
  private final Inquiry inquiry;
  private final Decision decision;
  private final Reservation reservation;
  private final Estimate oneAnswer;
  private final Journal journal;
  private final ContentDigest answer;

  /** Whether the decision stands in the receipts, without which nothing leaves. */
  private final boolean written;

  // Guarded by this.
  private final List<Running> attempts = new ArrayList<>();
  private int departures;
  private boolean ended;

  Tally(
      String entryId,
      Inquiry inquiry,
      Decision decision,
      Reservation reservation,
      Estimate oneAnswer,
      Journal journal,
      boolean written) {
    this.entryId = entryId;
    this.inquiry = inquiry;
    this.decision = decision;
    this.reservation = reservation;
    this.oneAnswer = oneAnswer;
    this.journal = journal;
    this.written = written;
    this.answer = journal.beginDigest();
  }

  /** What the client had left when it was admitted. */
  public RateStatus rates() {
    return reservation.rates();
  }

  /** What it has cost so far, with what attempts that run may cost. */
  public Cost cost() {
    return reservation.cost();
  }

  /** The most that its attempts might have cost when they began. */
  public synchronized Cost reserved() {
    Cost sum = Cost.NONE;
    for (Running attempt : attempts) {
      sum = sum.plus(attempt.reserved());
    }
    return sum;
  }

  /** Every attempt so far, in order. */
  public synchronized List<Attempted> attempts() {
    return attempts.stream().map(Running::attempted).toList();
  }

  /**
   * Ends the request: what it did not use is free again, and its outcome is written down.
   *
   * @param usage what the client was told of
   */
  public void end(Outcome.Ending ending, int status, Usage usage, Optional<String> provider) {
    List<Running> all;
    synchronized (this) {
      if (ended) {
        return;
      }
      ended = true;
      all = List.copyOf(attempts);
    }
    try {
      all.forEach(Running::close);
    } finally {
      if (usage.totalTokens() > 0) {
        reservation.settle(usage);
      } else {
        // Nobody was told of any: what the attempts took counts.
        reservation.close();
      }
    }
    if (!written) {
      return;
    }
    Cost cost = reservation.cost();
    journal.ended(
        new Outcome(
            entryId,
            inquiry.caller().name(),
            inquiry.caller().groups(),
            Optional.of(decision.facts().model()),
            decision.label(),
            ending,
            provider,
            Journal.tries(attempts()),
            usage.promptTokens(),
            usage.cachedTokens(),
            usage.completionTokens(),
            cost.micros(),
            cost.currency(),
            status,
            Optional.of(answer.finish())));
  }

  /** More of the first answer's text. */
  void answered(String text) {
    synchronized (answer) {
      answer.update(text);
    }
  }

  /**
   * Reserves an attempt.
   *
   * @throws InferenceException if a limit or a budget of the provider, or what the route lets a
   *     request cost, stands in the way
   */
  Charge admit(Candidate candidate, Optional<BigDecimal> costMax) throws InferenceException {
    ProviderSpec provider = candidate.spec();
    if (costMax.isPresent()) {
      Cost expected = reservation.cost().plus(reservation.tariff(provider).cost(oneAnswer));
      if (expected.amount().compareTo(costMax.get()) > 0) {
        throw new InferenceException(
            Kind.UNSUPPORTED,
            "Provider '%s' is passed over: the request might cost %s, and its route allows %s."
                .formatted(
                    provider.name(),
                    expected.amount().toPlainString(),
                    costMax.get().toPlainString()));
      }
    }
    return switch (reservation.attempt(provider, oneAnswer)) {
      case ProviderAdmission.Granted(Charge charge) -> charge;
      case ProviderAdmission.PassedOver passed -> throw passed.refusal();
    };
  }

  synchronized void began(Running attempt) {
    attempts.add(attempt);
  }

  /** Written down before the first byte is sent. */
  void leaving(Candidate candidate, String host, long bytes, Charge charge) {
    if (!written) {
      throw new Journal.NothingLeaves();
    }
    int number;
    synchronized (this) {
      number = ++departures;
    }
    journal.leaving(entryId, number, candidate.spec(), host, bytes, charge.reserved());
  }
}
