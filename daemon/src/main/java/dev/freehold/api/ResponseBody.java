package dev.freehold.api;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.freehold.inference.InferenceEvent;
import dev.freehold.inference.InferenceException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Instant;
import java.util.Map;

/** A response that is sent whole. */
final class ResponseBody implements AnswerBody {

  private final ResponseItems items;
  private final Map<String, String> echo;

  ResponseBody(String requestId, Map<String, String> echo) {
    this.items = new ResponseItems(requestId, ResponseItems.Listener.NONE);
    this.echo = echo;
  }

  @Override
  public void add(InferenceEvent event) throws IOException, InferenceException {
    items.add(event);
  }

  @Override
  public byte[] json(
      String requestId, String model, Instant created, InferenceEvent.Finished finished)
      throws IOException, InferenceException {
    items.add(finished);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(1024);
    try (JsonGenerator json = Json.FACTORY.createGenerator(bytes)) {
      new ResponseJson(requestId, model, created, echo)
          .write(json, new ResponseState.Ended(finished.reason(), finished.usage()), items.items());
    }
    return bytes.toByteArray();
  }
}
