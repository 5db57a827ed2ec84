package dev.freehold.provider.openai;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import dev.freehold.inference.FinishReason;
import dev.freehold.inference.InferenceEvent;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.Prompt;
import dev.freehold.inference.Usage;
import dev.freehold.provider.remote.BrokenAnswer;
import dev.freehold.provider.remote.Protocol;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Base64;
import java.util.BitSet;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/**
 * Reads a provider's vectors or scores, one at a time as they arrive: only one of them is in memory
 * as JSON. Each input must be answered once, by floats that a client can use. Written by the pump;
 * the usage may be read by anyone.
 */
final class OpenAiVectors {

  /** More than any model's vectors have. */
  static final int DIMENSIONS_MAX = 65_536;

  /** What an answer may have besides its results. */
  static final int OTHER_BYTES_MAX = 1 << 20;

  /** What a result may have besides its numbers and the document that it repeats. */
  static final int RESULT_BYTES_MAX = 4096;

  /** A component as text: all its digits, its exponent and the spaces around it. */
  private static final int COMPONENT_BYTES_MAX = 32;

  /** A character as JSON writes it at worst, as an escape. */
  private static final int CHARACTER_BYTES_MAX = 6;

  private static final int BASE64_CHARACTERS_MAX = (DIMENSIONS_MAX * Float.BYTES + 2) / 3 * 4;

  private final int inputs;
  private final boolean ranking;
  private final int promptTokensEstimate;
  private final long bytesMax;
  private final BitSet answered;
  private OptionalInt dimensions;
  private volatile Usage usage = Usage.NONE;

  private OpenAiVectors(
      int inputs,
      boolean ranking,
      OptionalInt dimensions,
      long numbersBytesMax,
      int tokensEstimate) {
    this.inputs = inputs;
    this.ranking = ranking;
    this.dimensions = dimensions;
    this.bytesMax = OTHER_BYTES_MAX + (long) inputs * RESULT_BYTES_MAX + numbersBytesMax;
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
  static OpenAiVectors of(InferenceRequest request, int tokensEstimate) {
    return switch (request.prompt()) {
      case Prompt.Embedding embedding -> {
        int inputs = embedding.inputs().size();
        long dimensions = Math.min(embedding.dimensions().orElse(DIMENSIONS_MAX), DIMENSIONS_MAX);
        yield new OpenAiVectors(
            inputs,
            false,
            embedding.dimensions(),
            inputs * dimensions * COMPONENT_BYTES_MAX,
            tokensEstimate);
      }
      case Prompt.Ranking prompt -> {
        long characters = prompt.documents().stream().mapToLong(String::length).sum();
        yield new OpenAiVectors(
            prompt.documents().size(),
            true,
            OptionalInt.empty(),
            characters * CHARACTER_BYTES_MAX,
            tokensEstimate);
      }
      case Prompt.Chat _, Prompt.Text _, Prompt.Infill _ ->
          throw new IllegalArgumentException("not a request for vectors");
    };
  }

  Usage usage() {
    return usage;
  }

  /**
   * Reads an answer to its end.
   *
   * @param constraints what any answer's JSON is held to; its length is bounded here
   */
  void read(InputStream in, StreamReadConstraints constraints, Protocol.Sink sink)
      throws IOException, BrokenAnswer, InterruptedException {
    JsonFactory json =
        JsonFactory.builder()
            .streamReadConstraints(constraints.rebuild().maxDocumentLength(bytesMax).build())
            .build();
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
    } catch (StreamConstraintsException e) {
      throw failed(
          "sent an answer that passes a bound: at most %d bytes for what was asked, simply nested"
              .formatted(bytesMax));
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

  private void field(JsonParser parser, String field, Protocol.Sink sink)
      throws IOException, BrokenAnswer, InterruptedException {
    switch (field) {
      case "error" -> {
        if (parser.currentToken() != JsonToken.VALUE_NULL) {
          throw failed("answered with an error");
        }
      }
      case "usage" -> usage(parser);
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

  private void usage(JsonParser parser) throws IOException {
    if (parser.currentToken() != JsonToken.START_OBJECT) {
      parser.skipChildren();
      return;
    }
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String field = parser.currentName();
      if (parser.nextToken() == JsonToken.VALUE_NUMBER_INT && field.equals("prompt_tokens")) {
        int tokens = parser.getIntValue();
        usage = tokens > 0 ? new Usage(tokens, 0, 0) : usage;
      } else {
        parser.skipChildren();
      }
    }
  }

  private void elements(JsonParser parser, Protocol.Sink sink)
      throws IOException, BrokenAnswer, InterruptedException {
    for (int position = 0; parser.nextToken() != JsonToken.END_ARRAY; position++) {
      if (parser.currentToken() != JsonToken.START_OBJECT) {
        throw failed("sent a result that is not an object");
      }
      sink.put(element(parser, position));
    }
  }

  /** What was not asked for is skipped, however much it is. */
  private InferenceEvent element(JsonParser parser, int position) throws IOException, BrokenAnswer {
    int index = position;
    OptionalDouble score = OptionalDouble.empty();
    float[] vector = new float[0];
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String field = parser.currentName();
      JsonToken value = parser.nextToken();
      if (field.equals("index") && value == JsonToken.VALUE_NUMBER_INT) {
        index = parser.getIntValue();
      } else if (ranking && field.equals("relevance_score")) {
        score = OptionalDouble.of(score(parser));
      } else if (!ranking && field.equals("embedding")) {
        vector = vector(parser);
      } else {
        parser.skipChildren();
      }
    }
    take(index);
    if (!ranking) {
      return new InferenceEvent.Embedded(index, checked(vector));
    }
    return new InferenceEvent.Scored(
        index, score.orElseThrow(() -> failed("sent a result without a score")));
  }

  private void take(int index) throws BrokenAnswer {
    if (index < 0 || index >= inputs || answered.get(index)) {
      throw failed("answered an input twice, or one that was not sent");
    }
    answered.set(index);
  }

  private double score(JsonParser parser) throws IOException, BrokenAnswer {
    if (!parser.currentToken().isNumeric() || !Double.isFinite(parser.getDoubleValue())) {
      throw failed("sent a score that is not a number");
    }
    return parser.getDoubleValue();
  }

  private float[] vector(JsonParser parser) throws IOException, BrokenAnswer {
    return switch (parser.currentToken()) {
      case VALUE_STRING -> decoded(parser.getText());
      case START_ARRAY -> numbers(parser);
      case null, default -> throw failed("sent something other than a vector");
    };
  }

  /** On the heap, where the provider's JSON has it already. */
  private MemorySegment checked(float[] vector) throws BrokenAnswer {
    for (float component : vector) {
      if (!Float.isFinite(component)) {
        throw failed("sent a vector with components that are not numbers");
      }
    }
    if (vector.length == 0
        || vector.length > DIMENSIONS_MAX
        || (dimensions.isPresent() && dimensions.getAsInt() != vector.length)) {
      throw failed("sent a vector of %d dimensions where %s".formatted(vector.length, expected()));
    }
    dimensions = OptionalInt.of(vector.length);
    return MemorySegment.ofArray(vector);
  }

  private String expected() {
    return dimensions.isPresent()
        ? "%d were expected".formatted(dimensions.getAsInt())
        : "1 to %d were expected".formatted(DIMENSIONS_MAX);
  }

  private float[] decoded(String base64) throws BrokenAnswer {
    if (base64.length() > BASE64_CHARACTERS_MAX) {
      throw tooLong();
    }
    try {
      byte[] bytes = Base64.getDecoder().decode(base64);
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

  private float[] numbers(JsonParser parser) throws IOException, BrokenAnswer {
    int most = Math.min(dimensions.orElse(DIMENSIONS_MAX), DIMENSIONS_MAX);
    float[] vector = new float[Math.min(most, 1024)];
    int length = 0;
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      JsonToken component = parser.currentToken();
      if (component == null || !component.isNumeric()) {
        throw failed("sent a vector with components that are not numbers");
      }
      if (length == most) {
        throw tooLong();
      }
      if (length == vector.length) {
        vector = Arrays.copyOf(vector, Math.min(2 * length, most));
      }
      vector[length++] = parser.getFloatValue();
    }
    return Arrays.copyOf(vector, length);
  }

  private BrokenAnswer tooLong() {
    return failed("sent a vector of more dimensions where %s".formatted(expected()));
  }

  private BrokenAnswer failed(String what) {
    return new BrokenAnswer(what);
  }
}
