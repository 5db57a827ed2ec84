package dev.freehold.provider.cohere;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.freehold.inference.Extras;
import dev.freehold.inference.Image;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceException.Kind;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.Message;
import dev.freehold.inference.OutputFormat;
import dev.freehold.inference.Prompt;
import dev.freehold.inference.Sampling;
import dev.freehold.inference.Tool;
import dev.freehold.inference.ToolCall;
import dev.freehold.inference.ToolChoice;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Base64;
import java.util.Locale;
import java.util.Set;

/** Writes the neutral form as Cohere's JSON. */
final class CohereRequest {

  private static final JsonFactory JSON = new JsonFactory();

  /** What a vector is for, as the field {@code input_type} says it. */
  private static final Set<String> INPUT_TYPES =
      Set.of("search_document", "search_query", "classification", "clustering");

  private static final String INPUT_TYPE_DEFAULT = "search_document";

  private CohereRequest() {}

  /** Something that writes JSON. */
  @FunctionalInterface
  private interface Body {
    void write(JsonGenerator json) throws IOException;
  }

  private static byte[] object(Body body) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(1024);
    try (JsonGenerator json = JSON.createGenerator(bytes)) {
      json.writeStartObject();
      body.write(json);
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory failed", e);
    }
    return bytes.toByteArray();
  }

  /**
   * For vectors. A text that is too long is refused rather than cut. What the vectors are for is
   * taken from the client's own {@code input_type}, else they are of documents to be searched.
   */
  static byte[] embed(Prompt.Embedding embedding, Extras extras, String model) {
    String asked =
        extras.of(Extras.Form.OPENAI_EMBEDDINGS).getOrDefault("input_type", "").replace("\"", "");
    return object(
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
    return object(
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
      parts(json, message);
    } else if (!message.text().isEmpty() || message.toolCalls().isEmpty()) {
      json.writeStringField("content", message.text());
    }
    if (!message.toolCalls().isEmpty()) {
      json.writeArrayFieldStart("tool_calls");
      for (ToolCall call : message.toolCalls()) {
        json.writeStartObject();
        json.writeStringField("id", call.id());
        json.writeStringField("type", "function");
        json.writeObjectFieldStart("function");
        json.writeStringField("name", call.name());
        json.writeStringField("arguments", call.arguments());
        json.writeEndObject();
        json.writeEndObject();
      }
      json.writeEndArray();
    }
    json.writeEndObject();
  }

  private static void parts(JsonGenerator json, Message message) throws IOException {
    json.writeArrayFieldStart("content");
    for (Message.Part part : message.parts()) {
      json.writeStartObject();
      switch (part) {
        case Message.Part.Words(String text) -> {
          json.writeStringField("type", "text");
          json.writeStringField("text", text);
        }
        case Message.Part.Picture(Image image) -> {
          json.writeStringField("type", "image_url");
          json.writeObjectFieldStart("image_url");
          json.writeStringField(
              "url",
              "data:"
                  + image.mediaType()
                  + ";base64,"
                  + Base64.getEncoder().encodeToString(image.bytes()));
          json.writeEndObject();
        }
      }
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  private static void tools(JsonGenerator json, Prompt.Chat chat) throws IOException {
    if (chat.tools().isEmpty()) {
      return;
    }
    json.writeArrayFieldStart("tools");
    for (Tool tool : chat.tools()) {
      json.writeStartObject();
      json.writeStringField("type", "function");
      json.writeObjectFieldStart("function");
      json.writeStringField("name", tool.name());
      if (!tool.description().isEmpty()) {
        json.writeStringField("description", tool.description());
      }
      json.writeFieldName("parameters");
      json.writeRawValue(tool.parametersSchema());
      json.writeEndObject();
      json.writeEndObject();
    }
    json.writeEndArray();
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
    if (sampling.temperature().isPresent()) {
      json.writeNumberField("temperature", sampling.temperature().getAsDouble());
    }
    if (sampling.topP().isPresent()) {
      json.writeNumberField("p", sampling.topP().getAsDouble());
    }
    if (sampling.topK().isPresent()) {
      json.writeNumberField("k", sampling.topK().getAsInt());
    }
    if (sampling.frequencyPenalty().isPresent()) {
      json.writeNumberField("frequency_penalty", sampling.frequencyPenalty().getAsDouble());
    }
    if (sampling.presencePenalty().isPresent()) {
      json.writeNumberField("presence_penalty", sampling.presencePenalty().getAsDouble());
    }
    if (sampling.seed().isPresent()) {
      json.writeNumberField("seed", sampling.seed().getAsLong());
    }
    if (!sampling.stop().isEmpty()) {
      json.writeArrayFieldStart("stop_sequences");
      for (String stop : sampling.stop()) {
        json.writeString(stop);
      }
      json.writeEndArray();
    }
  }
}
