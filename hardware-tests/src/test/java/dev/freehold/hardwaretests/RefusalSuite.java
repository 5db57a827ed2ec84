package dev.freehold.hardwaretests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.freehold.hardwaretests.site.ChatClient;
import dev.freehold.hardwaretests.site.Site;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What is wrong with a request gets the right status and a message that says what to do. */
@ExtendWith(SharedSite.class)
final class RefusalSuite {

  /** Above what a box reads, below what it drains so that a client that only writes sees why. */
  private static final int HUGE_BYTES = 80 << 20;

  private static final int DEEP_LEVELS = 200_000;

  private final Site site;
  private final ChatClient chat;

  RefusalSuite(Site site) {
    this.site = site;
    this.chat = site.chat("alice", "everyone");
  }

  @AfterEach
  void boxStillServes() {
    assertEquals(200, chat.ask("small", "Say hello.", 2).status());
    chat.close();
  }

  @Test
  void bodyThatIsNoJson() {
    refused(400, chat.postBytes("/chat/completions", bytes("{\"model\": ")));
  }

  @Test
  void unknownModel() {
    JsonNode error = refused(404, chat.ask("no-such-model", "Say hello.", 2));

    assertEquals("model_not_found", error.path("code").asText());
    assertTrue(error.path("message").asText().contains("small"), "it names what there is");
  }

  @Test
  void promptThatIsTooLong() {
    JsonNode error = refused(400, chat.ask("small", "word ".repeat(20_000), 2));

    assertEquals("context_length_exceeded", error.path("code").asText());
  }

  @Test
  void fieldOfTheWrongType() {
    ObjectNode request = ChatClient.request("small", "Say hello.");
    request.put("temperature", "warm");

    JsonNode error = refused(400, chat.post("/chat/completions", request, Map.of()));

    assertTrue(error.path("message").asText().contains("temperature"));
  }

  @Test
  void messagesMissing() {
    ObjectNode request = ChatClient.request("small", "Say hello.");
    request.remove("messages");

    JsonNode error = refused(400, chat.post("/chat/completions", request, Map.of()));

    assertTrue(error.path("message").asText().contains("messages"));
  }

  @Test
  void hugeBody() {
    byte[] huge = bytes("{\"model\":\"small\",\"messages\":\"" + "x".repeat(HUGE_BYTES) + "\"}");

    refused(413, chat.postBytes("/chat/completions", huge));
  }

  @Test
  void deeplyNestedBody() {
    refused(
        400,
        chat.postBytes(
            "/chat/completions", bytes("[".repeat(DEEP_LEVELS) + "]".repeat(DEEP_LEVELS))));
  }

  @Test
  void unknownPath() {
    refused(404, chat.get("/no-such-thing"));
  }

  @Test
  void clientInAGroupThatThePolicyDoesNotKnow() {
    try (ChatClient stranger = site.chat("eve", "strangers")) {
      JsonNode error = refused(403, stranger.ask("small", "Say hello.", 2));

      assertTrue(error.path("message").asText().contains("'eve'"), error.toString());
    }
  }

  /** The message must never repeat the body: it may hold what is private. */
  private static JsonNode refused(int status, ChatClient.Reply reply) {
    JsonNode error = reply.body().path("error");
    assertEquals(status, reply.status(), reply.body().toString());
    assertFalse(error.path("message").asText().isBlank(), reply.body().toString());
    assertFalse(error.path("type").asText().isBlank(), reply.body().toString());
    assertTrue(error.has("param") && error.has("code"), reply.body().toString());
    return error;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
