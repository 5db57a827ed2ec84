package dev.freehold.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.freehold.api.TestClient.Reply;
import dev.freehold.inference.FinishReason;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.Message;
import dev.freehold.inference.OutputFormat;
import dev.freehold.inference.Prompt;
import dev.freehold.inference.ToolChoice;
import dev.freehold.provider.FakeProvider;
import dev.freehold.store.Outcome;
import dev.freehold.store.UsageRecord;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** What a client with a good certificate gets. */
class LanServerTest extends ServedTest {

  private static final String CHAT = "/v1/chat/completions";
  private static final String QUESTION =
      "{\"model\":\"assistant\",\"messages\":[{\"role\":\"user\",\"content\":\"hi there\"}]%s}";
  private static final String STREAM = QUESTION.formatted(",\"stream\":true");

  @Test
  void wholeAnswerHasTextUsageAndFinishReason() throws Exception {
    try (TestClient client = box.client()) {
      Reply reply = client.post(CHAT, QUESTION.formatted(""));
      assertEquals(200, reply.status());
      assertEquals("application/json", reply.header("content-type"));
      assertEquals("local", reply.header("freehold-provider"));
      JsonNode json = Json.MAPPER.readTree(reply.body());
      assertEquals("chat.completion", json.path("object").asText());
      assertEquals("assistant", json.path("model").asText());
      assertEquals("Hello", json.at("/choices/0/message/content").asText());
      assertEquals("assistant", json.at("/choices/0/message/role").asText());
      assertEquals("stop", json.at("/choices/0/finish_reason").asText());
      assertEquals(
          "{\"prompt_tokens\":7,\"completion_tokens\":2,\"total_tokens\":9,"
              + "\"prompt_tokens_details\":{\"cached_tokens\":2}}",
          json.path("usage").toString());
    }
  }

  @Test
  void connectionEndsAfterTheAnswerOfAClientThatAsksForIt() throws Exception {
    try (TestClient client = box.client()) {
      Reply reply = client.post(CHAT, QUESTION.formatted(""), "Connection: close");
      assertEquals(200, reply.status());
      assertEquals(-1, client.socket().getInputStream().read());
    }
  }

  @Test
  void streamIsByteForByteWhatSdksRead() throws Exception {
    try (TestClient client = box.client()) {
      Reply reply = client.post(CHAT, STREAM, "x-request-id: r-1");
      assertEquals("text/event-stream", reply.header("content-type"));
      assertEquals("no-cache", reply.header("cache-control"));
      String created =
          Json.MAPPER
              .readTree(reply.body().substring(6, reply.body().indexOf('\n')))
              .path("created")
              .asText();
      String head =
          "data: {\"id\":\"chatcmpl-r-1\",\"object\":\"chat.completion.chunk\",\"created\":"
              + created
              + ",\"model\":\"assistant\",\"choices\":[{\"index\":0,\"delta\":";
      String open = ",\"logprobs\":null,\"finish_reason\":null}]}\n\n";
      assertEquals(
          head
              + "{\"role\":\"assistant\",\"content\":\"\"}"
              + open
              + head
              + "{\"content\":\"Hel\"}"
              + open
              + head
              + "{\"content\":\"lo\"}"
              + open
              + head
              + "{},\"logprobs\":null,\"finish_reason\":\"stop\"}]}\n\n"
              + "data: [DONE]\n\n",
          reply.body());
    }
  }

  @Test
  void streamedUsageComesLastAndOnlyWhenAskedFor() throws Exception {
    try (TestClient client = box.client()) {
      Reply reply =
          client.post(
              CHAT,
              QUESTION.formatted(",\"stream\":true,\"stream_options\":{\"include_usage\":true}"));
      List<String> events = List.of(reply.body().split("\n\n"));
      assertEquals("data: [DONE]", events.getLast());
      JsonNode usage = Json.MAPPER.readTree(events.get(events.size() - 2).substring(6));
      assertEquals(0, usage.path("choices").size());
      assertEquals(9, usage.at("/usage/total_tokens").asInt());
      JsonNode first = Json.MAPPER.readTree(events.getFirst().substring(6));
      assertTrue(first.has("usage") && first.path("usage").isNull());
      assertFalse(client.post(CHAT, STREAM).body().contains("usage"));
    }
  }

  @Test
  void plainCompletionAnswersWholeAndStreamed() throws Exception {
    try (TestClient client = box.client()) {
      String ask = "{\"model\":\"assistant\",\"prompt\":\"one two\"%s}";
      JsonNode whole =
          Json.MAPPER.readTree(client.post("/v1/completions", ask.formatted("")).body());
      assertEquals("text_completion", whole.path("object").asText());
      assertEquals("Hello", whole.at("/choices/0/text").asText());
      InferenceRequest asked = box.local.attempts().getFirst().request();
      assertEquals("one two", ((Prompt.Text) asked.prompt()).text());
      assertEquals(16, asked.completionTokensMax().orElseThrow());
      String streamed = client.post("/v1/completions", ask.formatted(",\"stream\":true")).body();
      assertTrue(streamed.contains("\"choices\":[{\"index\":0,\"text\":\"Hel\""), streamed);
      assertTrue(streamed.endsWith("\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"), streamed);
    }
  }

  @Test
  void toolCallsAreAnsweredWholeAndStreamed() throws Exception {
    box.remote.plays(
        List.of(
            FakeProvider.call(0, "call-1", "weather", "{\"city\":"),
            FakeProvider.call(0, null, null, "\"Bern\"}"),
            FakeProvider.call(1, "call-2", "time", "{}"),
            FakeProvider.finish(FinishReason.TOOL_CALLS)));
    String tools =
        ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"weather\","
            + "\"parameters\":{\"type\":\"object\"}}}],\"tool_choice\":\"required\"";
    try (TestClient client = box.client()) {
      Reply reply = client.post(CHAT, QUESTION.formatted(tools));
      assertEquals("remote", reply.header("freehold-provider"));
      JsonNode message = Json.MAPPER.readTree(reply.body()).at("/choices/0/message");
      assertTrue(message.path("content").isNull());
      assertEquals("weather", message.at("/tool_calls/0/function/name").asText());
      assertEquals("{\"city\":\"Bern\"}", message.at("/tool_calls/0/function/arguments").asText());
      assertEquals("call-2", message.at("/tool_calls/1/id").asText());
      Prompt.Chat asked = chatSentTo(box.remote);
      assertEquals(new ToolChoice.Required(), asked.toolChoice());
      assertEquals("{\"type\":\"object\"}", asked.tools().getFirst().parametersSchema());
      String streamed = client.post(CHAT, QUESTION.formatted(tools + ",\"stream\":true")).body();
      assertTrue(
          streamed.contains(
              "\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"call-1\",\"type\":\"function\","
                  + "\"function\":{\"name\":\"weather\",\"arguments\":\"{\\\"city\\\":\"}}]}"),
          streamed);
      assertTrue(
          streamed.contains(
              "\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"\\\"Bern\\\"}\"}}]}"),
          streamed);
    }
  }

  @Test
  void reasoningIsKeptApartFromTheAnswer() throws Exception {
    box.local.plays(
        List.of(FakeProvider.reason("hm"), FakeProvider.say("yes"), FakeProvider.finish(2)));
    try (TestClient client = box.client()) {
      JsonNode message =
          Json.MAPPER
              .readTree(client.post(CHAT, QUESTION.formatted("")).body())
              .at("/choices/0/message");
      assertEquals("hm", message.path("reasoning_content").asText());
      assertEquals("yes", message.path("content").asText());
      assertTrue(client.post(CHAT, STREAM).body().contains("{\"reasoning_content\":\"hm\"}"));
    }
  }

  @Test
  void everyOptionReachesTheProviderInTheNeutralForm() throws Exception {
    String options =
        ",\"temperature\":0.5,\"top_p\":0.9,\"top_k\":40,\"min_p\":0.05,\"seed\":42,"
            + "\"frequency_penalty\":-1,\"presence_penalty\":1.5,\"repeat_penalty\":1.1,"
            + "\"logit_bias\":{\"50256\":-100},\"stop\":[\"END\",\"\\n\"],"
            + "\"max_completion_tokens\":33,\"max_tokens\":11,\"user\":\"u\",\"n\":1,"
            + "\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"x\","
            + "\"schema\":{\"type\":\"object\"}}}";
    try (TestClient client = box.client()) {
      assertEquals(200, client.post(CHAT, QUESTION.formatted(options)).status());
    }
    InferenceRequest asked = box.local.attempts().getFirst().request();
    assertEquals(33, asked.completionTokensMax().orElseThrow());
    assertEquals(0.5, asked.sampling().temperature().orElseThrow());
    assertEquals(0.9, asked.sampling().topP().orElseThrow());
    assertEquals(40, asked.sampling().topK().orElseThrow());
    assertEquals(0.05, asked.sampling().minP().orElseThrow());
    assertEquals(42, asked.sampling().seed().orElseThrow());
    assertEquals(-1, asked.sampling().frequencyPenalty().orElseThrow());
    assertEquals(1.5, asked.sampling().presencePenalty().orElseThrow());
    assertEquals(1.1, asked.sampling().repeatPenalty().orElseThrow());
    assertEquals(-100.0, asked.sampling().logitBias().get(50256));
    assertEquals(List.of("END", "\n"), asked.sampling().stop());
    assertEquals(new OutputFormat.JsonSchema("{\"type\":\"object\"}"), asked.format());
  }

  @Test
  void conversationWithPartsAndToolAnswersIsRead() throws Exception {
    String messages =
        """
        {"model":"assistant","messages":[
          {"role":"developer","content":"be brief"},
          {"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]},
          {"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function",
            "function":{"name":"f","arguments":"{}"}}]},
          {"role":"tool","tool_call_id":"c1","content":"42"}]}
        """;
    try (TestClient client = box.client()) {
      assertEquals(200, client.post(CHAT, messages).status());
    }
    List<Message> read = chatSentTo(box.local).messages();
    assertEquals(Message.of(Message.Role.SYSTEM, "be brief"), read.get(0));
    assertEquals(Message.of(Message.Role.USER, "ab"), read.get(1));
    assertEquals("f", read.get(2).toolCalls().getFirst().name());
    assertEquals(Optional.of("c1"), read.get(3).toolCallId());
  }

  @Test
  void textThatUtf8CannotHoldIsRepaired() throws Exception {
    box.local.answers("ok \uD83D", "\uDE00 \uD83D\uDE00");
    try (TestClient client = box.client()) {
      assertTrue(client.post(CHAT, STREAM).body().contains("\"content\":\"\uFFFD \uD83D\uDE00\""));
      assertTrue(
          client.post(CHAT, QUESTION.formatted("")).body().contains("\uD83D\uDE00 \uD83D\uDE00"));
    }
  }

  @Test
  void requestIdOfTheClientIsKeptIfItIsPlain() throws Exception {
    try (TestClient client = box.client()) {
      assertEquals(
          "my-id_1.2", client.post(CHAT, STREAM, "x-request-id: my-id_1.2").header("x-request-id"));
      for (String bad : List.of("a b", "\"quoted\"", "x".repeat(129))) {
        String given = client.post(CHAT, STREAM, "x-request-id: " + bad).header("x-request-id");
        assertNotEquals(bad, given);
        assertTrue(given.startsWith("req-"), given);
      }
    }
  }

  @Test
  void modelsOfThePolicyAreListed() throws Exception {
    try (TestClient client = box.client()) {
      Reply list = client.get("/v1/models");
      assertEquals(200, list.status());
      assertEquals("assistant", Json.MAPPER.readTree(list.body()).at("/data/0/id").asText());
      Reply one = client.get("/v1/models/assistant");
      assertEquals("model", Json.MAPPER.readTree(one.body()).path("object").asText());
      assertEquals(404, client.get("/v1/models/other").status());
    }
  }

  @Test
  void headerRaisesTheLabelAndNeverLowersIt() throws Exception {
    box.local.fails(InferenceException.Kind.OVERLOADED);
    try (TestClient client = box.client();
        TestClient legal = box.client("CN=bob, OU=legal, O=test")) {
      assertEquals("remote", client.post(CHAT, QUESTION.formatted("")).header("freehold-provider"));
      Reply raised = client.post(CHAT, QUESTION.formatted(""), "Freehold-Label: confidential");
      assertEquals(429, raised.status());
      assertEquals("local", raised.header("freehold-provider"));
      Reply lowered = legal.post(CHAT, QUESTION.formatted(""), "Freehold-Label: public");
      assertEquals(429, lowered.status());
      assertEquals(Optional.of("confidential"), box.record(lowered.header("x-request-id")).label());
    }
  }

  @Test
  void fallbackAnswersWhenTheFirstProviderBreaksBeforeOutput() throws Exception {
    box.local.fails(InferenceException.Kind.PROVIDER_FAILED);
    try (TestClient client = box.client()) {
      Reply reply = client.post(CHAT, STREAM);
      assertEquals(200, reply.status());
      assertEquals("remote", reply.header("freehold-provider"));
      assertTrue(reply.body().contains("far") && reply.body().endsWith("data: [DONE]\n\n"));
      UsageRecord record = box.record(reply.header("x-request-id"));
      assertEquals(Optional.of("remote"), record.provider());
      assertEquals(Optional.of("cloud"), record.trust());
    }
  }

  @Test
  void failureAfterOutputEndsTheStreamWithAnErrorAndNoDone() throws Exception {
    Reply reply = brokenOffAfterOutput(CHAT, STREAM);
    assertEquals("local", reply.header("freehold-provider"));
    assertTrue(box.remote.attempts().isEmpty());
    String last = reply.body().strip();
    last = last.substring(last.lastIndexOf("data: ") + 6);
    assertEquals("provider_failed", Json.MAPPER.readTree(last).at("/error/code").asText());
    assertFalse(reply.body().contains("[DONE]"));
  }

  @Test
  void failureBeforeOutputOfAWholeAnswerIsAnOrdinaryError() throws Exception {
    box.local.plays(
        List.of(FakeProvider.say("half"), FakeProvider.breaks(InferenceException.Kind.TIMED_OUT)));
    try (TestClient client = box.client()) {
      Reply reply = client.post(CHAT, QUESTION.formatted(""));
      assertEquals(504, reply.status());
      assertFalse(reply.body().contains("half"));
      UsageRecord record = box.record(reply.header("x-request-id"));
      assertEquals(Outcome.FAILED, record.outcome());
      assertEquals(Optional.of("timed_out"), record.errorKind());
    }
  }

  @Test
  void recordSaysWhoWhatWhereAndHowMuch() throws Exception {
    try (TestClient client = box.client("CN=carol, OU=website, OU=legal, O=test")) {
      Reply reply = client.post(CHAT, STREAM);
      UsageRecord record = box.record(reply.header("x-request-id"));
      assertEquals("carol", record.client());
      assertEquals(List.of("legal", "website"), record.groups().stream().sorted().toList());
      assertEquals(Optional.of("confidential"), record.label());
      assertEquals(Optional.of("usual"), record.route());
      assertEquals(Optional.of("local"), record.provider());
      assertEquals(Optional.of("assistant"), record.model());
      assertEquals(7, record.promptTokens());
      assertEquals(2, record.cachedTokens());
      assertEquals(2, record.completionTokens());
      assertEquals(200, record.status());
      assertEquals(Outcome.COMPLETED, record.outcome());
      assertTrue(record.firstTokenMillis().isPresent());
    }
  }

  @Test
  void hangUpInTheMiddleOfAStreamFreesTheProvider() throws Exception {
    UsageRecord record = hungUpAfterOutput(CHAT, STREAM, "hang-up-streaming");
    assertEquals(1, record.completionTokens());
    assertEquals(499, record.status());
  }

  @Test
  void hangUpWhileWaitingForTheFirstTokenFreesTheProvider() throws Exception {
    CountDownLatch never = new CountDownLatch(1);
    box.local.plays(List.of(new FakeProvider.Step.Await(never), FakeProvider.finish(0)));
    for (String body : List.of(STREAM, QUESTION.formatted(""))) {
      String id = "hang-up-waiting-" + body.length();
      try (TestClient client = box.client()) {
        client.sendPost(CHAT, body, "x-request-id: " + id);
        awaitAttempt(id);
      }
      awaitClosed(id);
      assertEquals(Outcome.CLIENT_GONE, box.record(id).outcome());
    }
  }

  @Test
  void clientThatWaitsLongKeepsItsConnectionForTheNextRequest() throws Exception {
    CountDownLatch later = new CountDownLatch(1);
    box.local.plays(
        List.of(
            new FakeProvider.Step.Await(later), FakeProvider.say("late"), FakeProvider.finish(1)));
    try (TestClient client = box.client()) {
      client.sendPost(CHAT, STREAM, "x-request-id: waits-long");
      awaitAttempt("waits-long");
      awaitReadInBackground();
      later.countDown();
      assertTrue(client.reply().body().contains("late"));
      box.local.answers("again");
      assertTrue(client.post(CHAT, STREAM).body().contains("again"));
      assertEquals(200, client.get("/v1/models").status());
    }
  }

  @Test
  void preparedPromptsAreClosed() throws Exception {
    try (TestClient client = box.client()) {
      Reply reply = client.post(CHAT, STREAM);
      box.record(reply.header("x-request-id"));
      assertNull(reply.headers().get("connection"));
    }
    assertEquals(0, box.models.openPrompts());
  }

  private static void awaitAttempt(String id) throws IOException {
    long until = System.nanoTime() + Duration.ofSeconds(10).toNanos();
    while (box.local.attempts().stream().noneMatch(a -> a.request().id().equals(id))) {
      if (System.nanoTime() - until > 0) {
        throw new AssertionError("request " + id + " never reached the provider");
      }
      Thread.onSpinWait();
    }
  }

  private static void awaitReadInBackground() {
    long until = System.nanoTime() + Duration.ofSeconds(10).toNanos();
    while (box.server.readInBackground() == 0) {
      if (System.nanoTime() - until > 0) {
        throw new AssertionError("the waiting connection was never read");
      }
      Thread.onSpinWait();
    }
  }
}
