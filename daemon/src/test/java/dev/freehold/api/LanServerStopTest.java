package dev.freehold.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.freehold.provider.FakeProvider;
import dev.freehold.store.Outcome;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How the box takes leave of its clients. */
class LanServerStopTest {

  private static final String STREAM =
      "{\"model\":\"assistant\",\"stream\":true,"
          + "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";

  @TempDir Path folder;

  @Test
  void runningStreamFinishesWhileNobodyNewIsLetIn() throws Exception {
    try (TestBox box = new TestBox(folder);
        TestClient client = box.client();
        TestClient idle = box.client()) {
      assertEquals(200, idle.get("/v1/models").status());
      CountDownLatch later = new CountDownLatch(1);
      box.local.plays(
          List.of(
              FakeProvider.say("one"),
              new FakeProvider.Step.Await(later),
              FakeProvider.say("two"),
              FakeProvider.finish(2)));
      client.sendPost("/v1/chat/completions", STREAM, "x-request-id: stop-1");
      client.head();
      assertTrue(client.chunk().contains("one"));
      Thread stop = Thread.ofVirtual().start(() -> box.server.close(Duration.ofSeconds(5)));
      assertTrue(idle.isAtEnd(), "an idle connection is closed at once");
      assertThrows(IOException.class, box::client);
      later.countDown();
      String rest = rest(client);
      assertTrue(rest.contains("two") && rest.endsWith("data: [DONE]\n\n"), rest);
      assertTrue(stop.join(Duration.ofSeconds(10)));
      assertEquals(Outcome.COMPLETED, box.record("stop-1").outcome());
    }
  }

  @Test
  void streamThatTakesTooLongEndsWithAnErrorAndNoDone() throws Exception {
    try (TestBox box = new TestBox(folder);
        TestClient client = box.client()) {
      CountDownLatch never = new CountDownLatch(1);
      box.local.plays(
          List.of(
              FakeProvider.say("one"), new FakeProvider.Step.Await(never), FakeProvider.finish(1)));
      client.sendPost("/v1/chat/completions", STREAM, "x-request-id: stop-2");
      client.head();
      assertTrue(client.chunk().contains("one"));
      Thread stop = Thread.ofVirtual().start(() -> box.server.close(Duration.ofMillis(200)));
      String rest = rest(client);
      assertTrue(rest.contains("\"code\":\"cancelled\""), rest);
      assertFalse(rest.contains("[DONE]"), rest);
      assertTrue(stop.join(Duration.ofSeconds(10)));
      assertEquals(Outcome.STOPPED, box.record("stop-2").outcome());
      assertEquals(0, box.models.openPrompts());
      assertEquals(0, box.server.running());
    }
  }

  private static String rest(TestClient client) throws IOException {
    StringBuilder rest = new StringBuilder();
    for (String chunk = client.chunk(); chunk != null; chunk = client.chunk()) {
      rest.append(chunk);
    }
    return rest.toString();
  }
}
