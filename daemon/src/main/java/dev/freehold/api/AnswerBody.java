package dev.freehold.api;

import dev.freehold.inference.InferenceEvent;
import dev.freehold.inference.InferenceException;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.time.Instant;

/** One whole answer in the form of its surface: events are gathered, then written as one object. */
interface AnswerBody {

  /**
   * Adds an event.
   *
   * @param choice which of several answers it belongs to, from 0
   * @throws InferenceException if the answer grows longer than its surface allows
   */
  void add(int choice, InferenceEvent event) throws IOException, InferenceException;

  /**
   * The answer in its surface's form, once every choice has finished, ready to be sent: nothing
   * that could be wrong with it is found any more.
   *
   * @throws InferenceException if the form has no place for what the model said
   */
  Ready ready(String requestId, String model, Instant created)
      throws IOException, InferenceException;

  /** A whole answer on its way out. */
  interface Ready {

    /**
     * Sends it.
     *
     * @param beforeTheEnd called before the client can see that the answer has ended
     */
    void send(ServerResponse response, Runnable beforeTheEnd) throws IOException;
  }
}
