package dev.freehold.api;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.freehold.inference.InferenceEvent;
import dev.freehold.inference.InferenceException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Instant;
import java.util.Map;

/** A response that is sent whole. */
final class ResponseBody extends BufferedBody {

  private final ResponseItems items;
  private final Map<String, String> echo;
  private InferenceEvent.Finished end;

  ResponseBody(String requestId, Map<String, String> echo) {
    this.items = new ResponseItems(requestId, ResponseItems.Listener.NONE);
    this.echo = echo;
  }

  @Override
  public void add(int choice, InferenceEvent event) throws IOException, InferenceException {
    items.add(event);
    if (event instanceof InferenceEvent.Finished finished) {
      end = finished;
    }
  }

  @Override
  byte[] json(String requestId, String model, Instant created)
      throws IOException, InferenceException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(1024);
    try (JsonGenerator json = Json.FACTORY.createGenerator(bytes)) {
      new ResponseJson(requestId, model, created, echo)
          .write(json, new ResponseState.Ended(end.reason(), end.usage()), items.items());
    }
    return bytes.toByteArray();
  }
}
