package dev.freehold.api;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.freehold.inference.Usage;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** Writes the response object itself, which whole and streamed answers share. */
final class ResponseJson {

  private final String id;
  private final String model;
  private final Instant created;
  private final AnswerShape.Response shape;

  ResponseJson(String requestId, String model, Instant created, AnswerShape.Response shape) {
    this.id = Surface.RESPONSES.answerId(requestId);
    this.model = model;
    this.created = created;
    this.shape = shape;
  }

  void write(JsonGenerator json, ResponseState state, List<ResponseItem> output)
      throws IOException {
    json.writeStartObject();
    json.writeStringField("id", id);
    json.writeStringField("object", "response");
    json.writeNumberField("created_at", created.getEpochSecond());
    json.writeStringField("model", model);
    json.writeStringField("status", state.word());
    error(json, state);
    incompleteDetails(json, state);
    json.writeArrayFieldStart("output");
    for (ResponseItem item : output) {
      item.write(json);
    }
    json.writeEndArray();
    json.writeFieldName("usage");
    switch (state) {
      case ResponseState.Ended ended -> usage(json, ended.usage());
      case ResponseState.InProgress _, ResponseState.Failed _ -> json.writeNull();
    }
    // Whatever the client asked for: this box keeps no response.
    json.writeBooleanField("store", false);
    json.writeNullField("previous_response_id");
    json.writeBooleanField("background", false);
    json.writeStringField("truncation", "disabled");
    for (Map.Entry<String, String> field : shape.echo().entrySet()) {
      json.writeFieldName(field.getKey());
      json.writeRawValue(field.getValue());
    }
    if (shape.serviceTier().isPresent()) {
      json.writeStringField("service_tier", shape.serviceTier().get());
    }
    json.writeEndObject();
  }

  private static void error(JsonGenerator json, ResponseState state) throws IOException {
    if (state instanceof ResponseState.Failed(ApiError error)) {
      json.writeObjectFieldStart("error");
      json.writeStringField("code", error.code().orElse(error.type()));
      json.writeStringField("message", error.message());
      json.writeEndObject();
    } else {
      json.writeNullField("error");
    }
  }

  private static void incompleteDetails(JsonGenerator json, ResponseState state)
      throws IOException {
    if (state.incompleteReason().isPresent()) {
      json.writeObjectFieldStart("incomplete_details");
      json.writeStringField("reason", state.incompleteReason().get());
      json.writeEndObject();
    } else {
      json.writeNullField("incomplete_details");
    }
  }

  /** Tokens of reasoning are not counted apart, and no cache is paid for: SDKs expect numbers. */
  private static void usage(JsonGenerator json, Usage usage) throws IOException {
    json.writeStartObject();
    json.writeNumberField("input_tokens", usage.promptTokens());
    json.writeObjectFieldStart("input_tokens_details");
    json.writeNumberField("cached_tokens", usage.cachedTokens());
    json.writeNumberField("cache_write_tokens", 0);
    json.writeEndObject();
    json.writeNumberField("output_tokens", usage.completionTokens());
    json.writeObjectFieldStart("output_tokens_details");
    json.writeNumberField("reasoning_tokens", 0);
    json.writeEndObject();
    json.writeNumberField("total_tokens", usage.totalTokens());
    json.writeEndObject();
  }
}
