package dev.freehold.provider;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.freehold.inference.FinishReason;
import dev.freehold.inference.InferenceEvent;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceException.Kind;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.Prompt;
import dev.freehold.inference.Usage;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Base64;
import java.util.BitSet;
import java.util.OptionalInt;

/**
 * Reads a provider's vectors or scores, one at a time as they arrive: only one of them is in memory
 * as JSON. Each input must be answered once, by floats that a client can use. Written by the pump;
 * the usage may be read by anyone.
 */
final class OpenAiVectors {

  /** More than any model's vectors have. */
  static final int DIMENSIONS_MAX = 65_536;

  private final String provider;
  private final int inputs;
  private final boolean ranking;
  private final int promptTokensEstimate;
  private final BitSet answered;
  private OptionalInt dimensions;
  private volatile Usage usage = Usage.NONE;

  /** Takes an event on its way to the client. */
  interface Sink {
    void put(InferenceEvent event) throws InterruptedException;
  }

  private OpenAiVectors(
      String provider, int inputs, boolean ranking, OptionalInt dimensions, int tokensEstimate) {
    this.provider = provider;
    this.inputs = inputs;
    this.ranking = ranking;
    this.dimensions = dimensions;
    this.promptTokensEstimate = tokensEstimate;
    this.answered = new BitSet(inputs);
  }

  /** Whether a request is answered by vectors or scores. */
  static boolean areAsked(InferenceRequest request) {
    return switch (request.prompt()) {
      case Prompt.Embedding _, Prompt.Ranking _ -> true;
      case Prompt.Chat _, Prompt.Text _, Prompt.Infill _ -> false;
    };
  }

  /**
   * For one request that {@link #areAsked} holds of.
   *
   * @param tokensEstimate the prompt's tokens, taken unless the provider says its own number
   */
  static OpenAiVectors of(String provider, InferenceRequest request, int tokensEstimate) {
    return switch (request.prompt()) {
      case Prompt.Embedding embedding ->
          new OpenAiVectors(
              provider, embedding.inputs().size(), false, embedding.dimensions(), tokensEstimate);
      case Prompt.Ranking prompt ->
          new OpenAiVectors(
              provider, prompt.documents().size(), true, OptionalInt.empty(), tokensEstimate);
      case Prompt.Chat _, Prompt.Text _, Prompt.Infill _ ->
          throw new IllegalArgumentException("not a request for vectors");
    };
  }

  Usage usage() {
    return usage;
  }

  void read(InputStream in, ObjectMapper json, Sink sink)
      throws IOException, InferenceException, InterruptedException {
    try (JsonParser parser = json.createParser(in)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw failed("sent something other than a JSON object");
      }
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String field = parser.currentName();
        parser.nextToken();
        field(parser, field, sink);
      }
      if (parser.currentToken() != JsonToken.END_OBJECT) {
        throw failed("broke off before the end of its answer");
      }
    } catch (JacksonException e) {
      throw failed("sent something other than JSON, or broke off within it");
    }
    if (answered.cardinality() != inputs) {
      throw failed("answered %d of %d inputs".formatted(answered.cardinality(), inputs));
    }
    if (usage.equals(Usage.NONE)) {
      usage = new Usage(promptTokensEstimate, 0, 0);
    }
    sink.put(new InferenceEvent.Finished(FinishReason.STOP, usage));
  }

  private void field(JsonParser parser, String field, Sink sink)
      throws IOException, InferenceException, InterruptedException {
    switch (field) {
      case "error" -> {
        if (parser.currentToken() != JsonToken.VALUE_NULL) {
          throw failed("answered with an error");
        }
      }
      case "usage" -> usage(parser.readValueAsTree());
      case "data", "results" -> {
        if (!field.equals(ranking ? "results" : "data")) {
          parser.skipChildren();
        } else if (parser.currentToken() == JsonToken.START_ARRAY) {
          elements(parser, sink);
        } else {
          throw failed("sent no array of results");
        }
      }
      default -> parser.skipChildren();
    }
  }

  private void usage(JsonNode said) {
    JsonNode tokens = said.path("prompt_tokens");
    if (tokens.canConvertToInt() && tokens.intValue() > 0) {
      usage = new Usage(tokens.intValue(), 0, 0);
    }
  }

  private void elements(JsonParser parser, Sink sink)
      throws IOException, InferenceException, InterruptedException {
    for (int position = 0; parser.nextToken() != JsonToken.END_ARRAY; position++) {
      if (parser.currentToken() != JsonToken.START_OBJECT) {
        throw failed("sent a result that is not an object");
      }
      JsonNode element = parser.readValueAsTree();
      int index = index(element, position);
      sink.put(
          ranking
              ? new InferenceEvent.Scored(index, score(element))
              : new InferenceEvent.Embedded(index, vector(element.path("embedding"))));
    }
  }

  private int index(JsonNode element, int position) throws InferenceException {
    JsonNode said = element.path("index");
    int index = said.canConvertToInt() ? said.intValue() : position;
    if (index < 0 || index >= inputs || answered.get(index)) {
      throw failed("answered an input twice, or one that was not sent");
    }
    answered.set(index);
    return index;
  }

  private double score(JsonNode element) throws InferenceException {
    JsonNode score = element.path("relevance_score");
    if (!score.isNumber() || !Double.isFinite(score.doubleValue())) {
      throw failed("sent a score that is not a number");
    }
    return score.doubleValue();
  }

  /** On the heap, where the provider's JSON has it already. */
  private MemorySegment vector(JsonNode embedding) throws InferenceException {
    float[] vector = embedding.isTextual() ? decoded(embedding) : numbers(embedding);
    for (float component : vector) {
      if (!Float.isFinite(component)) {
        throw failed("sent a vector with components that are not numbers");
      }
    }
    if (vector.length == 0
        || vector.length > DIMENSIONS_MAX
        || (dimensions.isPresent() && dimensions.getAsInt() != vector.length)) {
      throw failed(
          "sent a vector of %d dimensions where %s were expected"
              .formatted(
                  vector.length,
                  dimensions.isPresent()
                      ? Integer.toString(dimensions.getAsInt())
                      : "1 to %d".formatted(DIMENSIONS_MAX)));
    }
    dimensions = OptionalInt.of(vector.length);
    return MemorySegment.ofArray(vector);
  }

  private float[] decoded(JsonNode base64) throws InferenceException {
    try {
      byte[] bytes = Base64.getDecoder().decode(base64.textValue());
      float[] vector = new float[bytes.length / Float.BYTES];
      if (bytes.length % Float.BYTES != 0) {
        throw failed("sent a vector that is cut short");
      }
      ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(vector);
      return vector;
    } catch (IllegalArgumentException e) {
      throw failed("sent a vector that is not base64");
    }
  }

  private float[] numbers(JsonNode array) throws InferenceException {
    float[] vector = new float[array.size()];
    for (int i = 0; i < vector.length; i++) {
      JsonNode component = array.get(i);
      if (component == null || !component.isNumber()) {
        throw failed("sent a vector with components that are not numbers");
      }
      vector[i] = component.floatValue();
    }
    return vector;
  }

  private InferenceException failed(String what) {
    return new InferenceException(
        Kind.PROVIDER_FAILED, "Provider '%s' %s.".formatted(provider, what));
  }
}
