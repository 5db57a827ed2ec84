package dev.freehold.provider.openai;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.freehold.inference.Extras;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.Message;
import dev.freehold.inference.OutputFormat;
import dev.freehold.inference.Prompt;
import dev.freehold.inference.SamplerSetting;
import dev.freehold.inference.Sampling;
import dev.freehold.inference.Tool;
import dev.freehold.inference.ToolChoice;
import dev.freehold.provider.remote.ExtraFields;
import dev.freehold.provider.remote.JsonBody;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Writes the neutral form as OpenAI's JSON. */
final class OpenAiRequest {

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
    return JsonBody.object(
        json -> {
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
        });
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
    OpenAiMessages.tools(json, offered(chat));
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
      OpenAiMessages.parts(json, message);
    } else {
      json.writeStringField("content", message.text());
    }
    if (message.name().isPresent()) {
      json.writeStringField("name", message.name().get());
    }
    if (message.toolCallId().isPresent()) {
      json.writeStringField("tool_call_id", message.toolCallId().get());
    }
    OpenAiMessages.calls(json, message.toolCalls());
    json.writeEndObject();
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
    JsonBody.number(json, "temperature", sampling.temperature());
    JsonBody.number(json, "top_p", sampling.topP());
    if (sampling.topK().isPresent()) {
      json.writeNumberField("top_k", sampling.topK().getAsInt());
    }
    JsonBody.number(json, "min_p", sampling.minP());
    JsonBody.number(json, "frequency_penalty", sampling.frequencyPenalty());
    JsonBody.number(json, "presence_penalty", sampling.presencePenalty());
    JsonBody.number(json, "repeat_penalty", sampling.repeatPenalty());
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
    JsonBody.texts(json, "stop", sampling.stop());
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
    JsonBody.texts(json, "dry_sequence_breakers", rarer.drySequenceBreakers());
    if (rarer.ignoreEos()) {
      json.writeBooleanField("ignore_eos", true);
    }
  }
}
