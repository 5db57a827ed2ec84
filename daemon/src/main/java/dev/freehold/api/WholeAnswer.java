package dev.freehold.api;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.freehold.inference.FinishReason;
import dev.freehold.inference.InferenceEvent;
import dev.freehold.inference.InferenceException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Gathers the events of one answer and writes them as one JSON object. */
final class WholeAnswer implements AnswerBody {

  /** Characters of one whole answer; a longer one must be streamed. */
  static final int CHARACTERS_MAX = 32 << 20;

  private final Surface surface;
  private final boolean showsReasoning;
  private final StringBuilder text = new StringBuilder();
  private final StringBuilder reasoning = new StringBuilder();
  private final List<Call> calls = new ArrayList<>();

  WholeAnswer(Surface surface, boolean showsReasoning) {
    this.surface = surface;
    this.showsReasoning = showsReasoning;
  }

  @Override
  public void add(InferenceEvent event) throws InferenceException {
    switch (event) {
      case InferenceEvent.TextDelta delta -> text.append(delta.text());
      case InferenceEvent.ReasoningDelta delta -> reasoning.append(delta.text());
      case InferenceEvent.ToolCallDelta delta -> add(delta);
      case InferenceEvent.Logprobs _ -> {
        // Not told on this surface.
      }
      case InferenceEvent.Embedded _, InferenceEvent.Scored _ ->
          throw new IllegalStateException("not an event of a text answer");
      case InferenceEvent.Finished _ -> {
        // Written by json().
      }
    }
    if (isTooLong()) {
      throw new InferenceException(
          InferenceException.Kind.INVALID_REQUEST,
          "The answer grew longer than %d characters. Ask for it with 'stream': true."
              .formatted(CHARACTERS_MAX));
    }
  }

  private boolean isTooLong() {
    long characters = (long) text.length() + reasoning.length();
    for (Call call : calls) {
      characters += call.arguments.length();
    }
    return characters > CHARACTERS_MAX;
  }

  @Override
  public byte[] json(
      String requestId, String model, Instant created, InferenceEvent.Finished finished)
      throws IOException, InferenceException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(text.length() + 512);
    try (JsonGenerator json = Json.FACTORY.createGenerator(bytes)) {
      if (surface == Surface.MESSAGES) {
        anthropicMessage(json, requestId, model, finished);
      } else {
        choice(json, requestId, model, created, finished);
      }
    }
    return bytes.toByteArray();
  }

  private void choice(
      JsonGenerator json,
      String requestId,
      String model,
      Instant created,
      InferenceEvent.Finished finished)
      throws IOException {
    json.writeStartObject();
    json.writeStringField("id", surface.answerId(requestId));
    json.writeStringField(
        "object", surface == Surface.CHAT ? "chat.completion" : "text_completion");
    json.writeNumberField("created", created.getEpochSecond());
    json.writeStringField("model", model);
    json.writeArrayFieldStart("choices");
    json.writeStartObject();
    json.writeNumberField("index", 0);
    if (surface == Surface.CHAT) {
      message(json);
    } else {
      json.writeStringField("text", AnswerJson.wellFormed(text.toString()));
    }
    json.writeNullField("logprobs");
    json.writeStringField("finish_reason", AnswerJson.finishReason(finished.reason()));
    json.writeEndObject();
    json.writeEndArray();
    json.writeFieldName("usage");
    AnswerJson.usage(json, finished.usage());
    json.writeEndObject();
  }

  /** Blocks stand in the order in which models write them. */
  private void anthropicMessage(
      JsonGenerator json, String requestId, String model, InferenceEvent.Finished finished)
      throws IOException, InferenceException {
    json.writeStartObject();
    MessageJson.head(json, requestId, model);
    json.writeArrayFieldStart("content");
    if (showsReasoning && !reasoning.isEmpty()) {
      MessageJson.thinking(json, reasoning.toString());
    }
    if (!text.isEmpty()) {
      MessageJson.text(json, text.toString());
    }
    boolean cut = finished.reason() == FinishReason.LENGTH;
    for (Call call : calls) {
      MessageJson.toolUse(
          json, call.id, call.name, MessageJson.input(call.arguments.toString(), cut));
    }
    json.writeEndArray();
    MessageJson.stop(json, MessageJson.stopReason(finished.reason(), !calls.isEmpty()));
    MessageJson.usage(json, finished.usage());
    json.writeEndObject();
  }

  private void message(JsonGenerator json) throws IOException {
    json.writeObjectFieldStart("message");
    json.writeStringField("role", "assistant");
    if (text.isEmpty() && !calls.isEmpty()) {
      json.writeNullField("content");
    } else {
      json.writeStringField("content", AnswerJson.wellFormed(text.toString()));
    }
    json.writeNullField("refusal");
    if (!reasoning.isEmpty()) {
      json.writeStringField("reasoning_content", AnswerJson.wellFormed(reasoning.toString()));
    }
    if (!calls.isEmpty()) {
      json.writeArrayFieldStart("tool_calls");
      for (Call call : calls) {
        json.writeStartObject();
        json.writeStringField("id", call.id);
        json.writeStringField("type", "function");
        json.writeObjectFieldStart("function");
        json.writeStringField("name", call.name);
        json.writeStringField("arguments", AnswerJson.wellFormed(call.arguments.toString()));
        json.writeEndObject();
        json.writeEndObject();
      }
      json.writeEndArray();
    }
    json.writeEndObject();
  }

  private void add(InferenceEvent.ToolCallDelta delta) {
    // A provider's index is taken as an order only: it may start anywhere or leave gaps.
    Call call = null;
    for (Call known : calls) {
      if (known.index == delta.index()) {
        call = known;
      }
    }
    if (call == null) {
      call = new Call(delta.index());
      calls.add(call);
    }
    if (delta.id().isPresent()) {
      call.id = delta.id().get();
    }
    if (delta.name().isPresent()) {
      call.name = delta.name().get();
    }
    call.arguments.append(delta.arguments());
  }

  private static final class Call {
    final int index;
    final StringBuilder arguments = new StringBuilder();
    String id = "";
    String name = "";

    Call(int index) {
      this.index = index;
    }
  }
}
