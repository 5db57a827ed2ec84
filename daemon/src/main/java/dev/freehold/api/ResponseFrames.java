package dev.freehold.api;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.freehold.inference.InferenceEvent;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.TokenLogprob;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;

/**
 * Writes one streamed response: typed events, numbered from 0, each with its {@code event:} line.
 * The last one carries the whole response, and no {@code [DONE]} follows.
 *
 * <p>A delta is the hot path: what is the same in every delta of an item is encoded once.
 */
final class ResponseFrames implements AnswerFrames, ResponseItems.Listener {

  private static final byte[] DELTA_TAIL =
      ",\"sequence_number\":".getBytes(StandardCharsets.US_ASCII);

  private final FrameBuffer buffer = new FrameBuffer();
  private final JsonGenerator json;
  private final ResponseJson response;
  private final ResponseItems items;
  private boolean opened;
  private int sequence;
  private ResponseItem deltaItem;
  private byte[] deltaHead = {};

  ResponseFrames(InferenceRequest request, AnswerShape.Response shape, Instant created)
      throws IOException {
    this.json = Json.FACTORY.createGenerator(buffer);
    this.response = new ResponseJson(request.id(), request.model(), created, shape);
    this.items = new ResponseItems(request.id(), this);
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
  public void event(int choice, InferenceEvent event) throws IOException, InferenceException {
    if (!opened) {
      opened = true;
      response("created", new ResponseState.InProgress(), List.of());
      response("in_progress", new ResponseState.InProgress(), List.of());
    }
    items.add(event);
    if (event instanceof InferenceEvent.Finished finished) {
      ResponseState ended = new ResponseState.Ended(finished.reason(), finished.usage());
      response(ended.word(), ended, items.items());
    }
  }

  /** The response that failed says how far it came. */
  @Override
  public void error(ApiError error) throws IOException {
    items.breakOff();
    ResponseState failed = new ResponseState.Failed(error);
    response(failed.word(), failed, items.items());
  }

  @Override
  public void opened(ResponseItem item) throws IOException {
    item("response.output_item.added", item);
    if (item.kind() != ResponseItem.Kind.CALL) {
      part("response.content_part.added", item);
    }
  }

  @Override
  public void grew(ResponseItem item, String more, List<TokenLogprob> logprobs) throws IOException {
    if (deltaItem != item) {
      encodeDelta(item);
    }
    buffer.write(deltaHead);
    json.writeString(AnswerJson.wellFormed(more));
    json.flush();
    if (item.kind() == ResponseItem.Kind.MESSAGE) {
      buffer.ascii(",\"logprobs\":");
      LogprobJson.array(json, logprobs);
      json.flush();
    }
    buffer.write(DELTA_TAIL);
    buffer.ascii(Integer.toString(sequence++));
    buffer.ascii("}\n\n");
  }

  @Override
  public void closed(ResponseItem item) throws IOException {
    begin("response." + item.kind().textType() + ".done");
    place(item);
    switch (item.kind()) {
      case MESSAGE -> {
        json.writeStringField("text", item.text());
        json.writeFieldName("logprobs");
        item.writeLogprobs(json);
      }
      case REASONING -> json.writeStringField("text", item.text());
      case CALL -> json.writeStringField("arguments", item.text());
    }
    end();
    if (item.kind() != ResponseItem.Kind.CALL) {
      part("response.content_part.done", item);
    }
    item("response.output_item.done", item);
  }

  private void response(String word, ResponseState state, List<ResponseItem> output)
      throws IOException {
    begin("response." + word);
    json.writeFieldName("response");
    response.write(json, state, output);
    end();
  }

  private void item(String type, ResponseItem item) throws IOException {
    begin(type);
    json.writeNumberField("output_index", item.outputIndex());
    json.writeFieldName("item");
    item.write(json);
    end();
  }

  private void part(String type, ResponseItem item) throws IOException {
    begin(type);
    place(item);
    json.writeFieldName("part");
    item.writePart(json);
    end();
  }

  /** Where in the output something happens. */
  private void place(ResponseItem item) throws IOException {
    json.writeStringField("item_id", item.id());
    json.writeNumberField("output_index", item.outputIndex());
    if (item.kind() != ResponseItem.Kind.CALL) {
      json.writeNumberField("content_index", 0);
    }
  }

  private void begin(String type) throws IOException {
    buffer.ascii("event: " + type + "\ndata: ");
    json.writeStartObject();
    json.writeStringField("type", type);
    json.writeNumberField("sequence_number", sequence++);
  }

  private void end() throws IOException {
    json.writeEndObject();
    json.flush();
    buffer.ascii("\n\n");
  }

  /** An item's id is a request's, whose characters need no escaping. */
  private void encodeDelta(ResponseItem item) {
    String type = "response." + item.kind().textType() + ".delta";
    String part = item.kind() == ResponseItem.Kind.CALL ? "" : "\"content_index\":0,";
    deltaHead =
        "event: %s\ndata: {\"type\":\"%s\",\"item_id\":\"%s\",\"output_index\":%d,%s\"delta\":"
            .formatted(type, type, item.id(), item.outputIndex(), part)
            .getBytes(StandardCharsets.US_ASCII);
    deltaItem = item;
  }
}
