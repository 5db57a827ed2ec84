package dev.freehold.provider.gemini;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.OutputFormat;
import dev.freehold.inference.Prompt;
import dev.freehold.inference.Sampling;
import dev.freehold.inference.Tool;
import dev.freehold.inference.ToolChoice;
import dev.freehold.provider.remote.JsonBody;
import java.io.IOException;

/** Writes the neutral form as the bodies of Gemini's API. */
final class GeminiRequest {

  private static final String JSON_TYPE = "application/json";

  private GeminiRequest() {}

  /** For {@code streamGenerateContent}. */
  static byte[] chat(InferenceRequest request) {
    if (!(request.prompt() instanceof Prompt.Chat chat)) {
      throw new IllegalArgumentException("Gemini's API answers conversations only");
    }
    return JsonBody.object(
        json -> {
          GeminiContents.write(json, chat.messages());
          if (!chat.tools().isEmpty()) {
            tools(json, chat);
          }
          generationConfig(json, request);
        });
  }

  /**
   * For {@code batchEmbedContents}.
   *
   * @param resource the model's full name, which each input repeats
   */
  static byte[] embedding(Prompt.Embedding embedding, String resource) {
    return JsonBody.object(
        json -> {
          json.writeArrayFieldStart("requests");
          for (Prompt.Input input : embedding.inputs()) {
            json.writeStartObject();
            json.writeStringField("model", resource);
            json.writeObjectFieldStart("content");
            json.writeArrayFieldStart("parts");
            switch (input) {
              case Prompt.Input.OfText text -> GeminiContents.text(json, text.text());
              case Prompt.Input.OfTokens _ ->
                  throw new IllegalArgumentException("Gemini's API embeds text only");
            }
            json.writeEndArray();
            json.writeEndObject();
            if (embedding.dimensions().isPresent()) {
              json.writeNumberField("outputDimensionality", embedding.dimensions().getAsInt());
            }
            json.writeEndObject();
          }
          json.writeEndArray();
        });
  }

  private static void tools(JsonGenerator json, Prompt.Chat chat) throws IOException {
    json.writeArrayFieldStart("tools");
    json.writeStartObject();
    json.writeArrayFieldStart("functionDeclarations");
    for (Tool tool : chat.tools()) {
      json.writeStartObject();
      json.writeStringField("name", tool.name());
      json.writeStringField("description", tool.description());
      // "parameters" beside it takes only a part of JSON Schema.
      json.writeFieldName("parametersJsonSchema");
      json.writeRawValue(tool.parametersSchema());
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeEndObject();
    json.writeEndArray();
    switch (chat.toolChoice()) {
      case ToolChoice.Auto _ -> {
        // The default.
      }
      case ToolChoice.None _ -> toolConfig(json, "NONE", "");
      case ToolChoice.Required _ -> toolConfig(json, "ANY", "");
      case ToolChoice.Named named -> toolConfig(json, "ANY", named.name());
    }
  }

  private static void toolConfig(JsonGenerator json, String mode, String allowed)
      throws IOException {
    json.writeObjectFieldStart("toolConfig");
    json.writeObjectFieldStart("functionCallingConfig");
    json.writeStringField("mode", mode);
    if (!allowed.isEmpty()) {
      json.writeArrayFieldStart("allowedFunctionNames");
      json.writeString(allowed);
      json.writeEndArray();
    }
    json.writeEndObject();
    json.writeEndObject();
  }

  private static void generationConfig(JsonGenerator json, InferenceRequest request)
      throws IOException {
    json.writeObjectFieldStart("generationConfig");
    json.writeNumberField("candidateCount", 1);
    if (request.completionTokensMax().isPresent()) {
      json.writeNumberField("maxOutputTokens", request.completionTokensMax().getAsInt());
    }
    sampling(json, request.sampling());
    switch (request.format()) {
      case OutputFormat.Text _ -> {
        // The default.
      }
      case OutputFormat.JsonObject _ -> json.writeStringField("responseMimeType", JSON_TYPE);
      case OutputFormat.JsonSchema schema -> {
        json.writeStringField("responseMimeType", JSON_TYPE);
        json.writeFieldName("responseJsonSchema");
        json.writeRawValue(schema.schema());
      }
      case OutputFormat.Grammar _ ->
          throw new IllegalArgumentException("Gemini's API has no grammars");
    }
    if (request.logprobs().isPresent()) {
      json.writeBooleanField("responseLogprobs", true);
      if (request.logprobs().getAsInt() > 0) {
        json.writeNumberField("logprobs", request.logprobs().getAsInt());
      }
    }
    json.writeEndObject();
  }

  private static void sampling(JsonGenerator json, Sampling sampling) throws IOException {
    JsonBody.number(json, "temperature", sampling.temperature());
    JsonBody.number(json, "topP", sampling.topP());
    if (sampling.topK().isPresent()) {
      json.writeNumberField("topK", sampling.topK().getAsInt());
    }
    JsonBody.number(json, "frequencyPenalty", sampling.frequencyPenalty());
    JsonBody.number(json, "presencePenalty", sampling.presencePenalty());
    if (sampling.seed().isPresent()) {
      // 32 bits there: the same seed stays the same.
      json.writeNumberField("seed", (int) sampling.seed().getAsLong());
    }
    JsonBody.texts(json, "stopSequences", sampling.stop());
  }
}
