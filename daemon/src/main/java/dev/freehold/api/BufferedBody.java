package dev.freehold.api;

import dev.freehold.inference.InferenceException;
import java.io.IOException;
import java.time.Instant;

/** A whole answer that is written into memory before any of it is sent. */
abstract class BufferedBody implements AnswerBody {

  /** Characters of one whole answer; a longer one must be streamed. */
  static final int CHARACTERS_MAX = 32 << 20;

  /**
   * The answer in its surface's form, once every choice has finished.
   *
   * @throws InferenceException if the form has no place for what the model said
   */
  abstract byte[] json(String requestId, String model, Instant created)
      throws IOException, InferenceException;

  @Override
  public final Ready ready(String requestId, String model, Instant created)
      throws IOException, InferenceException {
    byte[] json = json(requestId, model, created);
    return (response, beforeTheEnd) -> {
      beforeTheEnd.run();
      response.send(json);
    };
  }

  /** Refuses an answer that has grown too long to be gathered. */
  static void requireRoom(long characters) throws InferenceException {
    if (characters > CHARACTERS_MAX) {
      throw new InferenceException(
          InferenceException.Kind.INVALID_REQUEST,
          "The answer grew longer than %d characters. Ask for it with 'stream': true."
              .formatted(CHARACTERS_MAX));
    }
  }
}
