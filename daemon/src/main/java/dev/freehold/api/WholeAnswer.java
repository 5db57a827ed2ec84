package dev.freehold.api;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.freehold.inference.InferenceEvent;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceRequest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** The answers of one chat or plain completion, gathered and written as one of OpenAI's objects. */
final class WholeAnswer extends BufferedBody {

  private final Surface surface;
  private final AnswerShape.Completion shape;
  private final InferenceRequest request;
  private final List<WholeChoice> choices = new ArrayList<>();

  WholeAnswer(AnswerShape.Completion shape, InferenceRequest request) {
    this.surface = shape.surface();
    this.shape = shape;
    this.request = request;
    for (int i = 0; i < shape.answers(); i++) {
      choices.add(new WholeChoice());
    }
  }

  @Override
  public void add(int choice, InferenceEvent event) throws InferenceException {
    choices.get(choice).add(event);
    requireRoom(choices.stream().mapToLong(WholeChoice::characters).sum());
  }

  @Override
  byte[] json(String requestId, String model, Instant created) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(choices.getFirst().text.length() + 512);
    try (JsonGenerator json = Json.FACTORY.createGenerator(bytes)) {
      completion(json, requestId, model, created);
    }
    return bytes.toByteArray();
  }

  private void completion(JsonGenerator json, String requestId, String model, Instant created)
      throws IOException {
    json.writeStartObject();
    json.writeStringField("id", surface.answerId(requestId));
    json.writeStringField(
        "object", surface == Surface.CHAT ? "chat.completion" : "text_completion");
    json.writeNumberField("created", created.getEpochSecond());
    json.writeStringField("model", model);
    if (shape.serviceTier().isPresent()) {
      json.writeStringField("service_tier", shape.serviceTier().get());
    }
    json.writeArrayFieldStart("choices");
    for (int i = 0; i < choices.size(); i++) {
      choice(json, i, choices.get(i));
    }
    json.writeEndArray();
    json.writeFieldName("usage");
    AnswerJson.usage(json, AnswerJson.total(choices.stream().map(WholeChoice::usage).toList()));
    json.writeEndObject();
  }

  private void choice(JsonGenerator json, int index, WholeChoice choice) throws IOException {
    json.writeStartObject();
    json.writeNumberField("index", index);
    if (surface == Surface.CHAT) {
      message(json, choice);
    } else {
      json.writeStringField("text", AnswerJson.wellFormed(choice.text.toString()));
    }
    json.writeFieldName("logprobs");
    if (request.logprobs().isEmpty()) {
      json.writeNull();
    } else if (surface == Surface.CHAT) {
      LogprobJson.chat(json, choice.logprobs);
    } else {
      boolean alternatives = request.logprobs().getAsInt() > 0;
      LogprobJson.completion(json, choice.logprobs, 0, alternatives);
    }
    json.writeStringField("finish_reason", AnswerJson.finishReason(choice.reason()));
    json.writeEndObject();
  }

  private static void message(JsonGenerator json, WholeChoice choice) throws IOException {
    json.writeObjectFieldStart("message");
    json.writeStringField("role", "assistant");
    if (choice.text.isEmpty() && !choice.calls.isEmpty()) {
      json.writeNullField("content");
    } else {
      json.writeStringField("content", AnswerJson.wellFormed(choice.text.toString()));
    }
    json.writeNullField("refusal");
    if (!choice.reasoning.isEmpty()) {
      json.writeStringField(
          "reasoning_content", AnswerJson.wellFormed(choice.reasoning.toString()));
    }
    if (!choice.calls.isEmpty()) {
      json.writeArrayFieldStart("tool_calls");
      for (WholeChoice.Call call : choice.calls) {
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
}
