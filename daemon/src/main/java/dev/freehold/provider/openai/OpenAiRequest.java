package dev.freehold.provider.openai;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.freehold.inference.Extras;
import dev.freehold.inference.Image;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.Message;
import dev.freehold.inference.OutputFormat;
import dev.freehold.inference.Prompt;
import dev.freehold.inference.SamplerSetting;
import dev.freehold.inference.Sampling;
import dev.freehold.inference.Tool;
import dev.freehold.inference.ToolCall;
import dev.freehold.inference.ToolChoice;
import dev.freehold.provider.remote.ExtraFields;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Writes the neutral form as OpenAI's JSON. */
final class OpenAiRequest {

  private static final JsonFactory JSON = new JsonFactory();

  /** What is written here, and what this box answers itself. */
  private static final Set<String> OWN =
      Stream.concat(
              Stream.of(
                  "model",
                  "messages",
                  "prompt",
                  "suffix",
                  "input",
                  "encoding_format",
                  "dimensions",
                  "query",
                  "documents",
                  "stream",
                  "stream_options",
                  "n",
                  "best_of",
                  "echo",
                  "tools",
                  "tool_choice",
                  "parallel_tool_calls",
                  "functions",
                  "function_call",
                  "response_format",
                  "grammar",
                  "logprobs",
                  "top_logprobs",
                  "max_tokens",
                  "max_completion_tokens",
                  "temperature",
                  "top_p",
                  "top_k",
                  "min_p",
                  "frequency_penalty",
                  "presence_penalty",
                  "repeat_penalty",
                  "seed",
                  "logit_bias",
                  "stop",
                  "dry_sequence_breakers",
                  "ignore_eos"),
              Arrays.stream(SamplerSetting.values()).map(SamplerSetting::field))
          .collect(Collectors.toUnmodifiableSet());

  private OpenAiRequest() {}

  static byte[] encode(InferenceRequest request, String model) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(1024);
    try (JsonGenerator json = JSON.createGenerator(bytes)) {
      json.writeStartObject();
      json.writeStringField("model", model);
      switch (request.prompt()) {
        case Prompt.Embedding embedding -> embedding(json, embedding);
        case Prompt.Ranking ranking -> ranking(json, ranking);
        case Prompt.Chat chat -> {
          chat(json, chat);
          text(json, request);
        }
        case Prompt.Text text -> {
          json.writeStringField("prompt", text.text());
          text(json, request);
        }
        case Prompt.Infill infill -> {
          json.writeStringField("prompt", infill.before());
          json.writeStringField("suffix", infill.after());
          text(json, request);
        }
      }
      ExtraFields.write(json, request.extras(), form(request.prompt()), OWN);
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory failed", e);
    }
    return bytes.toByteArray();
  }

  private static Extras.Form form(Prompt prompt) {
    return switch (prompt) {
      case Prompt.Chat _ -> Extras.Form.OPENAI_CHAT;
      case Prompt.Text _, Prompt.Infill _ -> Extras.Form.OPENAI_COMPLETION;
      case Prompt.Embedding _ -> Extras.Form.OPENAI_EMBEDDINGS;
      case Prompt.Ranking _ -> Extras.Form.OTHER;
    };
  }

  /** What is said of every answer of text. */
  private static void text(JsonGenerator json, InferenceRequest request) throws IOException {
    json.writeBooleanField("stream", true);
    json.writeObjectFieldStart("stream_options");
    json.writeBooleanField("include_usage", true);
    json.writeEndObject();
    format(json, request.format());
    sampling(json, request.sampling());
    logprobs(json, request);
    if (request.completionTokensMax().isPresent()) {
      json.writeNumberField("max_tokens", request.completionTokensMax().getAsInt());
    }
  }

  private static void embedding(JsonGenerator json, Prompt.Embedding embedding) throws IOException {
    json.writeStringField("encoding_format", "base64");
    if (embedding.dimensions().isPresent()) {
      json.writeNumberField("dimensions", embedding.dimensions().getAsInt());
    }
    json.writeArrayFieldStart("input");
    for (Prompt.Input input : embedding.inputs()) {
      switch (input) {
        case Prompt.Input.OfText text -> json.writeString(text.text());
        case Prompt.Input.OfTokens tokens -> {
          json.writeStartArray();
          for (int token : tokens.tokens()) {
            json.writeNumber(token);
          }
          json.writeEndArray();
        }
      }
    }
    json.writeEndArray();
  }

  private static void ranking(JsonGenerator json, Prompt.Ranking ranking) throws IOException {
    json.writeStringField("query", ranking.query());
    json.writeArrayFieldStart("documents");
    for (String document : ranking.documents()) {
      json.writeString(document);
    }
    json.writeEndArray();
  }

  private static void chat(JsonGenerator json, Prompt.Chat chat) throws IOException {
    json.writeArrayFieldStart("messages");
    for (Message message : chat.messages()) {
      message(json, message);
    }
    json.writeEndArray();
    if (chat.tools().isEmpty()) {
      return;
    }
    json.writeArrayFieldStart("tools");
    for (Tool tool : offered(chat)) {
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
    toolChoice(json, chat.toolChoice());
    if (!chat.parallelToolCalls()) {
      json.writeBooleanField("parallel_tool_calls", false);
    }
  }

  /** Where one tool must be called, the others are not offered. */
  private static List<Tool> offered(Prompt.Chat chat) {
    return chat.toolChoice() instanceof ToolChoice.Named(String name)
        ? chat.tools().stream().filter(tool -> tool.name().equals(name)).toList()
        : chat.tools();
  }

  private static void message(JsonGenerator json, Message message) throws IOException {
    json.writeStartObject();
    json.writeStringField("role", message.role().name().toLowerCase(Locale.ROOT));
    if (message.text().isEmpty() && !message.toolCalls().isEmpty()) {
      json.writeNullField("content");
    } else if (!message.images().isEmpty()) {
      parts(json, message);
    } else {
      json.writeStringField("content", message.text());
    }
    if (message.name().isPresent()) {
      json.writeStringField("name", message.name().get());
    }
    if (message.toolCallId().isPresent()) {
      json.writeStringField("tool_call_id", message.toolCallId().get());
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

  private static void toolChoice(JsonGenerator json, ToolChoice choice) throws IOException {
    switch (choice) {
      case ToolChoice.Auto _ -> {
        // What every server does when nothing is said.
      }
      case ToolChoice.None _ -> json.writeStringField("tool_choice", "none");
      case ToolChoice.Required _ -> json.writeStringField("tool_choice", "required");
      // Of that tool only: few servers know a choice by its name, all know this one.
      case ToolChoice.Named _ -> json.writeStringField("tool_choice", "required");
    }
  }

  private static void format(JsonGenerator json, OutputFormat format) throws IOException {
    switch (format) {
      case OutputFormat.Text _ -> {
        // The default.
      }
      case OutputFormat.JsonObject _ -> {
        json.writeObjectFieldStart("response_format");
        json.writeStringField("type", "json_object");
        json.writeEndObject();
      }
      case OutputFormat.Grammar grammar -> json.writeStringField("grammar", grammar.gbnf());
      case OutputFormat.JsonSchema schema -> {
        json.writeObjectFieldStart("response_format");
        json.writeStringField("type", "json_schema");
        json.writeObjectFieldStart("json_schema");
        json.writeStringField("name", "answer");
        json.writeBooleanField("strict", true);
        json.writeFieldName("schema");
        json.writeRawValue(schema.schema());
        json.writeEndObject();
        json.writeEndObject();
      }
    }
  }

  private static void logprobs(JsonGenerator json, InferenceRequest request) throws IOException {
    if (request.logprobs().isEmpty()) {
      return;
    }
    int alternatives = request.logprobs().getAsInt();
    switch (request.prompt()) {
      case Prompt.Chat _ -> {
        json.writeBooleanField("logprobs", true);
        if (alternatives > 0) {
          json.writeNumberField("top_logprobs", alternatives);
        }
      }
      case Prompt.Text _, Prompt.Infill _ -> json.writeNumberField("logprobs", alternatives);
      case Prompt.Embedding _, Prompt.Ranking _ -> {
        // Not requests for text.
      }
    }
  }

  /** Only what the client set: a field that a server does not know makes some refuse. */
  private static void sampling(JsonGenerator json, Sampling sampling) throws IOException {
    number(json, "temperature", sampling.temperature());
    number(json, "top_p", sampling.topP());
    if (sampling.topK().isPresent()) {
      json.writeNumberField("top_k", sampling.topK().getAsInt());
    }
    number(json, "min_p", sampling.minP());
    number(json, "frequency_penalty", sampling.frequencyPenalty());
    number(json, "presence_penalty", sampling.presencePenalty());
    number(json, "repeat_penalty", sampling.repeatPenalty());
    if (sampling.seed().isPresent()) {
      json.writeNumberField("seed", sampling.seed().getAsLong());
    }
    if (!sampling.logitBias().isEmpty()) {
      json.writeObjectFieldStart("logit_bias");
      for (Map.Entry<Integer, Double> bias : sampling.logitBias().entrySet()) {
        json.writeNumberField(bias.getKey().toString(), bias.getValue());
      }
      json.writeEndObject();
    }
    rarer(json, sampling.rarer());
    if (!sampling.stop().isEmpty()) {
      json.writeArrayFieldStart("stop");
      for (String stop : sampling.stop()) {
        json.writeString(stop);
      }
      json.writeEndArray();
    }
  }

  private static void rarer(JsonGenerator json, Sampling.Rarer rarer) throws IOException {
    for (Map.Entry<SamplerSetting, Double> entry : rarer.settings().entrySet()) {
      SamplerSetting setting = entry.getKey();
      if (setting.isWhole()) {
        json.writeNumberField(setting.field(), entry.getValue().intValue());
      } else {
        json.writeNumberField(setting.field(), entry.getValue());
      }
    }
    if (!rarer.drySequenceBreakers().isEmpty()) {
      json.writeArrayFieldStart("dry_sequence_breakers");
      for (String text : rarer.drySequenceBreakers()) {
        json.writeString(text);
      }
      json.writeEndArray();
    }
    if (rarer.ignoreEos()) {
      json.writeBooleanField("ignore_eos", true);
    }
  }

  private static void number(JsonGenerator json, String name, OptionalDouble value)
      throws IOException {
    if (value.isPresent()) {
      json.writeNumberField(name, value.getAsDouble());
    }
  }
}
