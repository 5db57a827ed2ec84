package dev.freehold.api;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.freehold.inference.FinishReason;
import dev.freehold.inference.InferenceEvent;
import dev.freehold.inference.InferenceException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Instant;

/** A message of Anthropic's that is sent whole. */
final class MessageBody extends BufferedBody {

  private final AnswerShape.Message shape;
  private final WholeChoice choice = new WholeChoice();

  MessageBody(AnswerShape.Message shape) {
    this.shape = shape;
  }

  @Override
  public void add(int index, InferenceEvent event) throws InferenceException {
    choice.add(event);
    requireRoom(choice.characters());
  }

  /** Blocks stand in the order in which models write them. */
  @Override
  byte[] json(String requestId, String model, Instant created)
      throws IOException, InferenceException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(choice.text.length() + 512);
    try (JsonGenerator json = Json.FACTORY.createGenerator(bytes)) {
      json.writeStartObject();
      MessageJson.head(json, requestId, model);
      json.writeArrayFieldStart("content");
      if (shape.showsReasoning() && !choice.reasoning.isEmpty()) {
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
      MessageJson.stop(json, choice.finished(), !choice.calls.isEmpty());
      MessageJson.usage(json, choice.usage(), shape.serviceTier());
      json.writeEndObject();
    }
    return bytes.toByteArray();
  }
}
