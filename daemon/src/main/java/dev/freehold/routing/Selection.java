package dev.freehold.routing;

import dev.freehold.bundle.policy.ProviderSpec;
import dev.freehold.bundle.policy.RouteDecision.Reason;
import dev.freehold.bundle.policy.RouteFacts;
import dev.freehold.bundle.policy.RouteSpec;
import dev.freehold.bundle.policy.RouteTable;
import dev.freehold.bundle.policy.TrustClass;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.provider.Provider;
import dev.freehold.routing.Decision.Rejection;
import java.time.Clock;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.random.RandomGenerator;

/**
 * Makes the decision on a request: which route applies, who of it may answer, who can, and in which
 * order they are asked.
 */
final class Selection {

  /** How long an answer is taken to be that has no limit, where its cost or time is estimated. */
  static final int ASSUMED_COMPLETION_TOKENS = 512;

  /** A prompt has at most so many times the estimated tokens, but for strange ones. */
  private static final int ESTIMATE_ERROR_MAX = 4;

  private final HealthBoard board;
  private final Conversations conversations;
  private final CandidateOrder order;

  Selection(HealthBoard board, Conversations conversations, RandomGenerator random) {
    this.board = board;
    this.conversations = conversations;
    this.order = new CandidateOrder(board, random);
  }

  /**
   * Decides. What is settled by real usage later (limits and budgets) goes by the estimate of the
   * prompt's length; whatever decides who is asked goes by the exact number.
   */
  Decision decide(
      RoutingTable table, Inquiry inquiry, RequestFacts facts, List<String> raisedBy, Clock clock)
      throws InferenceException {
    Instant now = clock.instant();
    Set<TrustClass> allowed = table.allowed(facts.known().label(), now);
    Optional<RouteTable.Route> route = table.route(facts, now);
    if (route.isEmpty()) {
      return new Decision(
          facts.known(),
          facts.isExact(),
          raisedBy,
          allowed,
          Optional.empty(),
          List.of(),
          List.of());
    }
    if (lengthDecides(route.get(), facts.known())) {
      facts.count();
    }
    LocalDate day = LocalDate.ofInstant(now, clock.getZone());
    Choice choice = choose(table, route.get(), inquiry, facts.known(), now, day);
    if (!facts.isExact() && choice.beginsHere()) {
      // This box's own engine needs the prompt anyway, and has a context that it must fit.
      facts.count();
      choice = choose(table, route.get(), inquiry, facts.known(), now, day);
    }
    return new Decision(
        facts.known(),
        facts.isExact(),
        raisedBy,
        allowed,
        Optional.of(route.get().spec()),
        choice.candidates(),
        choice.rejections());
  }

  /** Who of a route is asked, in order, and who is not. */
  private record Choice(List<Candidate> candidates, List<Rejection> rejections) {

    boolean beginsHere() {
      return !candidates.isEmpty() && candidates.getFirst().isLocalEngine();
    }
  }

  /**
   * Whether a route's choice depends on how long the prompt is. Draws by weight may come to the
   * engine, and a second draw would change how often each comes first.
   */
  private static boolean lengthDecides(RouteTable.Route route, RouteFacts facts) {
    RouteSpec spec = route.spec();
    boolean byCost = spec.costMax().isPresent() || spec.order() == RouteSpec.Order.CHEAPEST;
    long tokensMax = (long) facts.promptTokens() * ESTIMATE_ERROR_MAX + facts.completionTokensMax();
    return byCost
        || route.use().stream()
            .anyMatch(
                provider ->
                    (spec.order() == RouteSpec.Order.WEIGHTED
                            && provider.kind() == ProviderSpec.Kind.ENGINE)
                        || (provider.contextTokens().isPresent()
                            && tokensMax > provider.contextTokens().getAsInt()));
  }

  private Choice choose(
      RoutingTable table,
      RouteTable.Route route,
      Inquiry inquiry,
      RouteFacts facts,
      Instant now,
      LocalDate day) {
    List<Candidate> candidates = new ArrayList<>();
    List<Rejection> rejections = new ArrayList<>();
    for (ProviderSpec provider : route.use()) {
      Optional<Rejection> rejection =
          noFurther(inquiry.caller(), provider)
              .or(() -> table.against(provider, facts, now).map(Rejection::new))
              .or(() -> lack(table.provider(provider), provider, inquiry.request()))
              .or(() -> unwell(provider));
      if (rejection.isPresent()) {
        rejections.add(rejection.get());
      } else {
        candidates.add(
            new Candidate(
                table.provider(provider),
                table.permit(inquiry.request().id(), facts.label(), provider, now)));
      }
    }
    RouteSpec spec = route.spec();
    List<Candidate> ordered =
        order.ordered(
            spec,
            candidates,
            facts.promptTokens(),
            inquiry.request().completionTokensMax().orElse(ASSUMED_COMPLETION_TOKENS),
            day);
    return new Choice(
        spec.sticky() ? stuck(inquiry.caller(), inquiry.request(), ordered) : ordered, rejections);
  }

  /** Boxes that pass requests on to each other could do so for ever. */
  private static Optional<Rejection> noFurther(Caller caller, ProviderSpec spec) {
    return caller.isBox() && spec.kind() == ProviderSpec.Kind.PEER
        ? Optional.of(
            new Rejection(
                spec,
                Reason.LOCALITY,
                "a request that comes from another box goes to no further one"))
        : Optional.empty();
  }

  /** What its protocol has no place for, whatever the policy says of it. */
  private static Optional<Rejection> lack(
      Provider provider, ProviderSpec spec, InferenceRequest request) {
    return provider
        .lacks(request)
        .map(what -> new Rejection(spec, Reason.FEATURE, "it has no " + what));
  }

  private Optional<Rejection> unwell(ProviderSpec spec) {
    return board
        .of(spec)
        .rejection()
        .map(
            closed ->
                new Rejection(
                    spec, Reason.HEALTH, closed.reason(), Optional.of(closed.retryAfter())));
  }

  /** The one that answered this conversation before comes first, if it is among them. */
  private List<Candidate> stuck(
      Caller caller, InferenceRequest request, List<Candidate> candidates) {
    Optional<String> before = conversations.of(caller, request).flatMap(conversations::provider);
    if (before.isEmpty()) {
      return candidates;
    }
    List<Candidate> first = new ArrayList<>(candidates);
    first.sort(java.util.Comparator.comparing(candidate -> !candidate.name().equals(before.get())));
    return first;
  }
}
