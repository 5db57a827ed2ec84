package dev.freehold.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.freehold.api.TestClient.Reply;
import dev.freehold.inference.InferenceEvent;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.Priority;
import dev.freehold.inference.TokenLogprob;
import dev.freehold.provider.Attempt;
import dev.freehold.provider.FakeProvider;
import dev.freehold.routing.Caller;
import dev.freehold.routing.Inquiry;
import dev.freehold.routing.RoutedRequest;
import dev.freehold.store.UsageRecord;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Several answers, probabilities and tiers, as clients ask for them. */
class AnswerChoicesTest extends ServedTest {

  private static final String CHAT = "/v1/chat/completions";
  private static final String TEXT = "/v1/completions";
  private static final String QUESTION =
      "{\"model\":\"assistant\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]%s}";
  private static final String PROMPT = "{\"model\":\"assistant\",\"prompt\":\"hi\"%s}";

  private static TokenLogprob token(String text, double logprob, TokenLogprob... others) {
    List<Byte> bytes = new ArrayList<>();
    for (byte b : text.getBytes(java.nio.charset.StandardCharsets.UTF_8)) {
      bytes.add(b);
    }
    return new TokenLogprob(bytes, logprob, List.of(others));
  }

  private static FakeProvider.Step probabilities(TokenLogprob... tokens) {
    return new FakeProvider.Step.Say(new InferenceEvent.Logprobs(List.of(tokens)));
  }

  private static void saysHelloWithProbabilities() {
    box.local.plays(
        List.of(
            probabilities(token("Hé", -0.5, token("Hé", -0.5), token("Yo", -1.5))),
            FakeProvider.say("Hé"),
            probabilities(token("llo", -0.25, token("llo", -0.25), token("y", -2))),
            FakeProvider.say("llo"),
            FakeProvider.finish(2)));
  }

  private static List<JsonNode> frames(Reply reply) throws Exception {
    assertTrue(reply.body().endsWith("data: [DONE]\n\n"), reply.body());
    return Sse.frames(reply);
  }

  @Test
  void severalAnswersComeInOneReplyAndThePromptIsCountedOnce() throws Exception {
    try (TestClient client = box.client()) {
      Reply reply = client.post(CHAT, QUESTION.formatted(",\"n\":3,\"seed\":7"));
      assertEquals(200, reply.status(), reply.body());
      JsonNode json = Json.MAPPER.readTree(reply.body());
      assertEquals(3, json.path("choices").size());
      for (int i = 0; i < 3; i++) {
        JsonNode choice = json.path("choices").path(i);
        assertEquals(i, choice.path("index").asInt());
        assertEquals("Hello", choice.at("/message/content").asText());
        assertEquals("stop", choice.path("finish_reason").asText());
      }
      assertEquals(7, json.at("/usage/prompt_tokens").asInt());
      assertEquals(6, json.at("/usage/completion_tokens").asInt());
    }
    Set<Long> seeds = new HashSet<>();
    for (Attempt attempt : box.local.attempts()) {
      seeds.add(attempt.request().sampling().seed().orElseThrow());
    }
    assertEquals(Set.of(7L, 8L, 9L), seeds);
  }

  /**
   * The client reads one prompt, as it does at OpenAI; the ledger holds what three requests cost.
   */
  @Test
  void severalAnswersOfAnotherProviderCountThePromptForEach() throws Exception {
    box.local.fails(InferenceException.Kind.OVERLOADED);
    try (TestClient client = box.client()) {
      Reply reply = client.post(CHAT, QUESTION.formatted(",\"n\":3"));
      assertEquals(200, reply.status(), reply.body());
      assertEquals(
          7, Json.MAPPER.readTree(reply.body()).at("/usage/prompt_tokens").asInt(), reply.body());
      UsageRecord record = box.record(reply.header("x-request-id"));
      assertEquals(21, record.promptTokens());
      assertEquals(6, record.cachedTokens());
      assertEquals(3, record.completionTokens());
    }
  }

  @Test
  void severalStreamedAnswersAreToldApartByIndexAndEndOnceEach() throws Exception {
    try (TestClient client = box.client()) {
      Reply reply =
          client.post(
              TEXT,
              PROMPT.formatted(
                  ",\"n\":2,\"best_of\":2,\"stream\":true,\"stream_options\":{\"include_usage\":true}"));
      Map<Integer, String> texts = new TreeMap<>();
      List<Integer> ends = new ArrayList<>();
      List<JsonNode> frames = frames(reply);
      for (JsonNode frame : frames) {
        for (JsonNode choice : frame.path("choices")) {
          int index = choice.path("index").asInt();
          texts.merge(index, choice.path("text").asText(), String::concat);
          if (choice.path("finish_reason").isTextual()) {
            ends.add(index);
          }
        }
      }
      assertEquals(Map.of(0, "Hello", 1, "Hello"), texts);
      assertEquals(Set.of(0, 1), new HashSet<>(ends));
      assertEquals(2, ends.size());
      assertEquals(4, frames.getLast().at("/usage/completion_tokens").asInt());
    }
  }

  @Test
  void everyAnswerIsClosedWhenTheClientLeaves() throws Exception {
    CountDownLatch never = new CountDownLatch(1);
    box.local.plays(
        List.of(FakeProvider.say("x"), new FakeProvider.Step.Await(never), FakeProvider.finish(1)));
    try (TestClient client = box.client()) {
      client.sendPost(
          CHAT, QUESTION.formatted(",\"n\":3,\"stream\":true"), "x-request-id: three-hang-up");
      client.head();
    }
    for (int i = 0; i < 3; i++) {
      awaitClosed("three-hang-up");
    }
  }

  @Test
  void oneAnswerThatBreaksOffEndsTheRequest() throws Exception {
    box.local.plays(
        List.of(
            FakeProvider.say("x"), FakeProvider.breaks(InferenceException.Kind.PROVIDER_FAILED)));
    try (TestClient client = box.client()) {
      assertEquals(502, client.post(CHAT, QUESTION.formatted(",\"n\":2")).status());
    }
  }

  @Test
  void oneAnswerThatCrashesEndsTheRequest() throws Exception {
    box.local.plays(
        List.of(FakeProvider.say("x"), new FakeProvider.Step.Crash(new StackOverflowError())));
    try (TestClient client = box.client()) {
      assertEquals(500, client.post(CHAT, QUESTION.formatted(",\"n\":2")).status());
    }
  }

  @Test
  @Timeout(60)
  void endIsToldToAReaderThatHasNotKeptUp() throws Exception {
    List<FakeProvider.Step> many =
        new ArrayList<>(
            Collections.nCopies(2 * SeveralAnswers.EVENTS_AHEAD_MAX, FakeProvider.say("x")));
    many.add(FakeProvider.finish(many.size()));
    box.local.plays(many);
    Inquiry inquiry =
        new Inquiry(
            new Caller("alice", List.of("website")),
            ChatRequests.read("r-1", Json.object(QUESTION.formatted("").getBytes(UTF_8))).request(),
            Optional.empty(),
            false);
    try (RoutedRequest routed = box.router.decide(inquiry);
        SeveralAnswers answers = admitted(routed, 2)) {
      answers.next();
      // The one that was read, a full queue, and what each of two readers holds.
      int ahead = 1 + SeveralAnswers.EVENTS_AHEAD_MAX + 2;
      while (answers.usageSoFar().completionTokens() < ahead) {
        Thread.onSpinWait();
      }
      answers.end();
      InferenceException end =
          assertThrows(
              InferenceException.class,
              () -> {
                for (int i = 0; i <= ahead; i++) {
                  answers.next();
                }
              });
      assertEquals(InferenceException.Kind.CANCELLED, end.kind());
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "n | ,\"n\":0",
        "n | ,\"n\":9",
        "top_logprobs | ,\"top_logprobs\":2",
        "top_logprobs | ,\"logprobs\":true,\"top_logprobs\":21",
        "service_tier | ,\"service_tier\":\"gold\"",
      })
  void whatIsOutOfBoundsIsRefusedByName(String param, String fields) throws Exception {
    try (TestClient client = box.client()) {
      Reply reply = client.post(CHAT, QUESTION.formatted(fields));
      assertEquals(400, reply.status());
      assertEquals(param, Json.MAPPER.readTree(reply.body()).at("/error/param").asText());
    }
  }

  @Test
  void bestOfMoreThanAreSentIsRefused() throws Exception {
    try (TestClient client = box.client()) {
      assertEquals(400, client.post(TEXT, PROMPT.formatted(",\"best_of\":2")).status());
    }
  }

  @Test
  void probabilitiesOfAChatHaveTokensBytesAndAlternatives() throws Exception {
    saysHelloWithProbabilities();
    String ask = ",\"logprobs\":true,\"top_logprobs\":2";
    try (TestClient client = box.client()) {
      JsonNode json = Json.MAPPER.readTree(client.post(CHAT, QUESTION.formatted(ask)).body());
      JsonNode content = json.at("/choices/0/logprobs/content");
      assertEquals(
          "{\"token\":\"Hé\",\"logprob\":-0.5,\"bytes\":[72,195,169],\"top_logprobs\":["
              + "{\"token\":\"Hé\",\"logprob\":-0.5,\"bytes\":[72,195,169]},"
              + "{\"token\":\"Yo\",\"logprob\":-1.5,\"bytes\":[89,111]}]}",
          content.path(0).toString());
      assertEquals("llo", content.path(1).path("token").asText());
      List<JsonNode> frames =
          frames(client.post(CHAT, QUESTION.formatted(ask + ",\"stream\":true")));
      List<JsonNode> streamed = new ArrayList<>();
      frames.forEach(f -> f.at("/choices/0/logprobs/content").forEach(streamed::add));
      List<JsonNode> whole = new ArrayList<>();
      content.forEach(whole::add);
      assertEquals(whole, streamed);
    }
    assertEquals(OptionalInt.of(2), box.local.attempts().getFirst().request().logprobs());
  }

  @Test
  void probabilitiesOfAPlainCompletionHaveOffsetsInCharacters() throws Exception {
    saysHelloWithProbabilities();
    try (TestClient client = box.client()) {
      JsonNode json =
          Json.MAPPER.readTree(client.post(TEXT, PROMPT.formatted(",\"logprobs\":2")).body());
      assertEquals(
          "{\"tokens\":[\"Hé\",\"llo\"],\"token_logprobs\":[-0.5,-0.25],\"top_logprobs\":["
              + "{\"Hé\":-0.5,\"Yo\":-1.5},{\"llo\":-0.25,\"y\":-2.0}],\"text_offset\":[0,2]}",
          json.at("/choices/0/logprobs").toString());
      List<JsonNode> frames =
          frames(client.post(TEXT, PROMPT.formatted(",\"logprobs\":0,\"stream\":true")));
      JsonNode second = frames.get(1).at("/choices/0/logprobs");
      assertEquals("[2]", second.path("text_offset").toString());
      assertTrue(second.path("top_logprobs").isNull());
    }
  }

  @Test
  void probabilitiesOfAResponseStandInItsTextAndItsDeltas() throws Exception {
    saysHelloWithProbabilities();
    String ask =
        "{\"model\":\"assistant\",\"input\":\"hi\",\"include\":[\"message.output_text.logprobs\"]%s}";
    try (TestClient client = box.client()) {
      JsonNode json = Json.MAPPER.readTree(client.post("/v1/responses", ask.formatted("")).body());
      assertEquals(2, json.at("/output/0/content/0/logprobs").size(), json::toString);
      Reply streamed = client.post("/v1/responses", ask.formatted(",\"stream\":true"));
      assertTrue(
          streamed.body().contains("\"delta\":\"llo\",\"logprobs\":[{\"token\":\"llo\""),
          streamed.body());
    }
  }

  @ParameterizedTest
  @CsvSource({"flex,BACKGROUND,flex", "auto,INTERACTIVE,default", "priority,INTERACTIVE,default"})
  void tierChoosesTheClassThatWaitsAndIsNamedInTheAnswer(
      String tier, Priority priority, String answered) throws Exception {
    try (TestClient client = box.client()) {
      String field = ",\"service_tier\":\"%s\"".formatted(tier);
      JsonNode chat = Json.MAPPER.readTree(client.post(CHAT, QUESTION.formatted(field)).body());
      assertEquals(answered, chat.path("service_tier").asText());
      JsonNode response =
          Json.MAPPER.readTree(
              client
                  .post("/v1/responses", "{\"model\":\"assistant\",\"input\":\"hi\"" + field + "}")
                  .body());
      assertEquals(answered, response.path("service_tier").asText());
      List<JsonNode> frames =
          frames(client.post(TEXT, PROMPT.formatted(field + ",\"stream\":true")));
      assertEquals(answered, frames.getFirst().path("service_tier").asText());
    }
    box.local.attempts().forEach(a -> assertEquals(priority, a.request().priority()));
  }

  @Test
  void messagesAreOfTheStandardTier() throws Exception {
    try (TestClient client = box.client()) {
      String ask =
          "{\"model\":\"assistant\",\"max_tokens\":9,\"service_tier\":\"%s\","
              + "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
      JsonNode json =
          Json.MAPPER.readTree(client.post("/v1/messages", ask.formatted("auto")).body());
      assertEquals("standard", json.at("/usage/service_tier").asText());
      assertEquals(400, client.post("/v1/messages", ask.formatted("flex")).status());
    }
  }

  /** As the API does it before it asks. */
  private static SeveralAnswers admitted(RoutedRequest routed, int count)
      throws InferenceException {
    routed.admit("entry-of-a-slow-reader", Instant.now(), count);
    return new SeveralAnswers(routed, count);
  }
}
