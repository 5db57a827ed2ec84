package dev.freehold.routing;

import dev.freehold.bundle.policy.Label;
import dev.freehold.bundle.policy.ModelSpec;
import dev.freehold.bundle.policy.RouteFacts;
import dev.freehold.bundle.policy.RouteSpec;
import dev.freehold.detection.Findings;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceException.Kind;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.limits.Estimate;
import dev.freehold.limits.RateStatus;
import dev.freehold.limits.Reservation;
import dev.freehold.limits.Tariff;
import dev.freehold.provider.LocalModels;
import dev.freehold.provider.ModelStatus;
import dev.freehold.provider.PreparedPrompt;
import dev.freehold.provider.Timing;
import dev.freehold.provider.Vocabulary;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.random.RandomGenerator;

/** Holds the routing table in force and applies it to requests. */
public final class Router {

  private final LocalModels localModels;
  private final Oversight oversight;
  private final Clock clock;
  private final Timing timing;
  private final Duration requestTimeout;
  private final HealthBoard board;
  private final Chain.Surroundings surroundings;
  private final Selection selection;
  private volatile RoutingTable table = RoutingTable.empty();

  /**
   * A router that offers nothing until {@link #apply} is called.
   *
   * @param clock its time zone is the box's, which conditions see as the hour of day
   * @param timing by which attempts wait
   * @param requestTimeout the one deadline for all attempts of a request together
   */
  public Router(
      LocalModels localModels,
      Oversight oversight,
      Clock clock,
      Timing timing,
      Duration requestTimeout) {
    this.localModels = Objects.requireNonNull(localModels, "localModels");
    this.oversight = Objects.requireNonNull(oversight, "oversight");
    this.clock = Objects.requireNonNull(clock, "clock");
    this.timing = Objects.requireNonNull(timing, "timing");
    this.requestTimeout = Objects.requireNonNull(requestTimeout, "requestTimeout");
    this.board = new HealthBoard(timing);
    Conversations conversations = new Conversations();
    RandomGenerator random = new SecureRandom();
    this.surroundings = new Chain.Surroundings(timing, board, conversations, random, oversight);
    this.selection = new Selection(board, conversations, random);
  }

  /** Puts a table in force. Requests that have been decided keep their decision. */
  public void apply(RoutingTable next) {
    table = Objects.requireNonNull(next, "next");
    board.keep(next.providers());
  }

  /** The table in force. */
  public RoutingTable table() {
    return table;
  }

  /**
   * The models of the table in force, for a caller who may ask them.
   *
   * @throws InferenceException {@code FORBIDDEN} if no group of the caller is in the policy
   */
  public List<ModelSpec> models(Caller caller) throws InferenceException {
    RoutingTable current = table;
    current.labelOf(caller, clock.instant());
    return List.copyOf(current.models());
  }

  /**
   * One of them, by its name or an alias.
   *
   * @throws InferenceException if the caller may not ask, or there is no such model
   */
  public ModelSpec model(Caller caller, String wanted) throws InferenceException {
    RoutingTable current = table;
    current.labelOf(caller, clock.instant());
    return current
        .model(wanted)
        .orElseThrow(
            () ->
                new InferenceException(
                    Kind.MODEL_NOT_FOUND,
                    "This box offers no such model. GET /v1/models lists what it offers."));
  }

  /**
   * Decides a request, without sending it anywhere.
   *
   * @throws InferenceException if the caller may not ask, the model is unknown or the prompt is
   *     none that the local model could render and it must be counted
   */
  public RoutedRequest decide(Inquiry inquiry) throws InferenceException {
    RoutingTable current = table;
    Instant now = clock.instant();
    Caller caller = inquiry.caller();
    // First: who may not ask is told nothing of what there is.
    Label ofGroups = current.labelOf(caller, now);
    Findings findings =
        current.detect().isEmpty() ? Findings.NONE : oversight.detector().scan(inquiry.request());
    Labelling labelling = Labelling.of(current, ofGroups, inquiry, findings, now);
    InferenceRequest request =
        inquiry.request().withModel(model(current, inquiry.request().model()));
    PromptSize size = PromptSize.of(request);
    RequestFacts facts =
        new RequestFacts(
            localModels,
            request,
            size,
            new RouteFacts(
                caller.name(),
                caller.groups(),
                labelling.label(),
                request.model(),
                size.estimatedTokens(),
                request.completionTokensMax().orElse(0),
                inquiry.needs(),
                findings.kinds(),
                localModels.queueSeconds(),
                current.outPerMillion(LocalDate.now(clock)),
                board.firstTokenSeconds(current.providers()),
                LocalDateTime.now(clock)));
    boolean decided = false;
    try {
      Decision decision =
          selection.decide(current, inquiry.with(request), facts, labelling.raisedBy(), clock);
      RoutedRequest routed = routed(current, inquiry.with(request), decision, facts.prepared());
      decided = true;
      return routed;
    } finally {
      if (!decided) {
        facts.prepared().ifPresent(PreparedPrompt::close);
      }
    }
  }

  /** What is to be expected of a request's candidates, in their order. */
  public List<Outlook> outlooks(RoutedRequest routed) {
    Estimate estimate =
        Estimate.of(
            routed.decision().facts().promptTokens(), routed.request().completionTokensMax());
    return routed.decision().candidates().stream()
        .map(
            candidate -> {
              Tariff tariff = oversight.limits().tariff(candidate.spec());
              ProviderHealth health = board.of(candidate.spec());
              return new Outlook(
                  candidate,
                  tariff.price().map(_ -> tariff.cost(estimate)),
                  health.firstTokenSeconds(),
                  health.tokensPerSecond());
            })
        .toList();
  }

  private RoutedRequest routed(
      RoutingTable current, Inquiry inquiry, Decision decision, Optional<PreparedPrompt> prepared) {
    Duration allowed =
        decision
            .route()
            .flatMap(RouteSpec::deadline)
            .filter(own -> own.compareTo(requestTimeout) < 0)
            .orElse(requestTimeout);
    Optional<String> conversation =
        decision
            .route()
            .filter(RouteSpec::sticky)
            .flatMap(route -> surroundings.conversations().of(inquiry.caller(), inquiry.request()));
    return new RoutedRequest(
        inquiry,
        decision,
        prepared,
        timing.instant().plus(allowed),
        conversation,
        current,
        surroundings);
  }

  /** The keyed digest of a request's body, as its client sent it. */
  public String digest(byte[] body) {
    return oversight.journal().digest(body);
  }

  /**
   * Counts a request that asks for no inference, such as one for tokens, against its client's
   * limits. The caller closes it when the request ends.
   *
   * @throws InferenceException if a limit stands in the way
   */
  public Reservation countOnly(Caller caller, Instant arrival) throws InferenceException {
    return oversight
        .limits()
        .reserve(caller.name(), caller.groups(), new Estimate(0, 0, true), arrival);
  }

  /** What a client has left at this moment. */
  public RateStatus rates(Caller caller) {
    return oversight.limits().rates(caller.name(), caller.groups());
  }

  /** The policy's own name of the model that the client means; from here on there is no other. */
  private static String model(RoutingTable current, String wanted) throws InferenceException {
    return current
        .model(wanted)
        .map(ModelSpec::name)
        .orElseThrow(
            () ->
                new InferenceException(
                    Kind.MODEL_NOT_FOUND,
                    "This box offers no model '%s'. It offers: %s."
                        .formatted(
                            wanted,
                            String.join(
                                ", ", current.models().stream().map(ModelSpec::name).toList()))));
  }

  /**
   * The exact number of a request's prompt tokens, for which the local model is loaded if it is
   * not.
   *
   * @throws InferenceException if the local model cannot be had
   */
  public int countTokens(RoutedRequest routed) throws InferenceException, InterruptedException {
    if (routed.decision().promptTokensExact()) {
      return routed.decision().facts().promptTokens();
    }
    try (PreparedPrompt prepared = localModels.prepareLoaded(routed.request(), routed.deadline())) {
      return prepared.tokens();
    }
  }

  /** How a model of the table in force is doing on this box; empty if only others serve it. */
  public Optional<ModelStatus> status(ModelSpec model) {
    return table.servesLocally() ? localModels.status(model.name()) : Optional.empty();
  }

  /**
   * A local model's vocabulary, for a caller who may ask the model.
   *
   * @param model absent for the policy's first
   * @throws InferenceException if the caller may not ask, or the model is unknown or not loaded
   */
  public Vocabulary vocabulary(Caller caller, Optional<String> model)
      throws InferenceException, InterruptedException {
    RoutingTable current = table;
    current.labelOf(caller, clock.instant());
    String name = model(current, model.orElseGet(current::firstModel));
    return localModels.vocabulary(name, timing.instant().plus(requestTimeout));
  }
}
