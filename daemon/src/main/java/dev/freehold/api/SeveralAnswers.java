package dev.freehold.api;

import dev.freehold.inference.InferenceEvent;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceException.Kind;
import dev.freehold.inference.InferenceStream;
import dev.freehold.inference.Usage;
import dev.freehold.routing.Candidate;
import dev.freehold.routing.RoutedRequest;
import dev.freehold.routing.RoutedStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/**
 * Several answers to one prompt, generated at once.
 *
 * <p>The first answer finds the candidate; once it has begun, the others are asked of the same one,
 * so that one request has one provider. Each answer has a thread of its own that reads it into one
 * bounded queue. If one breaks off, the request does.
 */
final class SeveralAnswers implements Answers {

  /** Events of all answers that are read ahead of the client. */
  static final int EVENTS_AHEAD_MAX = 256;

  private sealed interface Arrival {
    record Arrived(Step step) implements Arrival {}

    record Broken(InferenceException exception) implements Arrival {}
  }

  private final RoutedRequest routed;
  private final int count;
  private final RoutedStream first;
  private final BlockingQueue<Arrival> arrivals = new ArrayBlockingQueue<>(EVENTS_AHEAD_MAX);

  // Guarded by this.
  private final List<InferenceStream> streams = new ArrayList<>();
  private final List<Thread> readers = new ArrayList<>();
  private boolean ended;

  private boolean begun;

  /**
   * Prepares to ask.
   *
   * @param routed stays the caller's to close, after this
   * @throws InferenceException if there is no candidate
   */
  SeveralAnswers(RoutedRequest routed, int count) throws InferenceException {
    this.routed = routed;
    this.count = count;
    this.first = routed.open();
    streams.add(first);
  }

  @Override
  public Step next() throws InferenceException, InterruptedException {
    if (!begun) {
      begun = true;
      InferenceEvent event = first.next();
      boolean more = !(event instanceof InferenceEvent.Finished);
      begin(more);
      return new Step(0, event);
    }
    return switch (arrivals.take()) {
      case Arrival.Arrived(Step step) -> step;
      case Arrival.Broken(InferenceException exception) -> throw exception;
    };
  }

  private synchronized void begin(boolean firstGoesOn) throws InferenceException {
    if (ended) {
      throw cancelled();
    }
    if (firstGoesOn) {
      read(0, first);
    }
    Candidate candidate = first.candidate().orElseThrow();
    for (int choice = 1; choice < count; choice++) {
      RoutedStream stream = routed.openAnother(choice, candidate);
      streams.add(stream);
      read(choice, stream);
    }
  }

  private void read(int choice, InferenceStream stream) {
    readers.add(
        Thread.ofVirtual()
            .name("answer-" + choice)
            .start(
                () -> {
                  try {
                    readToEnd(choice, stream);
                  } catch (InterruptedException e) {
                    // Only end() interrupts, and it has told the reader.
                    Thread.currentThread().interrupt();
                  }
                }));
  }

  private void readToEnd(int choice, InferenceStream stream) throws InterruptedException {
    try {
      InferenceEvent event;
      do {
        event = stream.next();
        arrivals.put(new Arrival.Arrived(new Step(choice, event)));
      } while (!(event instanceof InferenceEvent.Finished));
    } catch (InferenceException e) {
      arrivals.put(new Arrival.Broken(e));
    } catch (RuntimeException | Error e) {
      // Whatever it was: the request's thread waits for this answer.
      arrivals.put(
          new Arrival.Broken(
              new InferenceException(Kind.INTERNAL, "One of the answers failed.", e)));
    }
  }

  private static InferenceException cancelled() {
    return new InferenceException(Kind.CANCELLED, "The request was cancelled.");
  }

  @Override
  public Optional<Candidate> candidate() {
    return first.candidate();
  }

  /** This box reads the prompt once for all answers; another provider bills it for each request. */
  @Override
  public synchronized Usage usageSoFar() {
    Usage one = first.usageSoFar();
    long prompt = 0;
    long cached = 0;
    long completion = 0;
    for (InferenceStream stream : streams) {
      Usage usage = stream.usageSoFar();
      prompt += usage.promptTokens();
      cached += usage.cachedTokens();
      completion += usage.completionTokens();
    }
    boolean sharePrompt = first.candidate().map(Candidate::isLocalEngine).orElse(true);
    return sharePrompt
        ? new Usage(one.promptTokens(), one.cachedTokens(), bounded(completion))
        : new Usage(bounded(prompt), bounded(cached), bounded(completion));
  }

  /** Providers say what they like. */
  private static int bounded(long tokens) {
    return (int) Math.min(Integer.MAX_VALUE, tokens);
  }

  @Override
  public synchronized void end() {
    if (!ended) {
      ended = true;
      streams.forEach(InferenceStream::close);
      readers.forEach(Thread::interrupt);
      // Wakes the request's thread. What it has not read yet nobody wants any more, and it makes
      // room: each reader adds at most what it holds and its own end.
      arrivals.clear();
      arrivals.offer(new Arrival.Broken(cancelled()));
    }
  }

  /** Waits for the readers: they must not touch the prompt once its owner closes it. */
  @Override
  public void close() {
    end();
    List<Thread> reading;
    synchronized (this) {
      reading = List.copyOf(readers);
    }
    boolean interrupted = false;
    for (Thread reader : reading) {
      while (reader.isAlive()) {
        try {
          reader.join();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
