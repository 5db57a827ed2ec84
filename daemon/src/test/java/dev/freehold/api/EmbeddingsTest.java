package dev.freehold.api;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.freehold.inference.FinishReason;
import dev.freehold.inference.InferenceEvent;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.Prompt;
import dev.freehold.inference.Usage;
import dev.freehold.provider.FakeProvider;
import dev.freehold.provider.FakeProvider.Step;
import dev.freehold.store.Outcome;
import dev.freehold.store.UsageRecord;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What {@code /v1/embeddings} and {@code /v1/rerank} read and write. */
class EmbeddingsTest extends ServedTest {

  private static final String EMBEDDINGS = "/v1/embeddings";
  private static final String RERANK = "/v1/rerank";
  private static final float[] FIRST = {0.5f, -0.25f, 1e-7f};
  private static final float[] SECOND = {-1f, 0f, 3.4e38f};

  private static Step vector(int index, float... vector) {
    return new Step.Say(new InferenceEvent.Embedded(index, MemorySegment.ofArray(vector)));
  }

  private static Step score(int index, double relevance) {
    return new Step.Say(new InferenceEvent.Scored(index, relevance));
  }

  private static Step finished(int promptTokens) {
    return new Step.Say(
        new InferenceEvent.Finished(FinishReason.STOP, new Usage(promptTokens, 0, 0)));
  }

  private static JsonNode json(String text) throws IOException {
    return Json.MAPPER.readTree(text);
  }

  private static TestClient.Reply posted(String path, String body) throws IOException {
    try (TestClient client = box.client()) {
      return client.post(path, body);
    }
  }

  private static JsonNode answer(String path, String body) throws IOException {
    TestClient.Reply reply = posted(path, body);
    assertEquals(200, reply.status(), reply.body());
    assertEquals("application/json", reply.header("content-type"));
    assertEquals("local", reply.header("freehold-provider"));
    return json(reply.body());
  }

  private static Prompt.Embedding asked() {
    return (Prompt.Embedding) box.local.attempts().getFirst().request().prompt();
  }

  @Test
  void vectorsComeInTheShapeThatOpenAiHas() throws Exception {
    box.local.plays(List.of(vector(1, SECOND), vector(0, FIRST), finished(9)));

    JsonNode answer =
        answer(
            EMBEDDINGS,
            "{\"model\":\"assistant\",\"input\":[\"one\",\"two\"],\"user\":\"u\",\"dimensions\":3}");

    assertEquals(
        json(
            """
            {"object":"list","data":[
              {"object":"embedding","index":0,"embedding":[0.5,-0.25,1.0E-7]},
              {"object":"embedding","index":1,"embedding":[-1.0,0.0,3.4E38]}],
             "model":"assistant","usage":{"prompt_tokens":9,"total_tokens":9}}\
            """),
        answer);
    assertEquals(
        List.of(new Prompt.Input.OfText("one"), new Prompt.Input.OfText("two")), asked().inputs());
    assertEquals(OptionalInt.of(3), asked().dimensions());
  }

  @Test
  void base64HoldsTheSameFloatsInLittleEndianOrder() throws Exception {
    float[] many = new float[5_000];
    for (int i = 0; i < many.length; i++) {
      many[i] = (float) Math.sin(i);
    }
    box.local.plays(List.of(vector(0, FIRST), vector(1, many), finished(9)));

    JsonNode answer =
        answer(
            EMBEDDINGS,
            "{\"model\":\"assistant\",\"input\":[\"a\",\"b\"],\"encoding_format\":\"base64\"}");

    assertArrayEquals(FIRST, decoded(answer.at("/data/0/embedding").textValue()));
    assertArrayEquals(many, decoded(answer.at("/data/1/embedding").textValue()));
  }

  private static float[] decoded(String base64) {
    ByteBuffer bytes =
        ByteBuffer.wrap(Base64.getDecoder().decode(base64)).order(ByteOrder.LITTLE_ENDIAN);
    float[] vector = new float[bytes.remaining() / Float.BYTES];
    bytes.asFloatBuffer().get(vector);
    return vector;
  }

  @Test
  void answerOfThousandsOfVectorsArrivesWholeAndTheConnectionGoesOn() throws Exception {
    List<Step> steps = new ArrayList<>();
    for (int i = 0; i < EmbeddingRequests.INPUTS_MAX; i++) {
      float[] vector = new float[384];
      vector[i % 384] = i;
      steps.add(vector(i, vector));
    }
    steps.add(finished(4_096));
    box.local.plays(steps);
    String inputs =
        String.join(",", Collections.nCopies(EmbeddingRequests.INPUTS_MAX, "\"some text\""));
    try (TestClient client = box.client()) {
      TestClient.Reply reply =
          client.post(
              EMBEDDINGS,
              "{\"model\":\"assistant\",\"encoding_format\":\"base64\",\"input\":["
                  + inputs
                  + "]}");
      JsonNode data = json(reply.body()).path("data");
      assertEquals(EmbeddingRequests.INPUTS_MAX, data.size());
      assertEquals(2_047f, decoded(data.at("/2047/embedding").textValue())[2_047 % 384]);
      box.local.plays(List.of(vector(0, FIRST), finished(1)));
      assertEquals(
          200, client.post(EMBEDDINGS, "{\"model\":\"assistant\",\"input\":\"x\"}").status());
    }
  }

  @Test
  void tokensAreTakenAsOneInputOrAsMany() throws Exception {
    box.local.plays(List.of(vector(0, FIRST), finished(3)));
    answer(EMBEDDINGS, "{\"model\":\"assistant\",\"input\":[1,2,3]}");
    assertEquals(List.of(new Prompt.Input.OfTokens(List.of(1, 2, 3))), asked().inputs());

    box.local.attempts().clear();
    box.local.plays(List.of(vector(0, FIRST), vector(1, FIRST), finished(3)));
    answer(EMBEDDINGS, "{\"model\":\"assistant\",\"input\":[[1],[2,3]]}");
    assertEquals(
        List.of(new Prompt.Input.OfTokens(List.of(1)), new Prompt.Input.OfTokens(List.of(2, 3))),
        asked().inputs());
  }

  @Test
  void requestLeavesAUsageRecord() throws Exception {
    box.local.plays(List.of(vector(0, FIRST), finished(7)));
    TestClient.Reply reply = posted(EMBEDDINGS, "{\"model\":\"assistant\",\"input\":\"x\"}");

    UsageRecord record = box.record(reply.header("x-request-id"));

    assertEquals(7, record.promptTokens());
    assertEquals(Outcome.COMPLETED, record.outcome());
  }

  @Test
  void anotherProviderAnswersWhereTheFirstFailsBeforeItsFirstVector() throws Exception {
    box.local.fails(InferenceException.Kind.OVERLOADED);
    box.remote.plays(List.of(vector(0, FIRST), finished(1)));

    TestClient.Reply reply = posted(EMBEDDINGS, "{\"model\":\"assistant\",\"input\":\"x\"}");

    assertEquals(200, reply.status(), reply.body());
    assertEquals("remote", reply.header("freehold-provider"));
  }

  @Test
  void failureAfterTheFirstVectorIsStillAnErrorWithAStatus() throws Exception {
    box.local.plays(
        List.of(vector(0, FIRST), FakeProvider.breaks(InferenceException.Kind.PROVIDER_FAILED)));

    TestClient.Reply reply =
        posted(EMBEDDINGS, "{\"model\":\"assistant\",\"input\":[\"a\",\"b\"]}");

    assertEquals(502, reply.status());
    assertEquals("provider_failed", json(reply.body()).at("/error/code").textValue());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{}|model",
        "{'model':'assistant'}|input",
        "{'model':'assistant','input':null}|input",
        "{'model':'assistant','input':7}|input",
        "{'model':'assistant','input':''}|input",
        "{'model':'assistant','input':[]}|input",
        "{'model':'assistant','input':['secret','']}|input[1]",
        "{'model':'assistant','input':['secret',7]}|input[1]",
        "{'model':'assistant','input':['secret',null]}|input[1]",
        "{'model':'assistant','input':[['secret']]}|input[0]",
        "{'model':'assistant','input':[[]]}|input[0]",
        "{'model':'assistant','input':[1,'secret']}|input",
        "{'model':'assistant','input':[1.5]}|input",
        "{'model':'assistant','input':[99999999999]}|input",
        "{'model':'assistant','input':'secret','encoding_format':'hex'}|encoding_format",
        "{'model':'assistant','input':'secret','encoding_format':7}|encoding_format",
        "{'model':'assistant','input':'secret','dimensions':0}|dimensions",
        "{'model':'assistant','input':'secret','dimensions':1.5}|dimensions",
        "{'model':'assistant','input':'secret','user':7}|user",
      })
  void wrongFieldOfAnEmbeddingIsNamedAndItsValueIsNot(String body, String param) throws Exception {
    refused(EMBEDDINGS, body, param);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{}|model",
        "{'model':'assistant'}|query",
        "{'model':'assistant','query':''}|query",
        "{'model':'assistant','query':7}|query",
        "{'model':'assistant','query':'secret'}|documents",
        "{'model':'assistant','query':'secret','documents':'secret'}|documents",
        "{'model':'assistant','query':'secret','documents':[]}|documents",
        "{'model':'assistant','query':'secret','documents':['a',7]}|documents[1]",
        "{'model':'assistant','query':'secret','documents':[{'title':'secret'}]}|documents[0]",
        "{'model':'assistant','query':'secret','documents':['a'],'top_n':0}|top_n",
        "{'model':'assistant','query':'q','documents':['a'],'return_documents':1}|return_documents",
      })
  void wrongFieldOfARerankIsNamedAndItsValueIsNot(String body, String param) throws Exception {
    refused(RERANK, body, param);
  }

  private static void refused(String path, String body, String param) throws IOException {
    TestClient.Reply reply = posted(path, body.replace('\'', '"'));

    assertEquals(400, reply.status(), reply.body());
    assertEquals(param, json(reply.body()).at("/error/param").textValue(), reply.body());
    assertFalse(reply.body().contains("secret"), reply.body());
  }

  @Test
  void moreInputsThanOneRequestMayHaveAreRefusedWithTheirNumber() throws Exception {
    String inputs =
        String.join(",", Collections.nCopies(EmbeddingRequests.INPUTS_MAX + 1, "\"x\""));
    TestClient.Reply reply =
        posted(EMBEDDINGS, "{\"model\":\"assistant\",\"input\":[" + inputs + "]}");
    assertEquals(400, reply.status());
    assertTrue(reply.body().contains("1 to 2048 inputs, found 2049"), reply.body());
  }

  @Test
  void onlyPostIsTaken() throws Exception {
    try (TestClient client = box.client()) {
      assertEquals(405, client.get(EMBEDDINGS).status());
      assertEquals(405, client.get(RERANK).status());
    }
  }

  @Test
  void scoresComeBestFirstAndEqualOnesInTheirOrder() throws Exception {
    box.local.plays(
        List.of(score(0, -2.5), score(1, 7), score(2, -2.5), score(3, 0.25), finished(40)));

    JsonNode answer =
        answer(
            RERANK,
            """
            {"model":"assistant","query":"q","documents":["a",{"text":"b"},"c","d"]}\
            """);

    assertEquals("list", answer.path("object").textValue());
    assertEquals("assistant", answer.path("model").textValue());
    assertEquals(json("{\"prompt_tokens\":40,\"total_tokens\":40}"), answer.path("usage"));
    assertEquals(
        json(
            """
            [{"index":1,"relevance_score":7.0},{"index":3,"relevance_score":0.25},
             {"index":0,"relevance_score":-2.5},{"index":2,"relevance_score":-2.5}]\
            """),
        answer.path("results"));
    Prompt.Ranking asked = (Prompt.Ranking) box.local.attempts().getFirst().request().prompt();
    assertEquals("q", asked.query());
    assertEquals(List.of("a", "b", "c", "d"), asked.documents());
  }

  @Test
  void bestDocumentsAreRepeatedWhereTheClientAsksForThem() throws Exception {
    box.local.plays(List.of(score(0, 1), score(1, 2), score(2, 3), finished(4)));

    JsonNode answer =
        answer(
            RERANK,
            """
            {"model":"assistant","query":"q","documents":["a","b","c"],"top_n":2,
             "return_documents":true}\
            """);

    assertEquals(
        json(
            """
            [{"index":2,"relevance_score":3.0,"document":{"text":"c"}},
             {"index":1,"relevance_score":2.0,"document":{"text":"b"}}]\
            """),
        answer.path("results"));
  }

  @Test
  void clientThatHangsUpEndsTheRequest() throws Exception {
    CountDownLatch never = new CountDownLatch(1);
    box.local.plays(List.of(vector(0, FIRST), new Step.Await(never), finished(1)));
    try (TestClient client = box.client()) {
      client.sendPost(
          EMBEDDINGS,
          "{\"model\":\"assistant\",\"input\":[\"a\",\"b\"]}",
          "x-request-id: embeddings-hang-up");
      while (box.local.attempts().isEmpty()) {
        Thread.onSpinWait();
      }
    }
    awaitClosed("embeddings-hang-up");
  }
}
