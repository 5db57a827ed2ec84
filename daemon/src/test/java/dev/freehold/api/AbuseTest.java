package dev.freehold.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.freehold.abuse.AbuseRules;
import dev.freehold.abuse.QuarantineEntry;
import dev.freehold.abuse.Rule;
import dev.freehold.abuse.Rule.Name;
import dev.freehold.api.TestClient.Reply;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who abuses the API is shut out of it, others are not; over real TLS. */
final class AbuseTest {

  private static final long BOUND = 3;
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final String CHAT = "/v1/chat/completions";
  private static final String QUESTION =
      "{\"model\":\"assistant\",\"messages\":[{\"role\":\"user\",\"content\":\"hi there\"}]%s}";
  private static final String WITH_LOGPROBS = QUESTION.formatted(",\"logprobs\":true");
  private static final String BOB = "CN=bob, OU=website, O=test";

  @TempDir Path folder;

  private TestBox box;

  @BeforeEach
  void start() {
    AbuseRules rules = TestBox.lenient();
    for (Name name :
        List.of(Name.LOGPROBS, Name.CERTIFICATES_REFUSED, Name.EMBEDDED_TEXTS, Name.TOKENS)) {
      Rule rule = rules.rule(name);
      long bound = name == Name.TOKENS ? 1_000 : BOUND;
      rules = rules.with(new Rule(name, rule.window(), bound, rule.consequence()));
    }
    box = new TestBox(folder, LanServerConfig.DEFAULT_BODY_BYTES_MAX, rules);
    box.local.answers("Hel", "lo");
    box.remote.answers("far");
  }

  @AfterEach
  void stop() {
    box.close();
  }

  @Test
  void clientThatBreaksARuleIsRefusedEverywhereAndOthersAreNot() throws Exception {
    try (TestClient alice = box.client();
        TestClient bob = box.client(BOB)) {
      for (int i = 0; i <= BOUND; i++) {
        assertEquals(200, alice.post(CHAT, WITH_LOGPROBS).status(), "request " + i);
      }

      Reply refused = alice.post(CHAT, QUESTION.formatted(""));
      assertEquals(429, refused.status());
      long seconds = Long.parseLong(refused.header("Retry-After"));
      assertTrue(seconds > 290 && seconds <= 300, "Retry-After " + seconds);
      JsonNode error = Json.MAPPER.readTree(refused.body()).path("error");
      assertEquals("rate_limit_error", error.path("type").asText());
      assertTrue(error.path("message").asText().contains("quarantine until"), error.toString());
      assertEquals(429, alice.get("/v1/models").status());
      Reply message =
          alice.post(
              MessageJson.PATH,
              "{\"model\":\"assistant\",\"max_tokens\":5,"
                  + "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}");
      assertEquals(429, message.status());
      assertEquals(
          "rate_limit_error",
          Json.MAPPER.readTree(message.body()).path("error").path("type").asText());
      // A new connection is no way out, nor is a new certificate.
      try (TestClient again = box.client()) {
        assertEquals(429, again.get("/v1/models").status());
      }
      assertEquals(200, bob.post(CHAT, QUESTION.formatted("")).status());

      assertEquals(1, box.quarantine.release("alice"));
      assertEquals(200, alice.post(CHAT, QUESTION.formatted("")).status());
    }
  }

  @Test
  void refusalsOfTheQuarantineItselfAreNoHammering() throws Exception {
    try (TestClient alice = box.client()) {
      for (int i = 0; i <= BOUND; i++) {
        alice.post(CHAT, WITH_LOGPROBS);
      }
      for (int i = 0; i < 2 * AbuseRules.HAMMERING_MAX; i++) {
        assertEquals(429, alice.get("/v1/models").status());
      }
      List<QuarantineEntry> entries = box.quarantine.list();
      assertEquals(1, entries.size());
      assertEquals("logprobs", entries.getFirst().rule());
      assertEquals(1, entries.getFirst().offences());
    }
  }

  @Test
  void tokensReadAndWrittenAreCounted() throws Exception {
    String words = "word ".repeat(500);
    String long1 =
        "{\"model\":\"assistant\",\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]}"
            .formatted(words);
    try (TestClient alice = box.client()) {
      int answered = 0;
      while (alice.post(CHAT, long1).status() == 200) {
        assertTrue(++answered < 10, "never shut out");
      }
      assertEquals("tokens", box.quarantine.list().getFirst().rule());
    }
  }

  @Test
  void addressThatTriesCertificatesIsClosedOutBeforeTheHandshake() throws Exception {
    TestAuthority foreign = TestAuthority.create("clients");
    TestAuthority.Credential stolen =
        new TestAuthority.Credential(
            foreign.client("CN=x").keys(), box.clients.client("CN=alice").chain());
    try (TestClient before = box.client(BOB)) {
      handshakeFails(box.servers, null);
      handshakeFails(box.servers, foreign.client("CN=alice, OU=website"));
      handshakeFails(box.servers, stolen);
      handshakeFails(box.servers, box.clients.client("CN=alice", Duration.ofSeconds(-30)));

      await(() -> !box.quarantine.list().isEmpty());
      QuarantineEntry entry = box.quarantine.list().getFirst();
      assertEquals("certificates-refused", entry.rule());
      assertEquals("127.0.0.1", entry.suspect().name());
      assertThrows(IOException.class, () -> box.client().get("/v1/models"));
      // Who is there already stays: the address may stand for many.
      assertEquals(200, before.get("/v1/models").status());

      assertEquals(1, box.quarantine.release("127.0.0.1"));
      try (TestClient again = box.client()) {
        assertEquals(200, again.get("/v1/models").status());
      }
    }
  }

  @Test
  void handshakesThatFailForAnotherReasonAreNoOffence() throws Exception {
    TestAuthority foreign = TestAuthority.create("servers");
    for (int i = 0; i < 4 * BOUND; i++) {
      handshakeFails(foreign, box.clients.client("CN=alice, OU=website"));
      try (SSLSocket socket =
          TestClient.socket(box.server.address(), box.servers, box.clients.client("CN=alice"))) {
        socket.setEnabledProtocols(new String[] {"TLSv1.2"});
        assertThrows(IOException.class, socket::startHandshake);
      }
    }
    try (TestClient alice = box.client()) {
      assertEquals(200, alice.get("/v1/models").status());
    }
    assertEquals(List.of(), box.quarantine.list());
  }

  @Test
  void certificateThatExpiredOnAnOpenConnectionCountsForItsAddress() throws Exception {
    for (int i = 0; i <= BOUND; i++) {
      box.clockOffset = Duration.ZERO;
      try (TestClient alice = box.client()) {
        assertEquals(200, alice.get("/v1/models").status());
        box.clockOffset = Duration.ofDays(2);
        assertEquals(401, alice.get("/v1/models").status());
      }
    }
    assertEquals("certificates-refused", box.quarantine.list().getFirst().rule());
  }

  private void handshakeFails(TestAuthority server, TestAuthority.Credential own)
      throws IOException {
    try (SSLSocket socket = TestClient.socket(box.server.address(), server, own)) {
      assertThrows(
          IOException.class,
          () -> {
            socket.startHandshake();
            // In TLS 1.3 a client learns of its refusal at its first read.
            assertFalse(socket.getInputStream().read() >= 0);
            throw new IOException("closed");
          });
    }
  }

  private static void await(Callable<Boolean> condition) throws Exception {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.call()) {
      assertTrue(System.nanoTime() < deadline, "it never came to that");
      Thread.onSpinWait();
    }
  }
}
