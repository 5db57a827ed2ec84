package dev.freehold.routing;

import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceException.Kind;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.provider.PreparedPrompt;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A request that has been decided. It owns the prepared prompt: the thread that got it closes it,
 * after the stream it opened. Once another provider than this box answers, the prompt is closed
 * early: it would keep the local model in use for as long as the other takes.
 */
public final class RoutedRequest implements AutoCloseable {

  private final InferenceRequest request;
  private final Decision decision;
  private final Optional<PreparedPrompt> prepared;
  private final Instant deadline;
  private final AtomicBoolean closed = new AtomicBoolean();

  RoutedRequest(
      InferenceRequest request,
      Decision decision,
      Optional<PreparedPrompt> prepared,
      Instant deadline) {
    this.request = request;
    this.decision = decision;
    this.prepared = prepared;
    this.deadline = deadline;
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
   * A stream that asks the candidates in order once it is read.
   *
   * @throws InferenceException if there is no candidate
   */
  public RoutedStream open() throws InferenceException {
    if (decision.route().isEmpty()) {
      throw new InferenceException(
          Kind.UNAVAILABLE,
          "No route of this box's policy applies to the request. Ask the operator to add a route"
              + " without a condition.");
    }
    if (decision.candidates().isEmpty()) {
      throw new InferenceException(
          Kind.FORBIDDEN,
          ("A '%s' request may not go to any provider of the route '%s'. Ask the operator to "
                  + "add an allowed provider to the route.")
              .formatted(decision.label().text(), decision.route().get()));
    }
    return new RoutedStream(decision.candidates(), request, prepared, deadline, this::close);
  }

  /**
   * One more answer to the same prompt, of the candidate that gives the first: drawn with another
   * seed, the request's own plus {@code choice} if it names one.
   */
  public RoutedStream openAnother(int choice, Candidate candidate) {
    InferenceRequest another = request.withSampling(request.sampling().forChoice(choice));
    return new RoutedStream(List.of(candidate), another, prepared, deadline, this::close);
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      prepared.ifPresent(PreparedPrompt::close);
    }
  }
}
