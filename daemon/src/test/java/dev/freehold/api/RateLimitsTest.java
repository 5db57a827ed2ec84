package dev.freehold.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.freehold.api.TestClient.Reply;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a client is told of its limits, and which paths count. */
class RateLimitsTest {

  private static final String COUNTED = "CN=carol, OU=counted, O=test";
  private static final String CHAT =
      "{\"model\":\"assistant\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";

  @TempDir private Path folder;
  private TestBox box;

  @BeforeEach
  void start() {
    box = new TestBox(folder);
  }

  @AfterEach
  void stop() {
    box.close();
  }

  @Test
  void answerTellsWhatIsLeftAndTheRefusalWhenToComeBack() throws Exception {
    try (TestClient client = box.client(COUNTED)) {
      for (int left = 2; left >= 0; left--) {
        Reply reply = client.post("/v1/chat/completions", CHAT);
        assertEquals(200, reply.status(), reply.body());
        assertEquals("3", reply.header("x-ratelimit-limit-requests"));
        assertEquals(Integer.toString(left), reply.header("x-ratelimit-remaining-requests"));
      }
      Reply refused = client.post("/v1/chat/completions", CHAT);
      assertEquals(429, refused.status());
      assertEquals("0", refused.header("x-ratelimit-remaining-requests"));
      int wait = Integer.parseInt(refused.header("retry-after"));
      assertTrue(wait > 0 && wait <= 60, refused.header("retry-after"));
    }
    try (TestClient client = box.client()) {
      Reply unlimited = client.post("/v1/chat/completions", CHAT);
      assertEquals(200, unlimited.status());
      assertEquals("", unlimited.header("x-ratelimit-limit-requests"));
    }
  }

  @Test
  void requestsForTokensCountLikeAnyOther() throws Exception {
    try (TestClient client = box.client(COUNTED)) {
      String counted = CHAT.replace("}]}", "}],\"max_tokens\":5}");
      assertEquals(200, client.post("/v1/messages/count_tokens", counted).status());
      assertEquals(200, client.post("/tokenize", "{\"content\":\"hi\"}").status());
      assertEquals(200, client.post("/apply-template", CHAT).status());
      assertEquals(429, client.post("/tokenize", "{\"content\":\"hi\"}").status());
      assertEquals(429, client.post("/v1/chat/completions", CHAT).status());
    }
  }
}
