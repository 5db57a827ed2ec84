package dev.freehold.api;

import dev.freehold.inference.InferenceEvent;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.Usage;
import dev.freehold.routing.Candidate;
import dev.freehold.routing.RoutedStream;
import java.util.Objects;
import java.util.Optional;

/** The one or several answers to a request, read by the request's thread as one row of steps. */
interface Answers extends AutoCloseable {

  /** An event and which answer it belongs to, from 0. */
  record Step(int choice, InferenceEvent event) {

    public Step {
      Objects.requireNonNull(event, "event");
    }
  }

  /** Waits for the next step. Not called again once every answer has finished. */
  Step next() throws InferenceException, InterruptedException;

  /** Who answers, or was asked last. */
  Optional<Candidate> candidate();

  /**
   * The tokens of all answers so far, as they were spent: a prompt that is read once counts once.
   */
  Usage usageSoFar();

  /** Ends every answer without waiting for it; may come from any thread. */
  void end();

  @Override
  void close();

  /** The usual case. */
  static Answers one(RoutedStream stream) {
    return new Answers() {
      @Override
      public Step next() throws InferenceException, InterruptedException {
        return new Step(0, stream.next());
      }

      @Override
      public Optional<Candidate> candidate() {
        return stream.candidate();
      }

      @Override
      public Usage usageSoFar() {
        return stream.usageSoFar();
      }

      @Override
      public void end() {
        stream.close();
      }

      @Override
      public void close() {
        stream.close();
      }
    };
  }
}
