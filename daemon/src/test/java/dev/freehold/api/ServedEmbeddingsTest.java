package dev.freehold.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.freehold.models.TestModels;
import dev.freehold.models.TinyModels;
import dev.freehold.store.UsageRecord;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Embeddings and reranking from the client's socket to llama.cpp and back: a real embedding model,
 * a reranker with random weights, of which only the form and the order can be tested, and a model
 * of text beside them.
 */
@Timeout(180)
class ServedEmbeddingsTest {

  @TempDir private static Path folder;

  private static LocalBox box;

  @BeforeAll
  static void start() {
    box =
        new LocalBox(
            folder,
            new LocalBox.Model("search", "all-minilm-l6-v2", TestModels.embedding(), 512, 4),
            new LocalBox.Model(
                "ranker", "all-minilm-l6-v2", TinyModels.in(folder).reranker(), 512, 4),
            new LocalBox.Model("assistant", "smollm2-135m", TestModels.small(), 1024, 4));
  }

  @AfterAll
  static void stop() {
    box.close();
  }

  private static TestClient.Reply posted(String path, ObjectNode body) throws IOException {
    try (TestClient client = box.client()) {
      return client.post(path, body.toString());
    }
  }

  private static ObjectNode embedding(List<String> inputs) {
    ObjectNode body = Json.MAPPER.createObjectNode().put("model", "search");
    ArrayNode array = body.putArray("input");
    inputs.forEach(array::add);
    return body;
  }

  private static JsonNode answered(String path, ObjectNode body) throws IOException {
    TestClient.Reply reply = posted(path, body);
    assertEquals(200, reply.status(), reply.body());
    return Json.MAPPER.readTree(reply.body());
  }

  private static List<float[]> vectors(ObjectNode body) throws IOException {
    List<float[]> vectors = new ArrayList<>();
    for (JsonNode entry : answered("/v1/embeddings", body).path("data")) {
      assertEquals(vectors.size(), entry.path("index").intValue());
      JsonNode embedding = entry.path("embedding");
      vectors.add(embedding.isTextual() ? decoded(embedding.textValue()) : floats(embedding));
    }
    return vectors;
  }

  private static float[] decoded(String base64) {
    ByteBuffer bytes =
        ByteBuffer.wrap(Base64.getDecoder().decode(base64)).order(ByteOrder.LITTLE_ENDIAN);
    float[] vector = new float[bytes.remaining() / Float.BYTES];
    bytes.asFloatBuffer().get(vector);
    return vector;
  }

  private static float[] floats(JsonNode array) {
    float[] vector = new float[array.size()];
    for (int i = 0; i < vector.length; i++) {
      vector[i] = array.get(i).floatValue();
    }
    return vector;
  }

  /** Of vectors of length 1. */
  private static double cosine(float[] a, float[] b) {
    double dot = 0;
    for (int i = 0; i < a.length; i++) {
      dot += (double) a[i] * b[i];
    }
    return dot;
  }

  @Test
  void relatedSentencesAreNearerThanUnrelatedOnes() throws Exception {
    List<float[]> vectors =
        vectors(
            embedding(
                List.of(
                    "How do I reset my password?",
                    "I forgot my login and need a new password.",
                    "The invoice is due at the end of the month.",
                    "When must this bill be paid?")));

    double passwords = cosine(vectors.get(0), vectors.get(1));
    double bills = cosine(vectors.get(2), vectors.get(3));
    double across =
        Math.max(
            Math.max(
                cosine(vectors.get(0), vectors.get(2)), cosine(vectors.get(0), vectors.get(3))),
            Math.max(
                cosine(vectors.get(1), vectors.get(2)), cosine(vectors.get(1), vectors.get(3))));
    assertTrue(passwords > 0.5, () -> "password: " + passwords);
    assertTrue(bills > 0.4, () -> "bills: " + bills);
    assertTrue(across < 0.25, () -> "across: " + across);
  }

  @Test
  void hundredInputsGiveWhatEachGivesAlone() throws Exception {
    List<String> texts =
        IntStream.range(0, 100)
            .mapToObj(i -> "Note %d is about %s.".formatted(i, "matters ".repeat(i % 40)))
            .toList();
    List<float[]> together = vectors(embedding(texts));
    assertEquals(100, together.size());
    for (int i = 0; i < texts.size(); i += 9) {
      float[] alone = vectors(embedding(List.of(texts.get(i)))).getFirst();
      assertEquals(384, alone.length);
      for (int j = 0; j < alone.length; j++) {
        assertEquals(alone[j], together.get(i)[j], 1e-3, "input " + i);
      }
    }
  }

  @Test
  void base64AndFloatsAreTheSameVector() throws Exception {
    ObjectNode body = embedding(List.of("One sentence."));
    float[] plain = vectors(body).getFirst();
    float[] encoded = vectors(body.put("encoding_format", "base64")).getFirst();
    assertEquals(384, encoded.length);
    for (int i = 0; i < plain.length; i++) {
      assertEquals(plain[i], encoded[i], 1e-6);
    }
    assertEquals(1, cosine(plain, plain), 1e-5);
  }

  @Test
  void dimensionsCutTheVectorAndKeepItsLength() throws Exception {
    float[] whole = vectors(embedding(List.of("One sentence."))).getFirst();
    float[] cut = vectors(embedding(List.of("One sentence.")).put("dimensions", 64)).getFirst();
    assertEquals(64, cut.length);
    assertEquals(1, cosine(cut, cut), 1e-5);
    assertEquals(whole[0] / whole[63], cut[0] / cut[63], 1e-3);

    TestClient.Reply tooMany =
        posted("/v1/embeddings", embedding(List.of("x")).put("dimensions", 385));
    assertEquals(400, tooMany.status());
    assertTrue(tooMany.body().contains("have 384 dimensions, 385 were asked for"), tooMany.body());
  }

  @Test
  void textAndItsTokensGiveTheSameVector() throws Exception {
    float[] text = vectors(embedding(List.of("hello world"))).getFirst();
    ObjectNode body = Json.MAPPER.createObjectNode().put("model", "search");
    // [CLS] hello world [SEP] in BERT's uncased vocabulary.
    body.putArray("input").add(101).add(7592).add(2088).add(102);
    assertEquals(1, cosine(text, vectors(body).getFirst()), 1e-5);

    body.putArray("input").add(101).add(30_522).add(102);
    TestClient.Reply foreign = posted("/v1/embeddings", body);
    assertEquals(400, foreign.status());
    assertTrue(foreign.body().contains("goes from 0 to 30521"), foreign.body());
  }

  @Test
  void inputLongerThanTheModelTakesIsRefusedWithFigures() throws Exception {
    TestClient.Reply reply =
        posted("/v1/embeddings", embedding(List.of("fine", "word ".repeat(600))));
    assertEquals(400, reply.status());
    JsonNode error = Json.MAPPER.readTree(reply.body()).path("error");
    assertEquals("context_length_exceeded", error.path("code").textValue());
    assertTrue(
        error.path("message").textValue().contains("at most 512 tokens, but input 1 has 602"),
        reply.body());
  }

  @Test
  void tokensAreCountedAndRecorded() throws Exception {
    TestClient.Reply reply = posted("/v1/embeddings", embedding(List.of("hello world", "hello")));
    JsonNode usage = Json.MAPPER.readTree(reply.body()).path("usage");
    assertEquals(7, usage.path("prompt_tokens").intValue());
    assertEquals(7, usage.path("total_tokens").intValue());
    UsageRecord record = box.record(reply.header("x-request-id"));
    assertEquals(7, record.promptTokens());
    assertEquals(0, record.completionTokens());
    assertEquals("search", record.model().orElseThrow());
  }

  private static ObjectNode ranking(String query, List<String> documents) {
    ObjectNode body = Json.MAPPER.createObjectNode().put("model", "ranker").put("query", query);
    ArrayNode array = body.putArray("documents");
    documents.forEach(array::add);
    return body;
  }

  @Test
  void documentsComeInTheOrderOfTheirScoresEachTime() throws Exception {
    List<String> documents = List.of("a b c", "the cat", "a longer text about it", "x", "a b c");
    JsonNode first = answered("/v1/rerank", ranking("a b", documents)).path("results");
    JsonNode again = answered("/v1/rerank", ranking("a b", documents)).path("results");
    assertEquals(first, again);
    assertEquals(documents.size(), first.size());
    for (int i = 1; i < first.size(); i++) {
      assertTrue(
          first.get(i - 1).path("relevance_score").doubleValue()
              >= first.get(i).path("relevance_score").doubleValue(),
          first.toString());
    }
  }

  @Test
  void scoreOfADocumentDoesNotDependOnTheOthers() throws Exception {
    List<String> documents =
        IntStream.range(0, 60).mapToObj(i -> "text ".repeat(1 + i % 9) + i).toList();
    Map<Integer, Double> scores = scores(ranking("a b", documents));
    assertEquals(60, scores.size());
    for (int i = 0; i < 60; i += 13) {
      double alone = scores(ranking("a b", List.of(documents.get(i)))).get(0);
      // Attention is summed up in half precision, in another order in another batch.
      assertEquals(alone, scores.get(i), 5e-3, "document " + i);
    }
    double spread = Collections.max(scores.values()) - Collections.min(scores.values());
    assertTrue(spread > 5e-2, "the scores lie within " + spread);
  }

  private static Map<Integer, Double> scores(ObjectNode body) throws IOException {
    Map<Integer, Double> scores = new HashMap<>();
    for (JsonNode result : answered("/v1/rerank", body).path("results")) {
      scores.put(result.path("index").intValue(), result.path("relevance_score").doubleValue());
    }
    return scores;
  }

  @Test
  void eachKindOfModelRefusesWhatAnotherAnswersAndNamesIt() throws Exception {
    refused(
        "/v1/embeddings",
        embedding(List.of("x")).put("model", "assistant"),
        "the model 'assistant' answers chats; for embeddings ask: search");
    refused(
        "/v1/rerank",
        ranking("q", List.of("d")).put("model", "search"),
        "the model 'search' makes vectors of texts; for rerank ask: ranker");
    ObjectNode chat = Json.MAPPER.createObjectNode().put("model", "search");
    chat.putArray("messages").addObject().put("role", "user").put("content", "hi");
    refused(
        "/v1/chat/completions",
        chat,
        "the model 'search' makes vectors of texts; for chat ask: assistant");
    refused(
        "/v1/completions",
        Json.MAPPER.createObjectNode().put("model", "ranker").put("prompt", "hi"),
        "the model 'ranker' scores documents; for completion ask: assistant");
  }

  private static void refused(String path, ObjectNode body, String why) throws IOException {
    TestClient.Reply reply = posted(path, body);
    assertEquals(400, reply.status(), reply.body());
    assertEquals(
        why, Json.MAPPER.readTree(reply.body()).at("/error/message").textValue(), reply.body());
  }
}
