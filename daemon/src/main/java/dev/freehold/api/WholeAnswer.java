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

/** Gathers the events of one request's answers and writes them as one JSON object. */
final class WholeAnswer implements AnswerBody {

  /** Characters of one whole answer; a longer one must be streamed. */
  static final int CHARACTERS_MAX = 32 << 20;

  private final Surface surface;
  private final ApiRequest asked;
  private final List<WholeChoice> choices = new ArrayList<>();

  WholeAnswer(Surface surface, ApiRequest asked) {
    this.surface = surface;
    this.asked = asked;
    for (int i = 0; i < asked.answers(); i++) {
      choices.add(new WholeChoice());
    }
  }

  @Override
  public void add(int choice, InferenceEvent event) throws InferenceException {
    choices.get(choice).add(event);
    if (choices.stream().mapToLong(WholeChoice::characters).sum() > CHARACTERS_MAX) {
      throw new InferenceException(
          InferenceException.Kind.INVALID_REQUEST,
          "The answer grew longer than %d characters. Ask for it with 'stream': true."
              .formatted(CHARACTERS_MAX));
    }
  }

  @Override
  public byte[] json(String requestId, String model, Instant created)
      throws IOException, InferenceException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(choices.getFirst().text.length() + 512);
    try (JsonGenerator json = Json.FACTORY.createGenerator(bytes)) {
      if (surface == Surface.MESSAGES) {
        anthropicMessage(json, requestId, model, choices.getFirst());
      } else {
        completion(json, requestId, model, created);
      }
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
    if (asked.serviceTier().isPresent()) {
      json.writeStringField("service_tier", asked.serviceTier().get());
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
    if (asked.request().logprobs().isEmpty()) {
      json.writeNull();
    } else if (surface == Surface.CHAT) {
      LogprobJson.chat(json, choice.logprobs);
    } else {
      boolean alternatives = asked.request().logprobs().getAsInt() > 0;
      LogprobJson.completion(json, choice.logprobs, 0, alternatives);
    }
    json.writeStringField("finish_reason", AnswerJson.finishReason(choice.reason()));
    json.writeEndObject();
  }

  /** Blocks stand in the order in which models write them. */
  private void anthropicMessage(
      JsonGenerator json, String requestId, String model, WholeChoice choice)
      throws IOException, InferenceException {
    json.writeStartObject();
    MessageJson.head(json, requestId, model);
    json.writeArrayFieldStart("content");
    if (asked.showsReasoning() && !choice.reasoning.isEmpty()) {
      MessageJson.thinking(json, choice.reasoning.toString());
    }
    if (!choice.text.isEmpty()) {
      MessageJson.text(json, choice.text.toString());
    }
    boolean cut = choice.reason() == FinishReason.LENGTH;
    for (WholeChoice.Call call : choice.calls) {
      MessageJson.toolUse(
          json, call.id, call.name, MessageJson.input(call.arguments.toString(), cut));
    }
    json.writeEndArray();
    MessageJson.stop(json, MessageJson.stopReason(choice.reason(), !choice.calls.isEmpty()));
    MessageJson.usage(json, choice.usage(), asked.serviceTier());
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
