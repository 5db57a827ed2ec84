package dev.freehold.api;

import dev.freehold.inference.InferenceEvent;
import dev.freehold.inference.InferenceException;
import java.io.IOException;

/**
 * Writes one streamed answer as server-sent events, in a surface's own form, into a buffer that is
 * reused. It belongs to the request's thread.
 */
interface AnswerFrames {

  /** The frames written since {@link #reset}; none if an event means nothing to the client. */
  FrameBuffer buffer();

  void reset();

  /**
   * Adds what an event means to the client; the first one also opens the answer, and {@code
   * Finished} ends it, once every choice has finished.
   *
   * @param choice which of several answers the event belongs to, from 0
   * @throws InferenceException if the form has no place for the event; what the buffer holds then
   *     are whole frames
   */
  void event(int choice, InferenceEvent event) throws IOException, InferenceException;

  /** Ends a stream that broke off. */
  void error(ApiError error) throws IOException;
}
