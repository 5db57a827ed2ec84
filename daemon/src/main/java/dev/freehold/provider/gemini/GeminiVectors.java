package dev.freehold.provider.gemini;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.freehold.inference.FinishReason;
import dev.freehold.inference.InferenceEvent;
import dev.freehold.inference.Prompt;
import dev.freehold.inference.Usage;
import dev.freehold.provider.remote.ArrivingVectors;
import dev.freehold.provider.remote.BrokenAnswer;
import dev.freehold.provider.remote.Protocol;
import dev.freehold.provider.remote.Reply;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.OptionalInt;

/**
 * Reads vectors, one at a time as they arrive, in the order of the inputs. Vectors that were asked
 * for with fewer dimensions come as they were cut there; they are given the length 1, which clients
 * of the API that they asked by count on.
 */
final class GeminiVectors implements Protocol.Reading {

  private final int inputs;
  private final OptionalInt asked;
  private final int promptTokensEstimate;
  private final ArrivingVectors vectors;
  private int answered;
  private volatile Usage usage = Usage.NONE;

  /**
   * Nothing read yet.
   *
   * @param promptTokensEstimate taken unless the provider says its own number
   */
  GeminiVectors(Prompt.Embedding embedding, int promptTokensEstimate) {
    this.inputs = embedding.inputs().size();
    this.asked = embedding.dimensions();
    this.vectors = new ArrivingVectors(asked);
    this.promptTokensEstimate = promptTokensEstimate;
  }

  @Override
  public String contentType() {
    return "application/json";
  }

  @Override
  public Usage usage() {
    return usage;
  }

  @Override
  public void read(Reply reply, Protocol.Sink sink)
      throws IOException, BrokenAnswer, InterruptedException {
    ArrivingVectors.readObject(
        reply.body(),
        ArrivingVectors.OTHER_BYTES_MAX + vectors.bytesMax(inputs),
        (parser, field) -> field(parser, field, sink));
    if (answered != inputs) {
      throw new BrokenAnswer("answered %d of %d inputs".formatted(answered, inputs));
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
      case "embeddings" -> {
        if (parser.currentToken() != JsonToken.START_ARRAY) {
          throw new BrokenAnswer("sent no array of vectors");
        }
        while (parser.nextToken() != JsonToken.END_ARRAY) {
          float[] vector = vector(parser);
          if (answered == inputs) {
            throw new BrokenAnswer("sent more vectors than there were inputs");
          }
          sink.put(new InferenceEvent.Embedded(answered++, checked(vector)));
        }
      }
      case "usageMetadata" -> usage(parser);
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
      if (parser.nextToken() == JsonToken.VALUE_NUMBER_INT && field.equals("promptTokenCount")) {
        usage = new Usage(Math.max(0, parser.getIntValue()), 0, 0);
      } else {
        parser.skipChildren();
      }
    }
  }

  private float[] vector(JsonParser parser) throws IOException, BrokenAnswer {
    if (parser.currentToken() != JsonToken.START_OBJECT) {
      throw new BrokenAnswer("sent a vector that is not an object");
    }
    float[] vector = new float[0];
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String field = parser.currentName();
      if (parser.nextToken() == JsonToken.START_ARRAY && field.equals("values")) {
        vector = vectors.numbers(parser);
      } else {
        parser.skipChildren();
      }
    }
    return vector;
  }

  private MemorySegment checked(float[] vector) throws BrokenAnswer {
    MemorySegment checked = vectors.checked(vector);
    double squares = 0;
    for (float component : vector) {
      squares += (double) component * component;
    }
    if (asked.isPresent() && squares > 0) {
      double length = Math.sqrt(squares);
      for (int i = 0; i < vector.length; i++) {
        vector[i] = (float) (vector[i] / length);
      }
    }
    return checked;
  }
}
