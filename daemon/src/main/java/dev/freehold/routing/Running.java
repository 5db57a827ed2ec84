package dev.freehold.routing;

import dev.freehold.inference.InferenceEvent;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceException.Kind;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.InferenceStream;
import dev.freehold.inference.Traffic;
import dev.freehold.inference.Usage;
import dev.freehold.limits.Charge;
import dev.freehold.limits.Cost;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;

/**
 * One attempt of one candidate: its stream, and what it tells of the candidate's health. One thread
 * reads it; any may close it, before it has a stream, too.
 */
final class Running {

  private final Chain chain;
  private final Candidate candidate;
  private final ProviderHealth health;
  private final Instant began;

  // Guarded by this.
  private InferenceStream stream;
  private Charge charge;
  private Usage finalUsage;
  private Optional<Kind> failure = Optional.empty();
  private boolean asked;
  private boolean closed;

  private Instant firstEvent;

  Running(Chain chain, Candidate candidate) {
    this.chain = chain;
    this.candidate = candidate;
    this.health = chain.health(candidate);
    this.began = chain.timing().instant();
    chain.tally().began(this);
  }

  /** Asks, and reads the whole answer before any of it is given. */
  WholeStream whole() throws InferenceException, InterruptedException {
    try {
      WholeStream whole = WholeStream.of(begin(chain.requestToJudge()));
      synchronized (this) {
        stream = whole;
      }
      if (whole.isWhole()) {
        settle(whole.usageSoFar());
      }
      return whole;
    } catch (InferenceException e) {
      failed(e);
      throw e;
    }
  }

  /** Gives an answer that was judged, from its beginning. */
  Begun give(WholeStream whole) throws InferenceException, InterruptedException {
    synchronized (this) {
      stream = whole;
    }
    firstEvent = chain.timing().instant();
    return new Begun(this, whole.next());
  }

  private InferenceStream begin(InferenceRequest request)
      throws InferenceException, InterruptedException {
    Charge reserved = chain.admit(candidate);
    synchronized (this) {
      charge = reserved;
      if (closed) {
        // Another was faster: nothing leaves for nothing.
        reserved.release();
        throw cancelled();
      }
      asked = true;
    }
    InferenceStream begun = chain.ask(candidate, request, reserved);
    boolean unwanted;
    synchronized (this) {
      stream = begun;
      unwanted = closed;
    }
    if (unwanted) {
      begun.close();
      throw cancelled();
    }
    return begun;
  }

  Candidate candidate() {
    return candidate;
  }

  /** Asks, and waits for the first event. */
  Begun first() throws InferenceException, InterruptedException {
    boolean answered = false;
    try {
      InferenceEvent event = begin(chain.request()).next();
      firstEvent = chain.timing().instant();
      health.began(Duration.between(began, firstEvent));
      told(event);
      answered = true;
      return new Begun(this, event);
    } catch (InferenceException e) {
      failed(e);
      throw e;
    } finally {
      if (!answered) {
        health.leftAlone();
      }
    }
  }

  InferenceEvent next() throws InferenceException, InterruptedException {
    try {
      InferenceEvent event = stream().next();
      told(event);
      return event;
    } catch (InferenceException e) {
      failed(e);
      throw e;
    }
  }

  synchronized Cost reserved() {
    return charge == null ? Cost.NONE : charge.reserved();
  }

  /** What this attempt came to, so far. */
  Attempted attempted() {
    Usage usage = usage();
    Traffic traffic = traffic();
    synchronized (this) {
      Cost cost = charge == null ? Cost.NONE : charge.cost();
      return new Attempted(candidate.spec(), usage, traffic, cost, end());
    }
  }

  Usage usage() {
    synchronized (this) {
      if (finalUsage != null) {
        return finalUsage;
      }
    }
    InferenceStream current = streamOrNull();
    return current == null ? Usage.NONE : current.usageSoFar();
  }

  Traffic traffic() {
    InferenceStream current = streamOrNull();
    return current == null ? Traffic.NONE : current.traffic();
  }

  /** Ends it, and pays what it took. */
  void close() {
    InferenceStream current;
    Charge reserved;
    synchronized (this) {
      closed = true;
      current = stream;
      reserved = charge;
    }
    if (current != null) {
      current.close();
    }
    if (reserved != null) {
      reserved.observe(usage());
      reserved.close();
    }
  }

  private void told(InferenceEvent event) {
    if (event instanceof InferenceEvent.Finished finished) {
      health.finished(
          finished.usage().completionTokens(),
          Duration.between(firstEvent, chain.timing().instant()));
      settle(finished.usage());
    }
  }

  private void settle(Usage usage) {
    synchronized (this) {
      finalUsage = usage;
    }
    charge.settle(usage);
  }

  private void failed(InferenceException e) {
    Charge reserved;
    synchronized (this) {
      if (closed) {
        return;
      }
      failure = Optional.of(e.kind());
      reserved = charge;
    }
    if (isItsFault(e)) {
      health.failed(e);
    }
    if (reserved != null && usage().totalTokens() == 0 && isFree(e.kind())) {
      reserved.release();
    }
  }

  /**
   * What our own limits refuse was never asked for, and a request whose time is up says nothing of
   * whom it asked last.
   */
  private synchronized boolean isItsFault(InferenceException e) {
    boolean timeWasUp =
        e.kind() == Kind.TIMED_OUT && !chain.timing().instant().isBefore(chain.deadline());
    return asked && !timeWasUp;
  }

  /** Whether a provider that fails in this way has done nothing that it charges. */
  private static boolean isFree(Kind kind) {
    return switch (kind) {
      case INVALID_REQUEST,
          UNSUPPORTED,
          CONTEXT_TOO_LONG,
          MODEL_NOT_FOUND,
          FORBIDDEN,
          OVERLOADED,
          UNAVAILABLE,
          PROVIDER_REFUSED,
          PROVIDER_LIMITED,
          PROVIDER_FAILED ->
          true;
      // It may have been at work when nobody waited any more.
      case TIMED_OUT, CANCELLED, INTERNAL -> false;
    };
  }

  private String end() {
    if (finalUsage != null) {
      return "answered";
    }
    return failure
        .map(kind -> kind.name().toLowerCase(Locale.ROOT).replace('_', '-'))
        .orElse(closed ? "given-up" : "running");
  }

  private InferenceStream stream() throws InferenceException {
    InferenceStream current = streamOrNull();
    if (current == null) {
      throw cancelled();
    }
    return current;
  }

  private synchronized InferenceStream streamOrNull() {
    return stream;
  }

  private static InferenceException cancelled() {
    return new InferenceException(Kind.CANCELLED, "The request was cancelled.");
  }
}
