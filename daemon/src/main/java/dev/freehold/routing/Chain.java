package dev.freehold.routing;

import dev.freehold.bundle.policy.Cascade;
import dev.freehold.bundle.policy.RouteSpec;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.InferenceStream;
import dev.freehold.limits.Charge;
import dev.freehold.provider.Attempt;
import dev.freehold.provider.PreparedPrompt;
import dev.freehold.provider.Timing;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.random.RandomGenerator;

/**
 * What the attempts of one answer have in common: whom to ask, what, until when, and who wants to
 * know. The candidates are fixed; nothing adds one.
 *
 * @param promptTokens the prompt's length, exact or estimated
 * @param conversation what a sticky route knows the conversation by
 * @param tally where attempts are counted and paid
 * @param promptUnneeded called once it is certain that no model of this box answers
 */
record Chain(
    RouteSpec route,
    List<Candidate> candidates,
    InferenceRequest request,
    Optional<PreparedPrompt> prepared,
    int promptTokens,
    Instant deadline,
    Optional<String> conversation,
    Runnable promptUnneeded,
    Tally tally,
    Surroundings surroundings) {

  Chain {
    Objects.requireNonNull(route, "route");
    candidates = List.copyOf(candidates);
    Objects.requireNonNull(request, "request");
    Objects.requireNonNull(prepared, "prepared");
    Objects.requireNonNull(deadline, "deadline");
    Objects.requireNonNull(conversation, "conversation");
    Objects.requireNonNull(promptUnneeded, "promptUnneeded");
    Objects.requireNonNull(tally, "tally");
    Objects.requireNonNull(surroundings, "surroundings");
  }

  /** What all chains of a router share. */
  record Surroundings(
      Timing timing,
      HealthBoard board,
      Conversations conversations,
      RandomGenerator random,
      Oversight oversight) {}

  Timing timing() {
    return surroundings.timing();
  }

  RandomGenerator random() {
    return surroundings.random();
  }

  ProviderHealth health(Candidate candidate) {
    return surroundings.board().of(candidate.spec());
  }

  /** How long a candidate may be silent before another is asked beside it. */
  Optional<Duration> hedge() {
    return route.hedge();
  }

  /** What the box's own model has to pass before its answer is given, where there is a choice. */
  Optional<Cascade> cascade() {
    return candidates.size() > 1 && candidates.getFirst().isLocalEngine()
        ? route.cascade()
        : Optional.empty();
  }

  /** The request with whatever the checks of the cascade need to see. */
  InferenceRequest requestToJudge() {
    return cascade().map(Cascade::checks).orElse(Set.of()).contains(Cascade.Check.CONFIDENCE)
            && request.logprobs().isEmpty()
        ? request.withLogprobs(OptionalInt.of(0))
        : request;
  }

  /**
   * Reserves what an attempt may cost.
   *
   * @throws InferenceException if the candidate must be passed over
   */
  Charge admit(Candidate candidate) throws InferenceException {
    return tally.admit(candidate, route.costMax());
  }

  /** Starts an attempt. */
  InferenceStream ask(Candidate candidate, InferenceRequest asked, Charge charge)
      throws InferenceException, InterruptedException {
    try {
      return candidate
          .provider()
          .infer(
              new Attempt(
                  asked,
                  prepared,
                  promptTokens,
                  candidate.permit(),
                  deadline,
                  (host, bytes) -> tally.leaving(candidate, host, bytes, charge)));
    } catch (Journal.NothingLeaves e) {
      throw Journal.NothingLeaves.toClient();
    }
  }

  /** A candidate has begun to answer. */
  void answers(Candidate candidate) {
    conversation.ifPresent(known -> surroundings.conversations().answered(known, candidate.name()));
  }
}
