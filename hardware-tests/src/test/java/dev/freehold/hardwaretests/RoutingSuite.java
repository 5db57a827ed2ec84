package dev.freehold.hardwaretests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.freehold.hardwaretests.site.ChatClient;
import dev.freehold.hardwaretests.site.Site;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * Public work goes to an OpenAI-compatible provider outside, confidential work stays, and when the
 * provider is gone the box answers. The policy prefers the outside for everyone: only locality
 * keeps a request in. The scenarios build on each other, in order.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class RoutingSuite {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String API_KEY = "sk-outside-7c1f0e4b9a";

  private Site site;
  private LlamaServer outside;

  @BeforeAll
  void startSiteAndProvider() throws IOException {
    site = Site.start(Path.of("target/suites/routing"));
    Path model =
        Path.of(site.distribution().run("freehold", "models", "fetch", "smollm2-135m").strip());
    outside = LlamaServer.start(model, API_KEY, site.folder().resolve("outside.log"));
    Path key = site.folder().resolve("outside.key");
    Files.writeString(key, API_KEY);
    site.publish(Policies.preferOutside(outside.url(), "outside-key"), Map.of("outside-key", key));
    site.enrolBox("box-1").start();
  }

  @AfterAll
  void stop() {
    if (outside != null) {
      outside.close();
    }
    site.close();
  }

  @Test
  @Order(1)
  void publicRequestGoesOutside() throws IOException {
    try (ChatClient website = site.chat("shop", "website")) {
      ChatClient.Reply reply = website.ask("small", "Say hello.", 8);

      assertEquals(200, reply.status(), reply.body().toString());
      assertEquals("outside", reply.provider());
      assertEquals("small", reply.body().path("model").asText());
      assertRecorded(reply.headers().firstValue("x-request-id").orElseThrow(), "public", "outside");
    }
  }

  @Test
  @Order(2)
  void publicStreamGoesOutside() throws IOException {
    try (ChatClient website = site.chat("shop", "website")) {
      ChatClient.Answer answer = website.stream("small", "Say hello.", 8, _ -> {});

      assertEquals("outside", answer.provider());
      assertFalse(answer.text().isBlank());
      assertTrue(answer.done());
      assertRecorded(answer.requestId(), "public", "outside");
    }
  }

  @Test
  @Order(3)
  void confidentialRequestStays() throws IOException {
    try (ChatClient legal = site.chat("ruth", "legal")) {
      ChatClient.Reply reply = legal.ask("small", "Say hello.", 8);

      assertEquals(200, reply.status());
      assertEquals("local", reply.provider());
      assertRecorded(
          reply.headers().firstValue("x-request-id").orElseThrow(), "confidential", "local");
    }
  }

  @Test
  @Order(4)
  void requestsLabelOnlyRises() throws IOException {
    try (ChatClient website = site.chat("shop", "website");
        ChatClient legal = site.chat("ruth", "legal")) {
      ChatClient.Reply raised = askLabelled(website, "confidential");
      ChatClient.Reply lowered = askLabelled(legal, "public");

      assertEquals("local", raised.provider());
      assertEquals("local", lowered.provider());
      assertRecorded(
          lowered.headers().firstValue("x-request-id").orElseThrow(), "confidential", "local");
    }
  }

  @Test
  @Order(5)
  void providerKilledThePublicRequestIsAnsweredLocally() throws IOException {
    outside.kill();
    try (ChatClient website = site.chat("shop", "website")) {
      ChatClient.Reply reply = website.ask("small", "Say hello.", 8);
      ChatClient.Answer answer = website.stream("small", "Say hello.", 8, _ -> {});

      assertEquals(200, reply.status(), reply.body().toString());
      assertEquals("local", reply.provider());
      assertEquals("local", answer.provider());
      assertTrue(answer.done());
      assertRecorded(reply.headers().firstValue("x-request-id").orElseThrow(), "public", "local");
      assertRecorded(answer.requestId(), "public", "local");
    }
  }

  @Test
  @Order(6)
  void providersKeyIsNowhereInTheLogs() throws IOException {
    assertFalse(Files.readString(site.box().log()).contains(API_KEY));
    assertFalse(Files.readString(site.folder().resolve("controller.log")).contains(API_KEY));
  }

  private static ChatClient.Reply askLabelled(ChatClient chat, String label) {
    return chat.post(
        "/chat/completions",
        ChatClient.request("small", "Say hello.").put("max_tokens", 8),
        Map.of("Freehold-Label", label));
  }

  private void assertRecorded(String requestId, String label, String provider) throws IOException {
    JsonNode record = usageRecord(requestId);
    assertEquals(label, record.path("label").asText(), record.toString());
    assertEquals(provider, record.path("provider").asText(), record.toString());
    assertTrue(record.path("completionTokens").asInt() > 0, record.toString());
  }

  private JsonNode usageRecord(String requestId) throws IOException {
    JsonNode records = JSON.readTree(site.box().command("usage", "--json")).path("records");
    for (JsonNode record : records) {
      if (record.path("requestId").asText().equals(requestId)) {
        return record;
      }
    }
    throw new AssertionError("no usage record of request " + requestId);
  }
}
