package dev.freehold.routing;

import dev.freehold.bundle.SpkiPin;
import dev.freehold.bundle.policy.ProviderSpec;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceException.Kind;
import dev.freehold.limits.Cost;
import dev.freehold.receipts.Attempt;
import dev.freehold.receipts.ContentDigest;
import dev.freehold.receipts.ContentDigests;
import dev.freehold.receipts.Decision;
import dev.freehold.receipts.Outcome;
import dev.freehold.receipts.ReceiptException;
import dev.freehold.receipts.ReceiptLog;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * Keeps the receipts of requests. What cannot be written down does not leave the box; what stays on
 * the box goes on, and the gap is logged.
 */
public final class Journal {

  private static final Logger LOGGER = System.getLogger(Journal.class.getName());

  private final ReceiptLog receipts;
  private final ContentDigests digests;

  /** The receipts stay the caller's to close, after the last request. */
  public Journal(ReceiptLog receipts, ContentDigests digests) {
    this.receipts = Objects.requireNonNull(receipts, "receipts");
    this.digests = Objects.requireNonNull(digests, "digests");
  }

  /** The keyed digest of a request's body, as its client sent it. */
  public String digest(byte[] body) {
    return digests.of(body);
  }

  ContentDigest beginDigest() {
    return digests.begin();
  }

  /**
   * Writes a decision down, before anything of it happens.
   *
   * @return false if that cannot be done: then nothing may leave
   */
  boolean decided(
      String entryId,
      Inquiry inquiry,
      dev.freehold.routing.Decision decision,
      PolicyVersion policy) {
    Decision receipt =
        new Decision(
            entryId,
            inquiry.caller().name(),
            inquiry.caller().groups(),
            Optional.of(decision.facts().model()),
            decision.label(),
            decision.raisedBy(),
            policy.version(),
            policy.sha256(),
            decision.allowed(),
            decision.routeName(),
            decision.candidates().stream()
                .map(
                    candidate ->
                        new Decision.Candidate(
                            candidate.name(), candidate.spec().trust(), candidate.spec().region()))
                .toList(),
            decision.rejections().stream()
                .map(
                    rejection ->
                        new Decision.Rejection(
                            rejection.provider(),
                            rejection.spec().trust(),
                            rejection.spec().region(),
                            rejection.explanation()))
                .toList(),
            inquiry.contentDigest());
    try {
      receipts.append(receipt);
      return true;
    } catch (ReceiptException e) {
      log(entryId, e);
      return false;
    }
  }

  /**
   * Something is about to leave the box.
   *
   * @throws NothingLeaves if that cannot be written down
   */
  void leaving(
      String entryId, int number, ProviderSpec provider, String host, long bytes, Cost reserved) {
    try {
      receipts.append(
          new Attempt(
              entryId,
              number,
              provider.name(),
              provider.trust(),
              provider.region(),
              host,
              bytes,
              reserved.micros(),
              reserved.currency()));
    } catch (ReceiptException e) {
      log(entryId, e);
      throw new NothingLeaves();
    }
  }

  void ended(Outcome outcome) {
    try {
      receipts.append(outcome);
    } catch (ReceiptException e) {
      log(outcome.requestId(), e);
    }
  }

  private static void log(String entryId, ReceiptException e) {
    LOGGER.log(
        Level.ERROR,
        "The receipt of request {0} cannot be written: {1}. Check the disk of the state folder.",
        entryId,
        e.getMessage());
  }

  /** The receipt of a departure could not be written. */
  static final class NothingLeaves extends RuntimeException {

    private static final long serialVersionUID = 1L;

    NothingLeaves() {
      super("no receipt, no departure", null, false, false);
    }

    static InferenceException toClient() {
      return new InferenceException(
          Kind.UNAVAILABLE,
          "This box cannot write receipts now, and sends nothing elsewhere without one. Tell the"
              + " operator.");
    }
  }

  /** The tries of an outcome. */
  static List<Outcome.Try> tries(List<Attempted> attempts) {
    return attempts.stream()
        .map(
            attempted ->
                new Outcome.Try(
                    attempted.provider().name(),
                    attempted.provider().trust(),
                    attempted.provider().region(),
                    attempted.traffic().keySha256().map(hex -> new SpkiPin(hex).toString()),
                    attempted.traffic().bytesOut(),
                    attempted.traffic().bytesIn(),
                    attempted.end(),
                    attempted.cost().micros()))
        .toList();
  }
}
