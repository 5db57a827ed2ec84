package dev.freehold.api;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.freehold.inference.InferenceEvent;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.Usage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;

/**
 * Writes one streamed answer as Anthropic's named events.
 *
 * <p>The answer is a list of blocks, one open at a time: a text, the model's thinking or one tool
 * call. An event of another kind than the open block closes it and opens the next.
 */
final class MessageFrames implements AnswerFrames {

  private static final byte[] EVENT = ascii("event: ");
  private static final byte[] DATA = ascii("\ndata: ");
  private static final byte[] END = ascii("\n\n");

  // A delta is the hot path of a stream: only its own text is encoded each time.
  private static final byte[] DELTA =
      ascii("event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":");
  private static final byte[] TEXT_DELTA = ascii(",\"delta\":{\"type\":\"text_delta\",\"text\":");
  private static final byte[] THINKING_DELTA =
      ascii(",\"delta\":{\"type\":\"thinking_delta\",\"thinking\":");
  private static final byte[] INPUT_DELTA =
      ascii(",\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":");
  private static final byte[] DELTA_END = ascii("}}\n\n");

  private enum Block {
    NONE,
    TEXT,
    THINKING,
    TOOL_USE
  }

  private final String requestId;
  private final String model;
  private final Usage usageAtStart;
  private final AnswerShape.Message shape;
  private final FrameBuffer buffer = new FrameBuffer();
  private final JsonGenerator json;
  private final Set<Integer> calls = new HashSet<>();
  private boolean opened;
  private Block open = Block.NONE;
  private int block;
  private int openCall;

  /**
   * Begins an answer.
   *
   * @param usageAtStart what is known of it before the first output; the last event has the truth
   */
  MessageFrames(InferenceRequest request, AnswerShape.Message shape, Usage usageAtStart)
      throws IOException {
    this.requestId = request.id();
    this.model = request.model();
    this.usageAtStart = usageAtStart;
    this.shape = shape;
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
  public void event(int choice, InferenceEvent event) throws IOException, InferenceException {
    if (!opened) {
      opened = true;
      start();
    }
    switch (event) {
      case InferenceEvent.TextDelta delta -> text(delta.text());
      case InferenceEvent.ReasoningDelta delta -> thinking(delta.text());
      case InferenceEvent.ToolCallDelta delta -> toolUse(delta);
      case InferenceEvent.Logprobs _ -> {
        // Not told on this surface.
      }
      case InferenceEvent.Embedded _, InferenceEvent.Scored _ ->
          throw new IllegalStateException("not an event of a text answer");
      case InferenceEvent.Finished finished -> finish(finished);
    }
  }

  @Override
  public void error(ApiError error) throws IOException {
    name("error");
    Dialect.ANTHROPIC.write(json, error, requestId);
    end();
  }

  private void start() throws IOException {
    begin("message_start");
    json.writeObjectFieldStart("message");
    MessageJson.head(json, requestId, model);
    json.writeArrayFieldStart("content");
    json.writeEndArray();
    MessageJson.goesOn(json);
    MessageJson.usage(json, usageAtStart, shape.serviceTier());
    json.writeEndObject();
    json.writeEndObject();
    end();
  }

  private void text(String text) throws IOException {
    if (text.isEmpty()) {
      return;
    }
    if (open != Block.TEXT) {
      openBlock(Block.TEXT);
      MessageJson.text(json, "");
      endBlockStart();
    }
    delta(TEXT_DELTA, text);
  }

  private void thinking(String text) throws IOException {
    if (!shape.showsReasoning() || text.isEmpty()) {
      return;
    }
    if (open != Block.THINKING) {
      openBlock(Block.THINKING);
      MessageJson.thinking(json, "");
      endBlockStart();
    }
    delta(THINKING_DELTA, text);
  }

  private void toolUse(InferenceEvent.ToolCallDelta delta) throws IOException, InferenceException {
    if (open != Block.TOOL_USE || openCall != delta.index()) {
      if (!calls.add(delta.index())) {
        throw new InferenceException(
            InferenceException.Kind.PROVIDER_FAILED,
            "The provider went on with a tool call that it had left. Ask without 'stream'.");
      }
      openBlock(Block.TOOL_USE);
      MessageJson.toolUse(json, delta.id().orElse(""), delta.name().orElse(""), "{}");
      endBlockStart();
      openCall = delta.index();
    }
    if (!delta.arguments().isEmpty()) {
      delta(INPUT_DELTA, delta.arguments());
    }
  }

  private void finish(InferenceEvent.Finished finished) throws IOException {
    closeBlock();
    begin("message_delta");
    json.writeObjectFieldStart("delta");
    MessageJson.stop(json, finished, !calls.isEmpty());
    json.writeEndObject();
    MessageJson.usage(json, finished.usage(), shape.serviceTier());
    json.writeEndObject();
    end();
    begin("message_stop");
    json.writeEndObject();
    end();
  }

  /** Leaves the event open for the block itself. */
  private void openBlock(Block next) throws IOException {
    closeBlock();
    open = next;
    begin("content_block_start");
    json.writeNumberField("index", block);
    json.writeFieldName("content_block");
  }

  private void endBlockStart() throws IOException {
    json.writeEndObject();
    end();
  }

  private void closeBlock() throws IOException {
    if (open == Block.NONE) {
      return;
    }
    begin("content_block_stop");
    json.writeNumberField("index", block);
    json.writeEndObject();
    end();
    open = Block.NONE;
    block++;
  }

  private void delta(byte[] kind, String text) throws IOException {
    buffer.write(DELTA);
    buffer.ascii(Integer.toString(block));
    buffer.write(kind);
    json.writeString(AnswerJson.wellFormed(text));
    json.flush();
    buffer.write(DELTA_END);
  }

  /** An event's object, which repeats the event's name and stays open. */
  private void begin(String event) throws IOException {
    name(event);
    json.writeStartObject();
    json.writeStringField("type", event);
  }

  private void name(String event) {
    buffer.write(EVENT);
    buffer.ascii(event);
    buffer.write(DATA);
  }

  private void end() throws IOException {
    json.flush();
    buffer.write(END);
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
