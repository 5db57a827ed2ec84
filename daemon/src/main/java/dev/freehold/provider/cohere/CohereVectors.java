package dev.freehold.provider.cohere;

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

/**
 * Reads vectors one at a time as they arrive, in the order of their texts. Written by the pump;
 * anyone may read the usage.
 */
final class CohereVectors implements Protocol.Reading {

  private final int inputs;
  private final long bytesMax;
  private final int promptTokensEstimate;
  private final ArrivingVectors vectors;
  private int answered;
  private volatile Usage usage = Usage.NONE;

  CohereVectors(Prompt.Embedding embedding, int promptTokensEstimate) {
    this.inputs = embedding.inputs().size();
    this.vectors = new ArrivingVectors(embedding.dimensions());
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
    // The answer repeats the texts.
    this.bytesMax =
        ArrivingVectors.OTHER_BYTES_MAX
            + ArrivingVectors.repeatedBytesMax(characters)
            + vectors.bytesMax(inputs);
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
        bytesMax,
        (parser, field) -> {
          JsonToken value = parser.currentToken();
          if (field.equals("embeddings") && value == JsonToken.START_OBJECT) {
            embeddings(parser, sink);
          } else if (field.equals("meta") && value == JsonToken.START_OBJECT) {
            count(parser);
          } else {
            parser.skipChildren();
          }
        });
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
          sink.put(
              new InferenceEvent.Embedded(answered++, vectors.checked(vectors.numbers(parser))));
        }
      } else {
        parser.skipChildren();
      }
    }
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
