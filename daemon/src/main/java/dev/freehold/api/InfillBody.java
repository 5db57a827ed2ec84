package dev.freehold.api;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.freehold.inference.InferenceEvent;
import dev.freehold.inference.InferenceException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Instant;

/** A filled gap as one object. */
final class InfillBody implements AnswerBody {

  private final StringBuilder text = new StringBuilder();
  private InferenceEvent.Finished finished;

  @Override
  public void add(int choice, InferenceEvent event) throws InferenceException {
    if (event instanceof InferenceEvent.TextDelta(String delta)) {
      text.append(delta);
    } else if (event instanceof InferenceEvent.Finished last) {
      finished = last;
    }
    if (text.length() > WholeAnswer.CHARACTERS_MAX) {
      throw new InferenceException(
          InferenceException.Kind.INVALID_REQUEST,
          "The answer grew longer than %d characters. Ask for it with 'stream': true."
              .formatted(WholeAnswer.CHARACTERS_MAX));
    }
  }

  @Override
  public byte[] json(String requestId, String model, Instant created) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(text.length() + 256);
    try (JsonGenerator json = Json.FACTORY.createGenerator(bytes)) {
      InfillJson.last(json, text.toString(), model, finished);
    }
    return bytes.toByteArray();
  }
}
