package dev.freehold.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.freehold.api.TestClient.Reply;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.Message;
import dev.freehold.inference.Prompt;
import dev.freehold.provider.FakeProvider;
import dev.freehold.store.Outcome;
import dev.freehold.store.UsageRecord;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** One LAN server for all tests of a class; its fake providers are as new before each of them. */
abstract class ServedTest {

  static final int BODY_BYTES_MAX = 100_000;

  @TempDir static Path folder;
  static TestBox box;

  @BeforeAll
  static void start() {
    box = new TestBox(folder, BODY_BYTES_MAX);
  }

  @AfterAll
  static void stop() {
    box.close();
  }

  @BeforeEach
  void resetScripts() {
    box.local.answers("Hel", "lo");
    box.remote.answers("far");
    box.local.attempts().clear();
    box.remote.attempts().clear();
    box.clockOffset = Duration.ZERO;
  }

  static JsonNode json(Reply reply) throws IOException {
    return Json.MAPPER.readTree(reply.body());
  }

  /** The conversation of the first request that a provider was asked for. */
  static Prompt.Chat chatSentTo(FakeProvider provider) {
    return (Prompt.Chat) provider.attempts().getFirst().request().prompt();
  }

  /** What a tool answered, in the neutral form. */
  static Message toolAnswer(String callId, String text) {
    return new Message(Message.Role.TOOL, text, List.of(), Optional.of(callId), Optional.empty());
  }

  /** The reply of a stream whose provider fails after "half"; the failure is on record. */
  static Reply brokenOffAfterOutput(String path, String stream) throws Exception {
    box.local.plays(
        List.of(
            FakeProvider.say("half"),
            FakeProvider.breaks(InferenceException.Kind.PROVIDER_FAILED)));
    try (TestClient client = box.client()) {
      Reply reply = client.post(path, stream);
      assertEquals(200, reply.status());
      UsageRecord record = box.record(reply.header("x-request-id"));
      assertEquals(Outcome.FAILED, record.outcome());
      assertEquals(1, record.completionTokens());
      assertEquals(200, client.get("/v1/models").status(), "the connection lives on");
      return reply;
    }
  }

  /** Hangs up after the first word of a stream; returns when the provider was let go. */
  static UsageRecord hungUpAfterOutput(String path, String stream, String id) throws Exception {
    CountDownLatch never = new CountDownLatch(1);
    box.local.plays(
        List.of(
            FakeProvider.say("one"), new FakeProvider.Step.Await(never), FakeProvider.finish(1)));
    try (TestClient client = box.client()) {
      client.sendPost(path, stream, "x-request-id: " + id);
      assertEquals(200, client.head().status());
      assertTrue(client.chunk().contains("one"));
    }
    awaitClosed(id);
    UsageRecord record = box.record(id);
    assertEquals(Outcome.CLIENT_GONE, record.outcome());
    return record;
  }

  /** Waits until a stream of this request was closed, whatever others were before. */
  static void awaitClosed(String id) throws InterruptedException {
    String closed = box.local.awaitClosed();
    while (!closed.equals(id)) {
      closed = box.local.awaitClosed();
    }
  }
}
