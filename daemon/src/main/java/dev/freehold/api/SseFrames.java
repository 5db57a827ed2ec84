package dev.freehold.api;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.freehold.inference.FinishReason;
import dev.freehold.inference.InferenceEvent;
import dev.freehold.inference.Usage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;

/**
 * Writes one streamed answer as OpenAI's chunks, one {@code data:} line an event.
 *
 * <p>This is the hot path of a stream: what is the same in every frame is encoded once, and a text
 * delta costs its own characters.
 */
final class SseFrames implements AnswerFrames {

  private static final byte[] DATA = ascii("data: ");
  private static final byte[] END = ascii("\n\n");
  private static final byte[] DONE = ascii("data: [DONE]\n\n");

  private final Surface surface;
  private final boolean includeUsage;
  private final FrameBuffer buffer = new FrameBuffer();
  private final JsonGenerator json;
  private final byte[] head;
  private final byte[] textHead;
  private final byte[] textTail;
  private boolean opened;

  SseFrames(Surface surface, String requestId, String model, Instant created, boolean includeUsage)
      throws IOException {
    this.surface = surface;
    this.includeUsage = includeUsage;
    this.json = Json.FACTORY.createGenerator(buffer);
    this.head = head(surface, requestId, model, created);
    String usage = includeUsage ? ",\"usage\":null" : "";
    boolean chat = surface == Surface.CHAT;
    this.textHead =
        ascii(
            chat
                ? "\"choices\":[{\"index\":0,\"delta\":{\"content\":"
                : "\"choices\":[{\"index\":0,\"text\":");
    this.textTail =
        ascii((chat ? "}" : "") + ",\"logprobs\":null,\"finish_reason\":null}]" + usage + "}");
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
  public void event(InferenceEvent event) throws IOException {
    if (!opened && surface == Surface.CHAT) {
      open();
    }
    opened = true;
    switch (event) {
      case InferenceEvent.TextDelta delta -> text(delta.text());
      case InferenceEvent.ReasoningDelta delta -> reasoning(delta.text());
      case InferenceEvent.ToolCallDelta delta -> toolCall(delta);
      case InferenceEvent.Logprobs _ -> {
        // Not told on this surface.
      }
      case InferenceEvent.Embedded _, InferenceEvent.Scored _ ->
          throw new IllegalStateException("not an event of a text answer");
      case InferenceEvent.Finished finished -> finish(finished.reason(), finished.usage());
    }
  }

  /** Ends a stream that broke off: there is no {@code [DONE]} after it. */
  @Override
  public void error(ApiError error) throws IOException {
    buffer.write(DATA);
    ApiErrors.write(json, error);
    json.flush();
    buffer.write(END);
  }

  private void open() throws IOException {
    begin();
    json.writeStartObject();
    json.writeStringField("role", "assistant");
    json.writeStringField("content", "");
    json.writeEndObject();
    endDelta(null);
  }

  private void text(String text) throws IOException {
    buffer.write(DATA);
    buffer.write(head);
    buffer.write(textHead);
    json.writeString(AnswerJson.wellFormed(text));
    json.flush();
    buffer.write(textTail);
    buffer.write(END);
  }

  /** Plain completions have no place for reasoning: it is left out there. */
  private void reasoning(String text) throws IOException {
    if (surface == Surface.CHAT) {
      begin();
      json.writeStartObject();
      json.writeStringField("reasoning_content", AnswerJson.wellFormed(text));
      json.writeEndObject();
      endDelta(null);
    }
  }

  private void toolCall(InferenceEvent.ToolCallDelta delta) throws IOException {
    if (surface != Surface.CHAT) {
      return;
    }
    begin();
    json.writeStartObject();
    json.writeArrayFieldStart("tool_calls");
    json.writeStartObject();
    json.writeNumberField("index", delta.index());
    if (delta.id().isPresent()) {
      json.writeStringField("id", delta.id().get());
      json.writeStringField("type", "function");
    }
    json.writeObjectFieldStart("function");
    if (delta.name().isPresent()) {
      json.writeStringField("name", delta.name().get());
    }
    json.writeStringField("arguments", AnswerJson.wellFormed(delta.arguments()));
    json.writeEndObject();
    json.writeEndObject();
    json.writeEndArray();
    json.writeEndObject();
    endDelta(null);
  }

  private void finish(FinishReason reason, Usage usage) throws IOException {
    begin();
    if (surface == Surface.CHAT) {
      json.writeStartObject();
      json.writeEndObject();
    } else {
      json.writeString("");
    }
    endDelta(AnswerJson.finishReason(reason));
    if (includeUsage) {
      buffer.write(DATA);
      buffer.write(head);
      buffer.ascii("\"choices\":[],\"usage\":");
      AnswerJson.usage(json, usage);
      json.flush();
      buffer.ascii("}");
      buffer.write(END);
    }
    buffer.write(DONE);
  }

  private void begin() {
    buffer.write(DATA);
    buffer.write(head);
    buffer.ascii(
        surface == Surface.CHAT
            ? "\"choices\":[{\"index\":0,\"delta\":"
            : "\"choices\":[{\"index\":0,\"text\":");
  }

  private void endDelta(String finishReason) throws IOException {
    json.flush();
    buffer.ascii(",\"logprobs\":null,\"finish_reason\":");
    buffer.ascii(finishReason == null ? "null" : "\"" + finishReason + "\"");
    buffer.ascii(includeUsage ? "}],\"usage\":null}" : "}]}");
    buffer.write(END);
  }

  private static byte[] head(Surface surface, String requestId, String model, Instant created)
      throws IOException {
    FrameBuffer bytes = new FrameBuffer();
    try (JsonGenerator json = Json.FACTORY.createGenerator(bytes)) {
      json.writeStartObject();
      json.writeStringField("id", surface.answerId(requestId));
      json.writeStringField(
          "object", surface == Surface.CHAT ? "chat.completion.chunk" : "text_completion");
      json.writeNumberField("created", created.getEpochSecond());
      json.writeStringField("model", model);
      json.writeEndObject();
    }
    // The object stays open: every frame goes on where this ends.
    byte[] head = Arrays.copyOf(bytes.array(), bytes.length());
    head[head.length - 1] = ',';
    return head;
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
