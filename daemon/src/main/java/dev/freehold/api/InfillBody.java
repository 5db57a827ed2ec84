package dev.freehold.api;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.freehold.inference.InferenceEvent;
import dev.freehold.inference.InferenceException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Instant;
import java.util.List;

/** A filled gap as one object. */
final class InfillBody extends BufferedBody {

  private final List<String> only;
  private final StringBuilder text = new StringBuilder();
  private InferenceEvent.Finished finished;

  InfillBody(List<String> only) {
    this.only = only;
  }

  @Override
  public void add(int choice, InferenceEvent event) throws InferenceException {
    if (event instanceof InferenceEvent.TextDelta(String delta)) {
      text.append(delta);
    } else if (event instanceof InferenceEvent.Finished last) {
      finished = last;
    }
    requireRoom(text.length());
  }

  @Override
  byte[] json(String requestId, String model, Instant created) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(text.length() + 256);
    try (JsonGenerator json = Json.FACTORY.createGenerator(bytes)) {
      InfillJson.last(json, text.toString(), model, finished, only);
    }
    return bytes.toByteArray();
  }
}
