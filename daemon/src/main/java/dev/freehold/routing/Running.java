package dev.freehold.routing;

import dev.freehold.inference.InferenceEvent;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceException.Kind;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.InferenceStream;
import dev.freehold.inference.Traffic;
import dev.freehold.inference.Usage;
import java.time.Duration;
import java.time.Instant;

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
  private boolean closed;

  private Instant firstEvent;

  Running(Chain chain, Candidate candidate) {
    this.chain = chain;
    this.candidate = candidate;
    this.health = chain.health(candidate);
    this.began = chain.timing().instant();
  }

  /** Asks, and reads the whole answer before any of it is given. */
  WholeStream whole() throws InferenceException, InterruptedException {
    InferenceStream asked = begin(chain.requestToJudge());
    try {
      WholeStream whole = WholeStream.of(asked);
      synchronized (this) {
        stream = whole;
      }
      return whole;
    } catch (InferenceException e) {
      health.failed(e);
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
    InferenceStream asked = chain.ask(candidate, request);
    boolean unwanted;
    synchronized (this) {
      stream = asked;
      unwanted = closed;
    }
    if (unwanted) {
      asked.close();
      throw cancelled();
    }
    return asked;
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
      health.failed(e);
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
      if (!isClosed()) {
        health.failed(e);
      }
      throw e;
    }
  }

  Usage usage() {
    InferenceStream current = streamOrNull();
    return current == null ? Usage.NONE : current.usageSoFar();
  }

  Traffic traffic() {
    InferenceStream current = streamOrNull();
    return current == null ? Traffic.NONE : current.traffic();
  }

  void close() {
    InferenceStream current;
    synchronized (this) {
      closed = true;
      current = stream;
    }
    if (current != null) {
      current.close();
    }
  }

  private void told(InferenceEvent event) {
    if (event instanceof InferenceEvent.Finished finished) {
      health.finished(
          finished.usage().completionTokens(),
          Duration.between(firstEvent, chain.timing().instant()));
    }
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

  private synchronized boolean isClosed() {
    return closed;
  }

  private static InferenceException cancelled() {
    return new InferenceException(Kind.CANCELLED, "The request was cancelled.");
  }
}
