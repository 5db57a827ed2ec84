package dev.freehold.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.freehold.api.TestClient.Reply;
import dev.freehold.store.Outcome;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The bodies of several requests at a time, and clients that never send theirs. */
class BodiesInProgressTest {

  private static final String CHAT = "/v1/chat/completions";
  private static final int BODY_BYTES_MAX = 64 * 1024;

  @TempDir private Path folder;

  @Test
  void bodyWithoutRoomWaitsAndIsThenToldToComeBack() throws Exception {
    try (TestBox box = box(Duration.ofMinutes(1));
        TestClient slow = box.client();
        TestClient other = box.client()) {
      String first = question("a".repeat(60_000));
      announce(slow, first.length());
      // It is told to go on once it has its room.
      assertEquals(100, slow.head().status());

      String second = question("b".repeat(10_000));
      Reply refused = other.post(CHAT, second);
      assertEquals(503, refused.status(), refused.body());
      assertEquals("1", refused.header("retry-after"));
      assertTrue(refused.body().contains("\"overloaded\""), refused.body());

      slow.send(first);
      assertEquals(200, slow.reply().status());
      try (TestClient again = box.client()) {
        assertEquals(200, again.post(CHAT, second).status());
      }
    }
  }

  @Test
  void shortBodyHasRoomBesideALongOne() throws Exception {
    try (TestBox box = box(Duration.ofMinutes(1));
        TestClient slow = box.client();
        TestClient other = box.client()) {
      announce(slow, 60_000);
      assertEquals(100, slow.head().status());
      assertEquals(200, other.post(CHAT, question("hi")).status());
    }
  }

  @Test
  void clientThatNeverSendsItsBodyIsCutOff() throws Exception {
    try (TestBox box = box(Duration.ofMillis(200));
        TestClient client = box.client()) {
      announce(client, 60_000);
      assertEquals(100, client.head().status());
      assertTrue(client.isAtEnd());
      assertEquals(Outcome.CLIENT_GONE, box.record("announced").outcome());
      try (TestClient other = box.client()) {
        assertEquals(200, other.post(CHAT, question("c".repeat(60_000))).status());
      }
    }
  }

  @Test
  void jsonOfCountlessSmallPartsIsRefused() throws Exception {
    try (TestBox box = new TestBox(folder);
        TestClient client = box.client()) {
      String body = question("hi").replace("}]}", "}],\"metadata\":[%s{}]}");
      Reply reply = client.post(CHAT, body.formatted("{},".repeat(Json.TOKENS_MAX / 2)));
      assertEquals(400, reply.status());
      assertTrue(reply.body().contains("1048576 tokens"), reply.body());
      assertEquals(200, client.post(CHAT, body.formatted("{},".repeat(1000))).status());
    }
  }

  private TestBox box(Duration bodyTimeout) {
    return new TestBox(
        folder, TestBox.config(BODY_BYTES_MAX, BODY_BYTES_MAX, bodyTimeout), TestBox.lenient());
  }

  private static void announce(TestClient client, int length) throws IOException {
    client.send(
        "POST "
            + CHAT
            + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            + "x-request-id: announced\r\nExpect: 100-continue\r\nContent-Length: "
            + length
            + "\r\n\r\n");
  }

  private static String question(String text) {
    return "{\"model\":\"assistant\",\"messages\":[{\"role\":\"user\",\"content\":\""
        + text
        + "\"}]}";
  }
}
