package dev.freehold.provider.cohere;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.freehold.inference.Extras;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceException.Kind;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.Message;
import dev.freehold.inference.OutputFormat;
import dev.freehold.inference.Prompt;
import dev.freehold.inference.Sampling;
import dev.freehold.inference.ToolChoice;
import dev.freehold.provider.openai.OpenAiMessages;
import dev.freehold.provider.remote.JsonBody;
import java.io.IOException;
import java.util.Locale;
import java.util.Set;

/** Writes the neutral form as Cohere's JSON. */
final class CohereRequest {

  /** What a vector is for, as the field {@code input_type} says it. */
  private static final Set<String> INPUT_TYPES =
      Set.of("search_document", "search_query", "classification", "clustering");

  private static final String INPUT_TYPE_DEFAULT = "search_document";

  private CohereRequest() {}

  /**
   * For vectors. A text that is too long is refused rather than cut. What the vectors are for is
   * taken from the client's own {@code input_type}, else they are of documents to be searched.
   */
  static byte[] embed(Prompt.Embedding embedding, Extras extras, String model) {
    String asked =
        extras.of(Extras.Form.OPENAI_EMBEDDINGS).getOrDefault("input_type", "").replace("\"", "");
    return JsonBody.object(
        json -> {
          json.writeStringField("model", model);
          json.writeStringField(
              "input_type", INPUT_TYPES.contains(asked) ? asked : INPUT_TYPE_DEFAULT);
          json.writeArrayFieldStart("embedding_types");
          json.writeString("float");
          json.writeEndArray();
          json.writeStringField("truncate", "NONE");
          if (embedding.dimensions().isPresent()) {
            json.writeNumberField("output_dimension", embedding.dimensions().getAsInt());
          }
          json.writeArrayFieldStart("texts");
          for (Prompt.Input input : embedding.inputs()) {
            if (input instanceof Prompt.Input.OfText(String text)) {
              json.writeString(text);
            }
          }
          json.writeEndArray();
        });
  }

  static byte[] chat(InferenceRequest request, String model) throws InferenceException {
    if (!(request.prompt() instanceof Prompt.Chat chat)) {
      throw new InferenceException(
          Kind.UNSUPPORTED, "The provider takes conversations only. Ask another model.");
    }
    return JsonBody.object(
        json -> {
          json.writeStringField("model", model);
          json.writeBooleanField("stream", true);
          json.writeArrayFieldStart("messages");
          for (Message message : chat.messages()) {
            message(json, message);
          }
          json.writeEndArray();
          tools(json, chat);
          format(json, request.format());
          sampling(json, request.sampling());
          if (request.completionTokensMax().isPresent()) {
            json.writeNumberField("max_tokens", request.completionTokensMax().getAsInt());
          }
        });
  }

  private static void message(JsonGenerator json, Message message) throws IOException {
    json.writeStartObject();
    json.writeStringField("role", message.role().name().toLowerCase(Locale.ROOT));
    if (message.toolCallId().isPresent()) {
      json.writeStringField("tool_call_id", message.toolCallId().get());
    }
    if (!message.images().isEmpty()) {
      OpenAiMessages.parts(json, message);
    } else if (!message.text().isEmpty() || message.toolCalls().isEmpty()) {
      json.writeStringField("content", message.text());
    }
    OpenAiMessages.calls(json, message.toolCalls());
    json.writeEndObject();
  }

  private static void tools(JsonGenerator json, Prompt.Chat chat) throws IOException {
    if (chat.tools().isEmpty()) {
      return;
    }
    OpenAiMessages.tools(json, chat.tools());
    switch (chat.toolChoice()) {
      case ToolChoice.Auto _, ToolChoice.Named _ -> {
        // The model decides when nothing is said; one tool by its name is known to be lacking.
      }
      case ToolChoice.None _ -> json.writeStringField("tool_choice", "NONE");
      case ToolChoice.Required _ -> json.writeStringField("tool_choice", "REQUIRED");
    }
  }

  private static void format(JsonGenerator json, OutputFormat format) throws IOException {
    switch (format) {
      case OutputFormat.Text _, OutputFormat.Grammar _ -> {
        // The default; grammars are known to be lacking.
      }
      case OutputFormat.JsonObject _ -> {
        json.writeObjectFieldStart("response_format");
        json.writeStringField("type", "json_object");
        json.writeEndObject();
      }
      case OutputFormat.JsonSchema(String schema) -> {
        json.writeObjectFieldStart("response_format");
        json.writeStringField("type", "json_object");
        json.writeFieldName("json_schema");
        json.writeRawValue(schema);
        json.writeEndObject();
      }
    }
  }

  private static void sampling(JsonGenerator json, Sampling sampling) throws IOException {
    JsonBody.number(json, "temperature", sampling.temperature());
    JsonBody.number(json, "p", sampling.topP());
    if (sampling.topK().isPresent()) {
      json.writeNumberField("k", sampling.topK().getAsInt());
    }
    JsonBody.number(json, "frequency_penalty", sampling.frequencyPenalty());
    JsonBody.number(json, "presence_penalty", sampling.presencePenalty());
    if (sampling.seed().isPresent()) {
      json.writeNumberField("seed", sampling.seed().getAsLong());
    }
    JsonBody.texts(json, "stop_sequences", sampling.stop());
  }
}
