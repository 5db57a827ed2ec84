package dev.freehold.routing;

import dev.freehold.inference.InferenceEvent;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceException.Kind;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.InferenceStream;
import dev.freehold.inference.Usage;
import dev.freehold.provider.Attempt;
import dev.freehold.provider.PreparedPrompt;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The answer of the first candidate that gives one.
 *
 * <p>The first {@link #next} asks the candidates in order. A candidate answers once its first event
 * arrives; one that refuses, times out or breaks before that is passed over, inside the one
 * deadline of the request. From then on the answer is that candidate's to the end, failures
 * included. {@link #close} ends whatever is running, at whatever stage.
 */
public final class RoutedStream implements InferenceStream {

  private static final Logger LOGGER = System.getLogger(RoutedStream.class.getName());
  private static final ScheduledThreadPoolExecutor DEADLINES = deadlines();

  private final List<Candidate> candidates;
  private final InferenceRequest request;
  private final Optional<PreparedPrompt> prepared;
  private final Instant requestDeadline;
  private final Runnable promptUnneeded;
  private final List<Failure> failures = new ArrayList<>();
  private final ScheduledFuture<?> deadline;

  // Guarded by this: who runs now, and whether it has been ended from outside.
  private Candidate answering;
  private InferenceStream running;
  private boolean closed;
  private boolean timedOut;

  private boolean committed;

  /**
   * A stream that asks when it is read.
   *
   * @param promptUnneeded called once it is certain that no model of this box answers
   */
  RoutedStream(
      List<Candidate> candidates,
      InferenceRequest request,
      Optional<PreparedPrompt> prepared,
      Instant requestDeadline,
      Runnable promptUnneeded) {
    this.candidates = List.copyOf(candidates);
    this.request = request;
    this.prepared = prepared;
    this.requestDeadline = requestDeadline;
    this.promptUnneeded = promptUnneeded;
    long waitMillis = Math.max(0, Duration.between(Instant.now(), requestDeadline).toMillis());
    this.deadline = DEADLINES.schedule(this::timeOut, waitMillis, TimeUnit.MILLISECONDS);
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
    if (committed) {
      return read(running());
    }
    for (Candidate candidate : candidates) {
      try {
        InferenceEvent first = ask(candidate);
        committed = true;
        if (!candidate.isLocalEngine()) {
          promptUnneeded.run();
        }
        return first;
      } catch (InferenceException e) {
        failures.add(new Failure(candidate.name(), e));
        LOGGER.log(
            Level.INFO,
            "Request {0}: provider {1} gave no answer: {2}",
            request.id(),
            candidate.name(),
            e.kind());
        if (!mayTryAnother(candidate, e)) {
          throw e;
        }
      }
    }
    throw mostTelling();
  }

  @Override
  public Usage usageSoFar() {
    InferenceStream current = current();
    return current == null ? Usage.NONE : current.usageSoFar();
  }

  @Override
  public void close() {
    end(false);
  }

  private Attempt attempt(Candidate candidate) {
    return new Attempt(
        request, prepared, candidate.permit(), requestDeadline, Attempt.Departure.UNSEEN);
  }

  private InferenceEvent ask(Candidate candidate) throws InferenceException, InterruptedException {
    synchronized (this) {
      requireOpen();
      answering = candidate;
      running = null;
    }
    InferenceStream stream = candidate.provider().infer(attempt(candidate));
    boolean wanted;
    synchronized (this) {
      wanted = !closed;
      running = stream;
    }
    boolean answered = false;
    try {
      if (!wanted) {
        throw ended();
      }
      InferenceEvent first = read(stream);
      answered = true;
      return first;
    } finally {
      if (!answered) {
        stream.close();
      }
    }
  }

  /** A stream that was ended from here says so in the words of the reason. */
  private InferenceEvent read(InferenceStream stream)
      throws InferenceException, InterruptedException {
    try {
      InferenceEvent event = stream.next();
      if (event instanceof InferenceEvent.Finished) {
        deadline.cancel(false);
      }
      return event;
    } catch (InferenceException e) {
      synchronized (this) {
        if (closed) {
          throw ended();
        }
      }
      throw e;
    }
  }

  private synchronized InferenceStream running() throws InferenceException {
    requireOpen();
    return running;
  }

  private synchronized InferenceStream current() {
    return running;
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

  private void timeOut() {
    end(true);
  }

  private void end(boolean byDeadline) {
    InferenceStream toClose;
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
      timedOut = byDeadline;
      toClose = running;
    }
    deadline.cancel(false);
    if (toClose != null) {
      toClose.close();
    }
  }

  /** Whether another candidate could do better with the same request. */
  private boolean mayTryAnother(Candidate candidate, InferenceException e) {
    synchronized (this) {
      if (closed) {
        return false;
      }
    }
    return switch (e.kind()) {
      // Our own engine has read the request and found it wrong; a foreign provider may only lack
      // something.
      case INVALID_REQUEST -> !candidate.isLocalEngine();
      case FORBIDDEN, CANCELLED -> false;
      case UNSUPPORTED,
          CONTEXT_TOO_LONG,
          MODEL_NOT_FOUND,
          OVERLOADED,
          UNAVAILABLE,
          PROVIDER_REFUSED,
          PROVIDER_LIMITED,
          PROVIDER_FAILED,
          TIMED_OUT,
          INTERNAL ->
          true;
    };
  }

  /** Of several failures, the one that tells the client best what to do. */
  private InferenceException mostTelling() {
    List<InferenceException> ranked =
        failures.stream()
            .map(Failure::exception)
            .sorted(Comparator.comparingInt(e -> rank(e.kind())))
            .toList();
    InferenceException best = ranked.getFirst();
    ranked.stream().skip(1).forEach(best::addSuppressed);
    return best;
  }

  private static int rank(Kind kind) {
    return switch (kind) {
      case CONTEXT_TOO_LONG -> 0;
      case INVALID_REQUEST, UNSUPPORTED -> 1;
      case OVERLOADED, PROVIDER_LIMITED -> 2;
      case UNAVAILABLE -> 3;
      case TIMED_OUT -> 4;
      case PROVIDER_REFUSED -> 5;
      case PROVIDER_FAILED -> 6;
      case MODEL_NOT_FOUND, FORBIDDEN, CANCELLED -> 7;
      case INTERNAL -> 8;
    };
  }

  private static ScheduledThreadPoolExecutor deadlines() {
    ScheduledThreadPoolExecutor executor =
        new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("request-deadlines").factory());
    executor.setRemoveOnCancelPolicy(true);
    return executor;
  }

  /** A candidate that was passed over. */
  public record Failure(String provider, InferenceException exception) {}
}
