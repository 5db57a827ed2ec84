package dev.freehold.api;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.freehold.inference.InferenceEvent;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.Prompt;
import dev.freehold.inference.Usage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** The scores of one request's documents, written best first, as Jina and Cohere have them. */
final class RankingAnswer extends BufferedBody {

  private final List<String> documents;
  private final AnswerShape.Ranking shape;
  private final List<InferenceEvent.Scored> scores = new ArrayList<>();
  private Usage usage = Usage.NONE;

  RankingAnswer(InferenceRequest request, AnswerShape.Ranking shape) {
    this.documents = ((Prompt.Ranking) request.prompt()).documents();
    this.shape = shape;
  }

  @Override
  public void add(int choice, InferenceEvent event) {
    switch (event) {
      case InferenceEvent.Scored scored -> scores.add(scored);
      case InferenceEvent.Finished finished -> usage = finished.usage();
      case InferenceEvent.TextDelta _,
          InferenceEvent.ReasoningDelta _,
          InferenceEvent.ToolCallDelta _,
          InferenceEvent.Logprobs _,
          InferenceEvent.Embedded _ ->
          throw new IllegalStateException("not an event of a ranking");
    }
  }

  @Override
  byte[] json(String requestId, String model, Instant created) throws IOException {
    // Documents that score alike keep the order in which they were sent.
    scores.sort(
        Comparator.comparingDouble(InferenceEvent.Scored::relevance)
            .reversed()
            .thenComparingInt(InferenceEvent.Scored::index));
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JsonGenerator json = Json.FACTORY.createGenerator(bytes)) {
      json.writeStartObject();
      json.writeStringField("id", Surface.RERANK.answerId(requestId));
      json.writeStringField("model", model);
      json.writeStringField("object", "list");
      usage(json, usage);
      json.writeArrayFieldStart("results");
      for (InferenceEvent.Scored scored :
          scores.subList(0, Math.min(shape.topN(), scores.size()))) {
        result(json, scored);
      }
      json.writeEndArray();
      json.writeEndObject();
    }
    return bytes.toByteArray();
  }

  private void result(JsonGenerator json, InferenceEvent.Scored scored) throws IOException {
    json.writeStartObject();
    json.writeNumberField("index", scored.index());
    json.writeNumberField("relevance_score", scored.relevance());
    if (shape.returnDocuments()) {
      json.writeObjectFieldStart("document");
      json.writeStringField("text", AnswerJson.wellFormed(documents.get(scored.index())));
      json.writeEndObject();
    }
    json.writeEndObject();
  }

  /** Nothing is generated: the prompt's tokens are all. */
  static void usage(JsonGenerator json, Usage usage) throws IOException {
    json.writeObjectFieldStart("usage");
    json.writeNumberField("prompt_tokens", usage.promptTokens());
    json.writeNumberField("total_tokens", usage.totalTokens());
    json.writeEndObject();
  }
}
