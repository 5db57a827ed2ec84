package dev.freehold.routing;

import dev.freehold.bundle.policy.Cascade;
import dev.freehold.inference.InferenceEvent;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceException.Kind;
import dev.freehold.inference.InferenceStream;
import dev.freehold.inference.Traffic;
import dev.freehold.inference.Usage;
import dev.freehold.provider.Timing;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/**
 * The answer of the first candidate that gives one.
 *
 * <p>The first {@link #next} asks the candidates in order. A candidate answers once its first event
 * arrives; one that refuses, times out or breaks before that is passed over, inside the one
 * deadline of the request. From then on the answer is that candidate's to the end, failures
 * included. Where the route hedges, a candidate that is silent for long gets another of the same
 * trust class beside it, and the first to speak answers. Where the route cascades, the box's own
 * model is read to its end and judged first. If everyone failed in a way that passes, they are
 * asked once more after a short wait. {@link #close} ends whatever is running, at whatever stage.
 */
public final class RoutedStream implements InferenceStream {

  /** How often the candidates are asked, all in all. */
  static final int ROUNDS_MAX = 2;

  /** A longer wait is the client's to make. */
  static final Duration ROUND_WAIT_MAX = Duration.ofSeconds(2);

  private static final int ROUND_WAIT_MILLIS_MIN = 50;
  private static final int ROUND_WAIT_MILLIS_SPREAD = 250;

  private static final Logger LOGGER = System.getLogger(RoutedStream.class.getName());

  private final Chain chain;
  private final boolean digested;
  private final Timing timing;
  private final Timing.Alarm deadline;

  // Guarded by this: who runs now, and whether it has been ended from outside.
  private final List<Running> running = new ArrayList<>();
  private Candidate answering;
  private boolean closed;
  private boolean timedOut;

  // The reading thread's own.
  private final List<Failure> failures = new ArrayList<>();
  private Running committed;
  private boolean judged;
  private Judged secondBest;

  /** A local answer that did not pass. */
  private record Judged(Running attempt, WholeStream answer) {}

  /**
   * A stream that asks when it is read.
   *
   * @param digested whether its text is the one that the receipt recognises
   */
  RoutedStream(Chain chain, boolean digested) {
    this.chain = chain;
    this.digested = digested;
    this.timing = chain.timing();
    this.deadline = timing.at(chain.deadline(), () -> end(true));
  }

  /** The candidate that answers, or was asked last. */
  public synchronized Optional<Candidate> candidate() {
    return Optional.ofNullable(answering);
  }

  /** The candidates that were passed over, in order. Only the reading thread may ask. */
  public List<Failure> failures() {
    return List.copyOf(failures);
  }

  @Override
  public InferenceEvent next() throws InferenceException, InterruptedException {
    if (committed != null) {
      requireOpen();
      return follow();
    }
    Optional<Begun> passed = chain.cascade().isPresent() ? askAndJudge() : Optional.empty();
    if (passed.isPresent()) {
      return commit(passed.get());
    }
    for (int round = 1; ; round++) {
      Deque<Candidate> left = new ArrayDeque<>(chain.candidates());
      if (judged) {
        left.removeFirst();
      }
      int failedBefore = failures.size();
      while (!left.isEmpty()) {
        Optional<Begun> begun = askNext(left);
        if (begun.isPresent()) {
          return commit(begun.get());
        }
      }
      if (round == ROUNDS_MAX
          || !awaitAnotherRound(failures.subList(failedBefore, failures.size()))) {
        if (secondBest != null) {
          return commit(secondBest.attempt().give(secondBest.answer()));
        }
        throw Failure.mostTelling(failures);
      }
    }
  }

  @Override
  public Usage usageSoFar() {
    Optional<Running> current = current();
    return current.map(Running::usage).orElse(Usage.NONE);
  }

  @Override
  public Traffic traffic() {
    return current().map(Running::traffic).orElse(Traffic.NONE);
  }

  @Override
  public void close() {
    end(false);
  }

  /**
   * Asks the box's own model and judges its answer. One that fails is kept for the case that nobody
   * gives a better one.
   */
  private Optional<Begun> askAndJudge() throws InferenceException, InterruptedException {
    Candidate first = chain.candidates().getFirst();
    Running attempt = begin(first);
    judged = true;
    try {
      WholeStream answer = attempt.whole();
      Optional<Cascade.Check> failedCheck =
          answer.isWhole()
              ? AnswerChecks.failed(chain.cascade().orElseThrow(), chain.request(), answer.events())
              : Optional.empty();
      WholeStream given =
          chain.request().logprobs().isPresent() ? answer : answer.withoutLogprobs();
      if (failedCheck.isEmpty()) {
        return Optional.of(attempt.give(given));
      }
      secondBest = new Judged(attempt, given);
      failures.add(
          new Failure(
              first.name(),
              new InferenceException(
                  Kind.UNSUPPORTED,
                  "The answer of the local model does not pass the check '%s'."
                      .formatted(failedCheck.get().text()))));
    } catch (InferenceException e) {
      forget(attempt);
      failed(first, e);
    }
    return Optional.empty();
  }

  /** Asks the next candidate, or the next two; those that were asked are taken out. */
  private Optional<Begun> askNext(Deque<Candidate> left)
      throws InferenceException, InterruptedException {
    Candidate first = left.removeFirst();
    if (!chain.health(first).mayTry()) {
      passedOver(first);
      return Optional.empty();
    }
    Optional<Candidate> second =
        chain.hedge().isEmpty()
            ? Optional.empty()
            : left.stream()
                .filter(candidate -> candidate.spec().trust() == first.spec().trust())
                .findFirst();
    try {
      if (second.isEmpty()) {
        return Optional.of(ask(first));
      }
      return race(first, second.get(), left);
    } catch (InferenceException e) {
      failed(first, e);
      return Optional.empty();
    }
  }

  private Begun ask(Candidate candidate) throws InferenceException, InterruptedException {
    Running attempt = begin(candidate);
    boolean answered = false;
    try {
      Begun begun = attempt.first();
      answered = true;
      return begun;
    } finally {
      if (!answered) {
        forget(attempt);
      }
    }
  }

  /** What an attempt of a race came to. */
  private sealed interface Heat {
    record Won(Begun begun) implements Heat {}

    record Lost(Running attempt, InferenceException exception) implements Heat {}
  }

  private Optional<Begun> race(Candidate first, Candidate second, Deque<Candidate> left)
      throws InferenceException, InterruptedException {
    BlockingQueue<Heat> heats = new ArrayBlockingQueue<>(2);
    Instant patience = timing.instant().plus(chain.hedge().orElseThrow());
    run(begin(first), heats);
    int open = 1;
    boolean hedged = false;
    while (open > 0) {
      Heat heat = hedged ? heats.take() : timing.poll(heats, patience);
      switch (heat) {
        case null -> {
          hedged = true;
          if (chain.health(second).mayTry()) {
            left.remove(second);
            run(begin(second), heats);
            open++;
          }
        }
        case Heat.Won(Begun begun) -> {
          return Optional.of(begun);
        }
        case Heat.Lost(Running attempt, InferenceException exception) -> {
          open--;
          forget(attempt);
          failed(attempt.candidate(), exception);
          hedged = hedged || open == 0;
        }
      }
    }
    return Optional.empty();
  }

  private void run(Running attempt, BlockingQueue<Heat> heats) {
    Thread.ofVirtual()
        .name("hedged-" + attempt.candidate().name())
        .start(
            () -> {
              try {
                heats.add(new Heat.Won(attempt.first()));
              } catch (InferenceException e) {
                heats.add(new Heat.Lost(attempt, e));
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              } catch (RuntimeException | Error e) {
                heats.add(
                    new Heat.Lost(
                        attempt, new InferenceException(Kind.INTERNAL, "An attempt failed.", e)));
              }
            });
  }

  private Running begin(Candidate candidate) throws InferenceException {
    synchronized (this) {
      if (closed) {
        chain.health(candidate).leftAlone();
        throw ended();
      }
      answering = candidate;
      Running attempt = new Running(chain, candidate);
      running.add(attempt);
      return attempt;
    }
  }

  private void forget(Running attempt) {
    synchronized (this) {
      running.remove(attempt);
    }
    attempt.close();
  }

  private synchronized List<Running> others(Running one) {
    return running.stream().filter(other -> other != one).toList();
  }

  private InferenceEvent commit(Begun begun) throws InferenceException {
    synchronized (this) {
      if (closed) {
        throw ended();
      }
      answering = begun.running().candidate();
    }
    committed = begun.running();
    others(committed).forEach(this::forget);
    if (!answering.isLocalEngine()) {
      chain.promptUnneeded().run();
    }
    chain.answers(answering);
    return told(begun.event());
  }

  /** A stream that was ended from here says so in the words of the reason. */
  private InferenceEvent follow() throws InferenceException, InterruptedException {
    try {
      return told(committed.next());
    } catch (InferenceException e) {
      synchronized (this) {
        if (closed) {
          throw ended();
        }
      }
      throw e;
    }
  }

  private InferenceEvent told(InferenceEvent event) {
    switch (event) {
      case InferenceEvent.Finished _ -> deadline.cancel();
      case InferenceEvent.TextDelta(String text) when digested -> chain.tally().answered(text);
      default -> {
        // Only the text of an answer is recognised by its digest.
      }
    }
    return event;
  }

  private void failed(Candidate candidate, InferenceException e) throws InferenceException {
    synchronized (this) {
      if (closed) {
        throw ended();
      }
    }
    failures.add(new Failure(candidate.name(), e));
    LOGGER.log(
        Level.INFO,
        "Request {0}: provider {1} gave no answer: {2}",
        chain.request().id(),
        candidate.name(),
        e.kind());
    if (!Failure.mayTryAnother(candidate, e)) {
      throw e;
    }
  }

  private void passedOver(Candidate candidate) {
    Optional<ProviderHealth.Closed> closedNow = chain.health(candidate).rejection();
    failures.add(
        new Failure(
            candidate.name(),
            new InferenceException(
                Kind.UNAVAILABLE,
                "Provider '%s' is passed over: %s."
                    .formatted(
                        candidate.name(),
                        closedNow
                            .map(ProviderHealth.Closed::reason)
                            .orElse("another request tries whether it is well again")),
                closedNow.map(ProviderHealth.Closed::retryAfter),
                null)));
  }

  /** Waits a little if all that just failed may soon do better. */
  private boolean awaitAnotherRound(List<Failure> last) throws InterruptedException {
    if (last.isEmpty() || !last.stream().allMatch(Failure::passes)) {
      return false;
    }
    // Jitter: clients that failed together do not come back together.
    long millis = ROUND_WAIT_MILLIS_MIN + chain.random().nextLong(ROUND_WAIT_MILLIS_SPREAD);
    Duration wait = Duration.ofMillis(millis);
    Optional<Duration> asked =
        last.stream()
            .flatMap(failure -> failure.exception().retryAfter().stream())
            .min(Duration::compareTo);
    if (asked.isPresent() && asked.get().compareTo(wait) > 0) {
      wait = asked.get();
    }
    boolean worthIt =
        wait.compareTo(ROUND_WAIT_MAX) <= 0
            && timing.instant().plus(wait).isBefore(chain.deadline());
    if (worthIt) {
      timing.sleep(wait);
    }
    return worthIt;
  }

  private synchronized Optional<Running> current() {
    return committed != null
        ? Optional.of(committed)
        : running.isEmpty() ? Optional.empty() : Optional.of(running.getLast());
  }

  private synchronized void requireOpen() throws InferenceException {
    if (closed) {
      throw ended();
    }
  }

  private synchronized InferenceException ended() {
    return timedOut
        ? new InferenceException(
            Kind.TIMED_OUT,
            "The request took longer than this box allows. Ask for fewer tokens or try later.")
        : new InferenceException(Kind.CANCELLED, "The request was cancelled.");
  }

  private void end(boolean byDeadline) {
    List<Running> toClose;
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
      timedOut = byDeadline;
      toClose = List.copyOf(running);
    }
    deadline.cancel();
    toClose.forEach(Running::close);
  }
}
