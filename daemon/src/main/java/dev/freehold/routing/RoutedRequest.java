package dev.freehold.routing;

import dev.freehold.bundle.policy.RouteDecision.Reason;
import dev.freehold.bundle.policy.RouteSpec;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceException.Kind;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.limits.Estimate;
import dev.freehold.limits.Reservation;
import dev.freehold.provider.PreparedPrompt;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;

/**
 * A request that has been decided. It owns the prepared prompt: the thread that got it closes it,
 * after the stream it opened. Once another provider than this box answers, the prompt is closed
 * early: it would keep the local model in use for as long as the other takes.
 */
public final class RoutedRequest implements AutoCloseable {

  private final Inquiry inquiry;
  private final InferenceRequest request;
  private final Decision decision;
  private final Optional<PreparedPrompt> prepared;
  private final Instant deadline;
  private final Optional<String> conversation;
  private final RoutingTable table;
  private final Chain.Surroundings surroundings;
  private final AtomicBoolean closed = new AtomicBoolean();
  private Tally tally;

  RoutedRequest(
      Inquiry inquiry,
      Decision decision,
      Optional<PreparedPrompt> prepared,
      Instant deadline,
      Optional<String> conversation,
      RoutingTable table,
      Chain.Surroundings surroundings) {
    this.inquiry = inquiry;
    this.request = inquiry.request();
    this.decision = decision;
    this.prepared = prepared;
    this.deadline = deadline;
    this.conversation = conversation;
    this.table = table;
    this.surroundings = surroundings;
  }

  public Decision decision() {
    return decision;
  }

  InferenceRequest request() {
    return request;
  }

  Instant deadline() {
    return deadline;
  }

  /**
   * Admits the request to be answered: reserves what it may use and writes the decision down. The
   * account that comes back is the caller's to end.
   *
   * @param entryId the box's own id of the request, in receipts and in the ledger
   * @param answers how many answers are asked for
   * @throws InferenceException if a limit of the client stands in the way
   */
  public Tally admit(String entryId, Instant arrival, int answers) throws InferenceException {
    Oversight oversight = surroundings.oversight();
    Caller caller = inquiry.caller();
    int promptTokens = decision.facts().promptTokens();
    Estimate oneAnswer = Estimate.of(promptTokens, request.completionTokensMax());
    Reservation reservation =
        oversight
            .limits()
            .reserve(caller.name(), caller.groups(), oneAnswer.times(answers), arrival);
    boolean admitted = false;
    try {
      boolean written = oversight.journal().decided(entryId, inquiry, decision, table.version());
      tally =
          new Tally(
              entryId, inquiry, decision, reservation, oneAnswer, oversight.journal(), written);
      admitted = true;
      return tally;
    } finally {
      if (!admitted) {
        reservation.close();
      }
    }
  }

  /**
   * A stream that asks the candidates in order once it is read. The request has been admitted.
   *
   * @throws InferenceException if there is no candidate
   */
  public RoutedStream open() throws InferenceException {
    RouteSpec route =
        decision
            .route()
            .orElseThrow(
                () ->
                    new InferenceException(
                        Kind.UNAVAILABLE,
                        "No route of this box's policy applies to the request. Ask the operator to"
                            + " add a route without a condition."));
    if (decision.candidates().isEmpty()) {
      throw nobody(route.name());
    }
    return new RoutedStream(chain(route, decision.candidates(), request), true);
  }

  /**
   * One more answer to the same prompt, of the candidate that gives the first: drawn with another
   * seed, the request's own plus {@code choice} if it names one.
   */
  public RoutedStream openAnother(int choice, Candidate candidate) {
    InferenceRequest another = request.withSampling(request.sampling().forChoice(choice));
    RouteSpec same = decision.route().orElseThrow().toOne(candidate.name());
    return new RoutedStream(chain(same, List.of(candidate), another), false);
  }

  private Chain chain(RouteSpec route, List<Candidate> candidates, InferenceRequest asked) {
    return new Chain(
        route,
        candidates,
        asked,
        prepared,
        decision.facts().promptTokens(),
        deadline,
        conversation,
        this::close,
        Objects.requireNonNull(tally, "the request was not admitted"),
        surroundings);
  }

  /** Nobody is left to ask: what stood in the way of those who came closest decides. */
  private InferenceException nobody(String route) {
    String reasons =
        decision.rejections().stream()
            .map(rejection -> rejection.provider() + ": " + rejection.explanation())
            .collect(Collectors.joining("; "));
    if (has(Reason.HEALTH)) {
      Optional<Duration> wait =
          decision.rejections().stream()
              .flatMap(rejection -> rejection.retryAfter().stream())
              .min(Comparator.naturalOrder());
      return new InferenceException(
          Kind.UNAVAILABLE,
          "No provider of the route '%s' can answer now (%s). Try again later."
              .formatted(route, reasons),
          wait,
          null);
    }
    if (has(Reason.CONTEXT)) {
      return new InferenceException(
          Kind.CONTEXT_TOO_LONG,
          "The request fits no provider of the route '%s' (%s). Shorten it or lower max_tokens."
              .formatted(route, reasons));
    }
    if (has(Reason.FEATURE)) {
      return new InferenceException(
          Kind.UNSUPPORTED,
          "No provider of the route '%s' can do what the request needs (%s)."
              .formatted(route, reasons));
    }
    return new InferenceException(
        Kind.FORBIDDEN,
        ("A '%s' request may not go to any provider of the route '%s'. Ask the operator to "
                + "add an allowed provider to the route.")
            .formatted(decision.label().text(), route));
  }

  private boolean has(Reason reason) {
    return decision.rejections().stream().anyMatch(rejection -> rejection.reason() == reason);
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      prepared.ifPresent(PreparedPrompt::close);
    }
  }
}
