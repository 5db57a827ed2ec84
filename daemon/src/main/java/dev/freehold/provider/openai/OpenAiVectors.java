package dev.freehold.provider.openai;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.freehold.inference.FinishReason;
import dev.freehold.inference.InferenceEvent;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.Prompt;
import dev.freehold.inference.Usage;
import dev.freehold.provider.remote.ArrivingVectors;
import dev.freehold.provider.remote.BrokenAnswer;
import dev.freehold.provider.remote.Protocol;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
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

  /** What a result may have besides its numbers and the document that it repeats. */
  static final int RESULT_BYTES_MAX = 4096;

  private static final int BASE64_CHARACTERS_MAX =
      (ArrivingVectors.DIMENSIONS_MAX * Float.BYTES + 2) / 3 * 4;

  private final int inputs;
  private final boolean ranking;
  private final int promptTokensEstimate;
  private final long bytesMax;
  private final BitSet answered;
  private final ArrivingVectors vectors;
  private volatile Usage usage = Usage.NONE;

  private OpenAiVectors(
      int inputs,
      boolean ranking,
      ArrivingVectors vectors,
      long numbersBytesMax,
      int tokensEstimate) {
    this.inputs = inputs;
    this.ranking = ranking;
    this.vectors = vectors;
    this.bytesMax =
        ArrivingVectors.OTHER_BYTES_MAX + (long) inputs * RESULT_BYTES_MAX + numbersBytesMax;
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
        ArrivingVectors vectors = new ArrivingVectors(embedding.dimensions());
        yield new OpenAiVectors(inputs, false, vectors, vectors.bytesMax(inputs), tokensEstimate);
      }
      case Prompt.Ranking prompt -> {
        long characters = prompt.documents().stream().mapToLong(String::length).sum();
        yield new OpenAiVectors(
            prompt.documents().size(),
            true,
            new ArrivingVectors(OptionalInt.empty()),
            ArrivingVectors.repeatedBytesMax(characters),
            tokensEstimate);
      }
      case Prompt.Chat _, Prompt.Text _, Prompt.Infill _ ->
          throw new IllegalArgumentException("not a request for vectors");
    };
  }

  Usage usage() {
    return usage;
  }

  /** Reads an answer to its end. */
  void read(InputStream in, Protocol.Sink sink)
      throws IOException, BrokenAnswer, InterruptedException {
    ArrivingVectors.readObject(in, bytesMax, (parser, field) -> field(parser, field, sink));
    if (answered.cardinality() != inputs) {
      throw new BrokenAnswer("answered %d of %d inputs".formatted(answered.cardinality(), inputs));
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
          throw new BrokenAnswer("answered with an error");
        }
      }
      case "usage" -> usage(parser);
      case "data", "results" -> {
        if (!field.equals(ranking ? "results" : "data")) {
          parser.skipChildren();
        } else if (parser.currentToken() == JsonToken.START_ARRAY) {
          elements(parser, sink);
        } else {
          throw new BrokenAnswer("sent no array of results");
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
        throw new BrokenAnswer("sent a result that is not an object");
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
      return new InferenceEvent.Embedded(index, vectors.checked(vector));
    }
    return new InferenceEvent.Scored(
        index, score.orElseThrow(() -> new BrokenAnswer("sent a result without a score")));
  }

  private void take(int index) throws BrokenAnswer {
    if (index < 0 || index >= inputs || answered.get(index)) {
      throw new BrokenAnswer("answered an input twice, or one that was not sent");
    }
    answered.set(index);
  }

  private double score(JsonParser parser) throws IOException, BrokenAnswer {
    if (!parser.currentToken().isNumeric() || !Double.isFinite(parser.getDoubleValue())) {
      throw new BrokenAnswer("sent a score that is not a number");
    }
    return parser.getDoubleValue();
  }

  private float[] vector(JsonParser parser) throws IOException, BrokenAnswer {
    return switch (parser.currentToken()) {
      case VALUE_STRING -> decoded(parser.getText());
      case START_ARRAY -> vectors.numbers(parser);
      case null, default -> throw new BrokenAnswer("sent something other than a vector");
    };
  }

  private float[] decoded(String base64) throws BrokenAnswer {
    if (base64.length() > BASE64_CHARACTERS_MAX) {
      throw vectors.tooLong();
    }
    try {
      byte[] bytes = Base64.getDecoder().decode(base64);
      float[] vector = new float[bytes.length / Float.BYTES];
      if (bytes.length % Float.BYTES != 0) {
        throw new BrokenAnswer("sent a vector that is cut short");
      }
      ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(vector);
      return vector;
    } catch (IllegalArgumentException e) {
      throw new BrokenAnswer("sent a vector that is not base64");
    }
  }
}
