package dev.freehold.api;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.freehold.inference.InferenceEvent;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceRequest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Instant;

/** A response that is sent whole. */
final class ResponseBody extends BufferedBody {

  private final ResponseItems items;
  private final AnswerShape.Response shape;
  private InferenceEvent.Finished end;

  ResponseBody(InferenceRequest request, AnswerShape.Response shape) {
    this.items = new ResponseItems(request.id(), ResponseItems.Listener.NONE);
    this.shape = shape;
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
      new ResponseJson(requestId, model, created, shape)
          .write(json, new ResponseState.Ended(end.reason(), end.usage()), items.items());
    }
    return bytes.toByteArray();
  }
}
