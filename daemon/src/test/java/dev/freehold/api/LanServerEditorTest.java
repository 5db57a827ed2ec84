package dev.freehold.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.freehold.api.TestClient.Reply;
import dev.freehold.inference.FinishReason;
import dev.freehold.inference.InferenceEvent;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.Prompt;
import dev.freehold.inference.Usage;
import dev.freehold.provider.FakeProvider;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What editors and tools that count tokens ask of the LAN API. */
class LanServerEditorTest extends ServedTest {

  private static final String GAP = "{\"input_prefix\":\"def f(\",\"input_suffix\":\"):\\n\"%s}";

  private static InferenceRequest asked() {
    return box.local.attempts().getLast().request();
  }

  @Test
  void gapIsFilledInLlamaServersForm() throws Exception {
    try (TestClient client = box.client()) {
      Reply reply = client.post("/infill", GAP.formatted(",\"n_predict\":8"));
      assertEquals(200, reply.status(), reply.body());
      assertEquals("Hello", json(reply).path("content").asText());
      assertTrue(json(reply).path("stop").asBoolean());
      assertEquals("eos", json(reply).path("stop_type").asText());
      assertEquals(2, json(reply).path("tokens_predicted").asInt());
      assertEquals("assistant", json(reply).path("model").asText(), "the policy's first model");
      assertEquals(new Prompt.Infill("def f(", "):\n", List.of()), asked().prompt());
      assertEquals(OptionalInt.of(8), asked().completionTokensMax());
    }
  }

  @Test
  void streamedGapEndsWithItsStopObject() throws Exception {
    try (TestClient client = box.client()) {
      String[] events =
          client.post("/infill", GAP.formatted(",\"stream\":true")).body().split("\n\n", -1);
      assertEquals(4, events.length, "the last is empty");
      assertEquals("data: {\"index\":0,\"content\":\"Hel\",\"stop\":false}", events[0]);
      assertTrue(Json.MAPPER.readTree(events[2].substring(6)).path("stop").asBoolean());
    }
  }

  @Test
  void whatTheEditorTypedLastAndItsOtherFilesReachTheModel() throws Exception {
    try (TestClient client = box.client()) {
      Reply reply =
          client.post(
              "/infill",
              GAP.formatted(
                  """
                  ,"prompt":"x, ","n_predict":-1,"cache_prompt":true,"t_max_predict_ms":500,"samplers":["top_k"],
                  "input_extra":[{"filename":"a.py","text":"A"},{"text":"B"}],"model":"assistant"\
                  """));
      assertEquals(200, reply.status(), reply.body());
      assertEquals(
          new Prompt.Infill(
              "def f(x, ",
              "):\n",
              List.of(
                  new Prompt.ContextFile("a.py", "A"), new Prompt.ContextFile("untitled", "B"))),
          asked().prompt());
      assertEquals(OptionalInt.empty(), asked().completionTokensMax());
    }
  }

  @Test
  void completionWithASuffixIsAGap() throws Exception {
    try (TestClient client = box.client()) {
      Reply reply =
          client.post(
              "/v1/completions",
              "{\"model\":\"assistant\",\"prompt\":\"a = \",\"suffix\":\" + 1\"}");
      assertEquals("Hello", json(reply).at("/choices/0/text").asText());
      assertEquals(new Prompt.Infill("a = ", " + 1", List.of()), asked().prompt());
    }
  }

  @Test
  void gapWithoutTextAndWrongFieldsAreRefusedByName() throws Exception {
    try (TestClient client = box.client()) {
      Reply nothing = client.post("/infill", "{}");
      assertEquals(400, nothing.status());
      assertEquals("input_prefix", json(nothing).at("/error/param").asText());
      Reply half = client.post("/infill", "{\"input_prefix\":\"a\"}");
      assertEquals("input_suffix", json(half).at("/error/param").asText());
      Reply wrong =
          client.post("/infill", GAP.formatted(",\"input_extra\":[{\"filename\":\"a\"}]"));
      assertEquals("input_extra[0].text", json(wrong).at("/error/param").asText());
      assertEquals(404, client.post("/infill", GAP.formatted(",\"model\":\"no\"")).status());
      assertEquals(405, client.get("/infill").status());
    }
  }

  @Test
  void textBecomesTokensAndTokensText() throws Exception {
    try (TestClient client = box.client()) {
      Reply tokens = client.post("/tokenize", "{\"content\":\"aé\"}");
      assertEquals(200, tokens.status(), tokens.body());
      assertEquals("[97,233]", json(tokens).path("tokens").toString());
      assertEquals(2, json(tokens).path("count").asInt());
      Reply pieces = client.post("/tokenize", "{\"content\":\"é\",\"with_pieces\":true}");
      assertEquals("[{\"id\":233,\"piece\":\"é\"}]", json(pieces).path("tokens").toString());
      Reply text = client.post("/detokenize", "{\"model\":\"assistant\",\"tokens\":[97,233]}");
      assertEquals("aé", json(text).path("content").asText());
    }
  }

  @Test
  void clientThatReadsNothingDoesNotKeepTheModel(@TempDir Path own) throws Exception {
    try (TestBox slow = new TestBox(own);
        TestClient client = slow.client()) {
      // An answer of some 20 MB: more than the connection's buffers take.
      client.sendPost(
          "/tokenize",
          "{\"with_pieces\":true,\"content\":\"%s\"}".formatted("a".repeat(1_000_000)));
      slow.models.awaitVocabularyClosed();
      assertEquals(200, client.head().status(), "and none of it has been read until now");
    }
  }

  @Test
  void clientThatHangsUpIsNotWaitedForWhileTheModelLoads(@TempDir Path own) throws Exception {
    try (TestBox slow = new TestBox(own)) {
      slow.models.loadWith(new CountDownLatch(1));
      try (TestClient client = slow.client()) {
        client.sendPost("/tokenize", "{\"content\":\"a\"}");
      }
      slow.models.awaitWaitGivenUp();
    }
  }

  @Test
  void conversationIsShownAsTheModelWouldSeeIt() throws Exception {
    try (TestClient client = box.client()) {
      Reply prompt =
          client.post(
              "/apply-template",
              """
              {"messages":[{"role":"system","content":"S"},{"role":"user","content":"U"}]}\
              """);
      assertEquals("S\nU", json(prompt).path("prompt").asText());
      assertTrue(box.local.attempts().isEmpty(), "nothing is generated");
    }
  }

  @Test
  void tokensThatAreNoneAreRefused() throws Exception {
    try (TestClient client = box.client()) {
      assertEquals(400, client.post("/tokenize", "{}").status());
      Reply fraction = client.post("/detokenize", "{\"tokens\":[1,2.5]}");
      assertEquals("tokens[1]", json(fraction).at("/error/param").asText());
      assertEquals(400, client.post("/detokenize", "{\"tokens\":[-1]}").status());
      assertEquals(404, client.post("/tokenize", "{\"model\":\"no\",\"content\":\"\"}").status());
    }
  }

  @Test
  void clientOfNoGroupMayNotEvenCount() throws Exception {
    try (TestClient stranger = box.client("CN=bob, OU=nobody, O=test")) {
      Reply reply = stranger.post("/tokenize", "{\"content\":\"a\"}");
      assertEquals(403, reply.status());
      assertFalse(reply.body().contains("tokens"), reply.body());
    }
  }

  @Test
  void stopTextThatEndedTheGapIsNamed() throws Exception {
    box.local.plays(
        List.of(
            FakeProvider.say("a"),
            new FakeProvider.Step.Say(
                new InferenceEvent.Finished(
                    FinishReason.STOP, new Usage(3, 0, 1), Optional.of("\n")))));
    try (TestClient client = box.client()) {
      Reply reply = client.post("/infill", GAP.formatted(",\"stop\":[\"\\n\"]"));
      assertEquals("word", json(reply).path("stop_type").asText());
      assertEquals("\n", json(reply).path("stopping_word").asText());
    }
  }

  @Test
  void onlyTheMembersThatTheEditorNamesComeBack() throws Exception {
    try (TestClient client = box.client()) {
      String only = ",\"response_fields\":[\"content\",\"timings/prompt_n\",\"unknown\"]";
      Reply reply = client.post("/infill", GAP.formatted(only));
      assertEquals("{\"content\":\"Hello\",\"timings/prompt_n\":5}", reply.body());
      Reply wrong = client.post("/infill", GAP.formatted(",\"response_fields\":[1]"));
      assertEquals("response_fields", json(wrong).at("/error/param").asText());
    }
  }
}
