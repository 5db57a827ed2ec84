package dev.freehold.provider.cohere;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.freehold.inference.FinishReason;
import dev.freehold.inference.InferenceEvent;
import dev.freehold.inference.Prompt;
import dev.freehold.inference.Usage;
import dev.freehold.provider.remote.BrokenAnswer;
import dev.freehold.provider.remote.Protocol;
import dev.freehold.provider.remote.RemoteJson;
import dev.freehold.provider.remote.Reply;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.OptionalInt;

/**
 * Reads vectors one at a time as they arrive, in the order of their texts. Written by the pump;
 * anyone may read the usage.
 */
final class CohereVectors implements Protocol.Reading {

  /** More than any model's vectors have. */
  static final int DIMENSIONS_MAX = 65_536;

  /** A component as text: all its digits, its exponent and the spaces around it. */
  private static final int COMPONENT_BYTES_MAX = 32;

  /** What the answer may have besides its vectors and the texts that it repeats. */
  private static final int OTHER_BYTES_MAX = 1 << 20;

  /** A character as JSON writes it at worst, as an escape. */
  private static final int CHARACTER_BYTES_MAX = 6;

  private final int inputs;
  private final long bytesMax;
  private final int promptTokensEstimate;
  private OptionalInt dimensions;
  private int answered;
  private volatile Usage usage = Usage.NONE;

  CohereVectors(Prompt.Embedding embedding, int promptTokensEstimate) {
    this.inputs = embedding.inputs().size();
    this.dimensions = embedding.dimensions();
    this.promptTokensEstimate = promptTokensEstimate;
    long characters =
        embedding.inputs().stream()
            .mapToLong(
                input ->
                    switch (input) {
                      case Prompt.Input.OfText(String text) -> text.length();
                      case Prompt.Input.OfTokens _ -> 0;
                    })
            .sum();
    this.bytesMax =
        OTHER_BYTES_MAX
            + characters * CHARACTER_BYTES_MAX
            + (long) inputs * mostDimensions() * COMPONENT_BYTES_MAX;
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
    JsonFactory json =
        JsonFactory.builder()
            .streamReadConstraints(
                RemoteJson.CONSTRAINTS.rebuild().maxDocumentLength(bytesMax).build())
            .build();
    try (JsonParser parser = json.createParser(reply.body())) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw new BrokenAnswer("sent something other than a JSON object");
      }
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String field = parser.currentName();
        JsonToken value = parser.nextToken();
        if (field.equals("embeddings") && value == JsonToken.START_OBJECT) {
          embeddings(parser, sink);
        } else if (field.equals("meta") && value == JsonToken.START_OBJECT) {
          count(parser);
        } else {
          parser.skipChildren();
        }
      }
    } catch (JacksonException e) {
      throw new BrokenAnswer(
          "sent something other than JSON of at most %d bytes, or broke off within it"
              .formatted(bytesMax));
    }
    if (answered != inputs) {
      throw new BrokenAnswer("answered %d of %d inputs".formatted(answered, inputs));
    }
    if (usage.equals(Usage.NONE)) {
      usage = new Usage(promptTokensEstimate, 0, 0);
    }
    sink.put(new InferenceEvent.Finished(FinishReason.STOP, usage));
  }

  /** An object with an array of vectors for each type; floats are asked for. */
  private void embeddings(JsonParser parser, Protocol.Sink sink)
      throws IOException, BrokenAnswer, InterruptedException {
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String type = parser.currentName();
      if (parser.nextToken() == JsonToken.START_ARRAY && type.equals("float")) {
        while (parser.nextToken() == JsonToken.START_ARRAY) {
          if (answered == inputs) {
            throw new BrokenAnswer("answered more than %d inputs".formatted(inputs));
          }
          sink.put(new InferenceEvent.Embedded(answered++, vector(parser)));
        }
      } else {
        parser.skipChildren();
      }
    }
  }

  private MemorySegment vector(JsonParser parser) throws IOException, BrokenAnswer {
    float[] vector = new float[Math.min(mostDimensions(), 1536)];
    int length = 0;
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      JsonToken component = parser.currentToken();
      if (component == null || !component.isNumeric() || !Float.isFinite(parser.getFloatValue())) {
        throw new BrokenAnswer("sent a vector with components that are not numbers");
      }
      if (length == mostDimensions()) {
        throw new BrokenAnswer("sent a vector of more dimensions than expected");
      }
      if (length == vector.length) {
        vector = Arrays.copyOf(vector, Math.min(2 * length, mostDimensions()));
      }
      vector[length++] = parser.getFloatValue();
    }
    if (length == 0 || (dimensions.isPresent() && dimensions.getAsInt() != length)) {
      throw new BrokenAnswer("sent a vector of other dimensions than expected");
    }
    dimensions = OptionalInt.of(length);
    return MemorySegment.ofArray(Arrays.copyOf(vector, length));
  }

  private int mostDimensions() {
    return Math.min(dimensions.orElse(DIMENSIONS_MAX), DIMENSIONS_MAX);
  }

  /** The input's tokens stand two levels down, with what is billed. */
  private void count(JsonParser parser) throws IOException {
    int depth = 1;
    while (depth > 0) {
      JsonToken token = parser.nextToken();
      if (token == null) {
        return;
      }
      if (token.isStructStart()) {
        depth++;
      } else if (token.isStructEnd()) {
        depth--;
      } else if (token.isNumeric() && "input_tokens".equals(parser.currentName())) {
        long tokens = parser.getLongValue();
        usage = new Usage(Math.clamp(tokens, 0, Integer.MAX_VALUE), 0, 0);
      }
    }
  }
}
