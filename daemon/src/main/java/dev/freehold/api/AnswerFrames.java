package dev.freehold.api;

import dev.freehold.inference.InferenceEvent;
import dev.freehold.inference.InferenceException;
import java.io.IOException;

/** One streamed answer in the form of its surface, written event by event into a reused buffer. */
interface AnswerFrames {

  /** The frames written since {@link #reset}. */
  FrameBuffer buffer();

  void reset();

  /**
   * Adds what an event means to the client; the first one also opens the answer, the last one ends
   * it.
   *
   * @throws InferenceException if the answer passes a bound of its surface; what the buffer holds
   *     then are whole frames
   */
  void event(InferenceEvent event) throws IOException, InferenceException;

  /** Ends a stream that broke off. */
  void error(ApiError error) throws IOException;
}
