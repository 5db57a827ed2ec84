package dev.freehold.hardwaretests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.freehold.hardwaretests.site.ChatClient;
import dev.freehold.hardwaretests.site.Site;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * {@code POST /v1/rerank} in the form that Jina, Cohere and llama-server have.
 *
 * <p>The catalogue has no model that was trained to rank. Once it has one, {@code
 * -Dfreehold.reranker=NAME} has the scenarios tried that need it; until then only what is refused
 * can be seen from outside.
 */
@ExtendWith(OfficeSite.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class RerankSuite {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String QUERY = "What does a panda eat?";
  private static final List<String> DOCUMENTS =
      List.of(
          "The invoice is due on Monday.",
          "Pandas eat bamboo almost all day.",
          "The train to Zurich leaves at nine.");
  private static final int BEST = 1;

  private final ChatClient client;

  RerankSuite(Site site) {
    this.client = site.chat("alice", "everyone");
  }

  @AfterAll
  void close() {
    client.close();
  }

  @Test
  @EnabledIfSystemProperty(named = OfficeSite.RANKER_PROPERTY, matches = ".+")
  void bestDocumentComesFirst() {
    ChatClient.Reply reply = rank(request(OfficeSite.RANKER));

    List<Integer> order = new ArrayList<>();
    double previous = Double.POSITIVE_INFINITY;
    for (JsonNode result : results(reply)) {
      order.add(result.required("index").asInt());
      double score = result.required("relevance_score").asDouble();
      assertTrue(score <= previous, () -> reply.body().toString());
      previous = score;
    }
    assertEquals(BEST, order.getFirst());
    assertEquals(Set.of(0, 1, 2), new HashSet<>(order));
    assertEquals(DOCUMENTS.size(), order.size());
    assertTrue(reply.body().path("usage").path("total_tokens").asInt() > 0);
  }

  @Test
  @EnabledIfSystemProperty(named = OfficeSite.RANKER_PROPERTY, matches = ".+")
  void onlyTheFirstFewComeBack() {
    JsonNode results = results(rank(request(OfficeSite.RANKER).put("top_n", 1)));

    assertEquals(1, results.size());
    assertEquals(BEST, results.get(0).path("index").asInt());
    assertFalse(results.get(0).has("document"));
  }

  @Test
  @EnabledIfSystemProperty(named = OfficeSite.RANKER_PROPERTY, matches = ".+")
  void documentsComeBackWhenAskedFor() {
    JsonNode first = results(rank(request(OfficeSite.RANKER).put("return_documents", true))).get(0);

    assertEquals(DOCUMENTS.get(BEST), first.path("document").path("text").asText());
  }

  @Test
  void modelThatDoesNotRankRefuses() {
    for (String model : List.of(OfficeSite.ASSISTANT, OfficeSite.EMBEDDER)) {
      ChatClient.Reply refusal = rank(request(model));

      assertEquals(400, refusal.status(), () -> refusal.body().toString());
      assertEquals("invalid_request_error", refusal.body().path("error").path("type").asText());
    }
    assertEquals(404, rank(request("no-such-model")).status());
  }

  @Test
  void malformedRequestsAreRefused() {
    ObjectNode noQuery = request(OfficeSite.EMBEDDER);
    noQuery.remove("query");
    ObjectNode noDocuments = request(OfficeSite.EMBEDDER);
    noDocuments.putArray("documents");
    ObjectNode noneWanted = request(OfficeSite.EMBEDDER).put("top_n", 0);

    assertNames("query", rank(noQuery));
    assertNames("documents", rank(noDocuments));
    assertNames("top_n", rank(noneWanted));
  }

  private static void assertNames(String field, ChatClient.Reply refusal) {
    assertEquals(400, refusal.status(), () -> refusal.body().toString());
    assertEquals(field, refusal.body().path("error").path("param").asText());
  }

  private static ObjectNode request(String model) {
    ObjectNode request = JSON.createObjectNode().put("model", model);
    ArrayNode documents = request.put("query", QUERY).putArray("documents");
    DOCUMENTS.forEach(documents::add);
    return request;
  }

  private ChatClient.Reply rank(ObjectNode request) {
    return client.post("/rerank", request, Map.of());
  }

  private static JsonNode results(ChatClient.Reply reply) {
    assertEquals(200, reply.status(), () -> reply.body().toString());
    return reply.body().required("results");
  }
}
