package dev.freehold.api;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.freehold.inference.FinishReason;
import dev.freehold.inference.InferenceEvent;
import java.io.IOException;

/** llama-server's form of a filled gap, of which whole and streamed answers share the end. */
final class InfillJson {

  private InfillJson() {}

  /** Writes the last or the only object; {@code stop_type} cannot tell a stop text from the end. */
  static void last(
      JsonGenerator json, String content, String model, InferenceEvent.Finished finished)
      throws IOException {
    json.writeStartObject();
    json.writeNumberField("index", 0);
    json.writeStringField("content", AnswerJson.wellFormed(content));
    json.writeBooleanField("stop", true);
    json.writeStringField("model", model);
    json.writeStringField("stop_type", finished.reason() == FinishReason.LENGTH ? "limit" : "eos");
    json.writeNumberField("tokens_predicted", finished.usage().completionTokens());
    json.writeNumberField("tokens_evaluated", finished.usage().promptTokens());
    json.writeNumberField("tokens_cached", finished.usage().cachedTokens());
    json.writeEndObject();
  }
}
