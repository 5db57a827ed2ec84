package dev.freehold.api;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.freehold.inference.FinishReason;
import dev.freehold.inference.InferenceEvent;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.TokenLogprob;
import dev.freehold.inference.Usage;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Writes the answers of one request as OpenAI's chunks, one {@code data:} line an event.
 *
 * <p>This is the hot path of a stream: what is the same in every frame is encoded once, and a text
 * delta costs its own characters.
 */
final class SseFrames implements AnswerFrames {

  private static final byte[] DATA = ascii("data: ");
  private static final byte[] END = ascii("\n\n");
  private static final byte[] DONE = ascii("data: [DONE]\n\n");

  /** One of the answers. */
  private static final class Choice {
    final byte[] head;
    final byte[] textHead;

    /**
     * Tokens whose text has not been sent, for a client that wants to know how likely they were.
     */
    final List<TokenLogprob> logprobs = new ArrayList<>();

    /** Characters of the tokens that have been told. */
    int charactersTold;

    boolean opened;

    Choice(int index, boolean chat) {
      this.head =
          ascii(
              "\"choices\":[{\"index\":%d,%s".formatted(index, chat ? "\"delta\":" : "\"text\":"));
      this.textHead = ascii(new String(head, US_ASCII) + (chat ? "{\"content\":" : ""));
    }
  }

  private final Surface surface;
  private final AnswerShape.Completion shape;
  private final InferenceRequest request;
  private final FrameBuffer buffer = new FrameBuffer();
  private final JsonGenerator json;
  private final byte[] head;
  private final byte[] textTail;
  private final List<Choice> choices = new ArrayList<>();
  private final List<Usage> usages = new ArrayList<>();

  SseFrames(AnswerShape.Completion shape, InferenceRequest request, Instant created)
      throws IOException {
    this.surface = shape.surface();
    this.shape = shape;
    this.request = request;
    this.json = Json.FACTORY.createGenerator(buffer);
    this.head = head(shape, request, created);
    for (int i = 0; i < shape.answers(); i++) {
      choices.add(new Choice(i, surface == Surface.CHAT));
    }
    String usage = shape.includeUsage() ? ",\"usage\":null" : "";
    this.textTail =
        ascii(
            (surface == Surface.CHAT ? "}" : "")
                + ",\"logprobs\":null,\"finish_reason\":null}]"
                + usage
                + "}");
  }

  @Override
  public FrameBuffer buffer() {
    return buffer;
  }

  @Override
  public void reset() {
    buffer.reset();
  }

  @Override
  public void event(int index, InferenceEvent event) throws IOException {
    Choice choice = choices.get(index);
    if (!choice.opened && surface == Surface.CHAT) {
      open(choice);
    }
    choice.opened = true;
    switch (event) {
      case InferenceEvent.TextDelta delta -> text(choice, delta.text());
      case InferenceEvent.ReasoningDelta delta -> reasoning(choice, delta.text());
      case InferenceEvent.ToolCallDelta delta -> toolCall(choice, delta);
      case InferenceEvent.Logprobs told -> {
        // They go out with the next text.
        if (request.logprobs().isPresent()) {
          choice.logprobs.addAll(told.tokens());
        }
      }
      case InferenceEvent.Embedded _, InferenceEvent.Scored _ ->
          throw new IllegalStateException("not an event of a text answer");
      case InferenceEvent.Finished finished -> {
        if (!choice.logprobs.isEmpty()) {
          text(choice, "");
        }
        finish(choice, finished.reason());
        usages.add(finished.usage());
        if (usages.size() == choices.size()) {
          end(AnswerJson.total(usages));
        }
      }
    }
  }

  /** Ends a stream that broke off: there is no {@code [DONE]} after it. */
  @Override
  public void error(ApiError error) throws IOException {
    buffer.write(DATA);
    ApiErrors.write(json, error);
    json.flush();
    buffer.write(END);
  }

  private void open(Choice choice) throws IOException {
    begin(choice);
    json.writeStartObject();
    json.writeStringField("role", "assistant");
    json.writeStringField("content", "");
    json.writeEndObject();
    endDelta(choice, null);
  }

  private void text(Choice choice, String text) throws IOException {
    if (!choice.logprobs.isEmpty()) {
      textWithLogprobs(choice, text);
      return;
    }
    buffer.write(DATA);
    buffer.write(head);
    buffer.write(choice.textHead);
    json.writeString(AnswerJson.wellFormed(text));
    json.flush();
    buffer.write(textTail);
    buffer.write(END);
  }

  private void textWithLogprobs(Choice choice, String text) throws IOException {
    begin(choice);
    if (surface == Surface.CHAT) {
      json.writeStartObject();
      json.writeStringField("content", AnswerJson.wellFormed(text));
      json.writeEndObject();
    } else {
      json.writeString(AnswerJson.wellFormed(text));
    }
    endDelta(choice, null);
  }

  /** Plain completions have no place for reasoning: it is left out there. */
  private void reasoning(Choice choice, String text) throws IOException {
    if (surface == Surface.CHAT) {
      begin(choice);
      json.writeStartObject();
      json.writeStringField("reasoning_content", AnswerJson.wellFormed(text));
      json.writeEndObject();
      endDelta(choice, null);
    }
  }

  private void toolCall(Choice choice, InferenceEvent.ToolCallDelta delta) throws IOException {
    if (surface != Surface.CHAT) {
      return;
    }
    begin(choice);
    json.writeStartObject();
    json.writeArrayFieldStart("tool_calls");
    json.writeStartObject();
    json.writeNumberField("index", delta.index());
    if (delta.id().isPresent()) {
      json.writeStringField("id", delta.id().get());
      json.writeStringField("type", "function");
    }
    json.writeObjectFieldStart("function");
    if (delta.name().isPresent()) {
      json.writeStringField("name", delta.name().get());
    }
    json.writeStringField("arguments", AnswerJson.wellFormed(delta.arguments()));
    json.writeEndObject();
    json.writeEndObject();
    json.writeEndArray();
    json.writeEndObject();
    endDelta(choice, null);
  }

  private void finish(Choice choice, FinishReason reason) throws IOException {
    begin(choice);
    if (surface == Surface.CHAT) {
      json.writeStartObject();
      json.writeEndObject();
    } else {
      json.writeString("");
    }
    endDelta(choice, AnswerJson.finishReason(reason));
  }

  private void end(Usage usage) throws IOException {
    if (shape.includeUsage()) {
      buffer.write(DATA);
      buffer.write(head);
      buffer.ascii("\"choices\":[],\"usage\":");
      AnswerJson.usage(json, usage);
      json.flush();
      buffer.ascii("}");
      buffer.write(END);
    }
    buffer.write(DONE);
  }

  private void begin(Choice choice) {
    buffer.write(DATA);
    buffer.write(head);
    buffer.write(choice.head);
  }

  private void endDelta(Choice choice, String finishReason) throws IOException {
    json.flush();
    buffer.ascii(",\"logprobs\":");
    if (choice.logprobs.isEmpty()) {
      buffer.ascii("null");
    } else {
      logprobs(choice);
    }
    buffer.ascii(",\"finish_reason\":");
    buffer.ascii(finishReason == null ? "null" : "\"" + finishReason + "\"");
    buffer.ascii(shape.includeUsage() ? "}],\"usage\":null}" : "}]}");
    buffer.write(END);
  }

  private void logprobs(Choice choice) throws IOException {
    if (surface == Surface.CHAT) {
      LogprobJson.chat(json, choice.logprobs);
    } else {
      boolean alternatives = request.logprobs().orElse(0) > 0;
      LogprobJson.completion(json, choice.logprobs, choice.charactersTold, alternatives);
      choice.charactersTold += LogprobJson.characters(choice.logprobs);
    }
    json.flush();
    choice.logprobs.clear();
  }

  private static byte[] head(
      AnswerShape.Completion shape, InferenceRequest request, Instant created) throws IOException {
    FrameBuffer bytes = new FrameBuffer();
    try (JsonGenerator json = Json.FACTORY.createGenerator(bytes)) {
      json.writeStartObject();
      json.writeStringField("id", shape.surface().answerId(request.id()));
      json.writeStringField(
          "object", shape.surface() == Surface.CHAT ? "chat.completion.chunk" : "text_completion");
      json.writeNumberField("created", created.getEpochSecond());
      json.writeStringField("model", request.model());
      if (shape.serviceTier().isPresent()) {
        json.writeStringField("service_tier", shape.serviceTier().get());
      }
      json.writeEndObject();
    }
    // The object stays open: every frame goes on where this ends.
    byte[] head = Arrays.copyOf(bytes.array(), bytes.length());
    head[head.length - 1] = ',';
    return head;
  }

  private static byte[] ascii(String text) {
    return text.getBytes(US_ASCII);
  }
}
