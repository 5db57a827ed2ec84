package dev.freehold.api;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.freehold.inference.InferenceEvent;
import java.io.IOException;
import java.util.List;

/** A filled gap as it comes: one {@code data:} line a piece, the last one with {@code stop}. */
final class InfillFrames implements AnswerFrames {

  private final String model;
  private final List<String> only;
  private final FrameBuffer buffer = new FrameBuffer();
  private final JsonGenerator json;

  InfillFrames(String model, List<String> only) throws IOException {
    this.model = model;
    this.only = only;
    this.json = Json.FACTORY.createGenerator(buffer);
  }

  @Override
  public FrameBuffer buffer() {
    return buffer;
  }

  @Override
  public void reset() {
    buffer.reset();
  }

  @Override
  public void event(int choice, InferenceEvent event) throws IOException {
    if (event instanceof InferenceEvent.TextDelta(String text)) {
      buffer.ascii("data: ");
      json.writeStartObject();
      json.writeNumberField("index", 0);
      json.writeStringField("content", AnswerJson.wellFormed(text));
      json.writeBooleanField("stop", false);
      json.writeEndObject();
      end();
    } else if (event instanceof InferenceEvent.Finished finished) {
      buffer.ascii("data: ");
      InfillJson.last(json, "", model, finished, only);
      end();
    }
  }

  @Override
  public void error(ApiError error) throws IOException {
    buffer.ascii("data: ");
    ApiErrors.write(json, error);
    end();
  }

  private void end() throws IOException {
    json.flush();
    buffer.ascii("\n\n");
  }
}
