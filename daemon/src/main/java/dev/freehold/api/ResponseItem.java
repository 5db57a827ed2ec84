package dev.freehold.api;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.freehold.inference.TokenLogprob;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** One item of a response's output: a message, a piece of reasoning or a function call. */
final class ResponseItem {

  /** What an item is, and how its type and its one part are called. */
  enum Kind {
    MESSAGE("message", "msg_", "output_text"),
    REASONING("reasoning", "rs_", "reasoning_text"),
    /** Its text is the arguments; it has no parts. */
    CALL("function_call", "fc_", "function_call_arguments");

    private final String type;
    private final String idPrefix;
    private final String textType;

    Kind(String type, String idPrefix, String textType) {
      this.type = type;
      this.idPrefix = idPrefix;
      this.textType = textType;
    }

    /** The name of its text, as events and parts call it. */
    String textType() {
      return textType;
    }
  }

  /** How far an item has come. */
  enum Status {
    IN_PROGRESS("in_progress"),
    COMPLETED("completed"),
    INCOMPLETE("incomplete");

    private final String text;

    Status(String text) {
      this.text = text;
    }
  }

  private final Kind kind;
  private final int outputIndex;
  private final String id;
  private final StringBuilder text = new StringBuilder();

  /** Of a message's text, if the client asked. */
  private final List<TokenLogprob> logprobs = new ArrayList<>();

  private String callId;
  private String name = "";
  private Status status = Status.IN_PROGRESS;

  ResponseItem(Kind kind, int outputIndex, String requestId) {
    this.kind = Objects.requireNonNull(kind, "kind");
    this.outputIndex = outputIndex;
    String place = requestId + "_" + outputIndex;
    this.id = kind.idPrefix + place;
    this.callId = "call_" + place;
  }

  Kind kind() {
    return kind;
  }

  String id() {
    return id;
  }

  int outputIndex() {
    return outputIndex;
  }

  String text() {
    return AnswerJson.wellFormed(text.toString());
  }

  boolean isOpen() {
    return status == Status.IN_PROGRESS;
  }

  void append(String more) {
    text.append(more);
  }

  void append(List<TokenLogprob> tokens) {
    logprobs.addAll(tokens);
  }

  /** How likely its tokens were, as an array. */
  void writeLogprobs(JsonGenerator json) throws IOException {
    LogprobJson.array(json, logprobs);
  }

  void callId(String given) {
    callId = given;
  }

  void name(String given) {
    name = given;
  }

  void close(Status end) {
    status = end;
  }

  void write(JsonGenerator json) throws IOException {
    json.writeStartObject();
    json.writeStringField("id", id);
    json.writeStringField("type", kind.type);
    json.writeStringField("status", status.text);
    switch (kind) {
      case MESSAGE -> {
        json.writeStringField("role", "assistant");
        content(json);
      }
      case REASONING -> {
        json.writeArrayFieldStart("summary");
        json.writeEndArray();
        content(json);
      }
      case CALL -> {
        json.writeStringField("call_id", AnswerJson.wellFormed(callId));
        json.writeStringField("name", AnswerJson.wellFormed(name));
        json.writeStringField("arguments", text());
      }
    }
    json.writeEndObject();
  }

  /** Its one part, with the text so far. */
  void writePart(JsonGenerator json) throws IOException {
    json.writeStartObject();
    json.writeStringField("type", kind.textType);
    if (kind == Kind.MESSAGE) {
      json.writeArrayFieldStart("annotations");
      json.writeEndArray();
      json.writeFieldName("logprobs");
      writeLogprobs(json);
    }
    json.writeStringField("text", text());
    json.writeEndObject();
  }

  /** An item that has just been opened has no part yet. */
  private void content(JsonGenerator json) throws IOException {
    json.writeArrayFieldStart("content");
    if (!isOpen() || !text.isEmpty()) {
      writePart(json);
    }
    json.writeEndArray();
  }
}
