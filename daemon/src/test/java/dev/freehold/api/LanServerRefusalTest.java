package dev.freehold.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.freehold.api.TestClient.Reply;
import dev.freehold.inference.InferenceException;
import dev.freehold.provider.FakeProvider;
import dev.freehold.store.Outcome;
import dev.freehold.store.UsageRecord;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a client gets that is not let in, or that asks for what cannot be. */
class LanServerRefusalTest extends ServedTest {

  private static final String CHAT = "/v1/chat/completions";
  private static final String QUESTION =
      "{\"model\":\"assistant\",\"messages\":[{\"role\":\"user\",\"content\":\"hi there\"}]%s}";

  @Test
  void clientWithoutCertificateGetsAnAlertAndNotOneByte() throws Exception {
    try (SSLSocket socket = TestClient.socket(box.server.address(), box.servers, null)) {
      assertOnlyAlert(socket);
    }
  }

  @Test
  void clientOfAForeignAuthorityGetsAnAlertAndNotOneByte() throws Exception {
    TestAuthority foreign = TestAuthority.create("clients");
    try (SSLSocket socket =
        TestClient.socket(
            box.server.address(), box.servers, foreign.client("CN=alice, OU=website"))) {
      assertOnlyAlert(socket);
    }
  }

  @Test
  void certificateOfTheServersAuthorityDoesNotLetAClientIn() throws Exception {
    try (SSLSocket socket =
        TestClient.socket(box.server.address(), box.servers, box.servers.server())) {
      assertOnlyAlert(socket);
    }
  }

  @Test
  void expiredCertificateGetsAnAlertAndNotOneByte() throws Exception {
    TestAuthority.Credential expired =
        box.clients.client("CN=alice, OU=website", Duration.ofSeconds(-30));
    try (SSLSocket socket = TestClient.socket(box.server.address(), box.servers, expired)) {
      assertOnlyAlert(socket);
    }
  }

  @Test
  void tls12IsNotSpoken() throws Exception {
    try (SSLSocket socket =
        TestClient.socket(
            box.server.address(), box.servers, box.clients.client("CN=alice, OU=website"))) {
      socket.setEnabledProtocols(new String[] {"TLSv1.2"});
      assertThrows(SSLHandshakeException.class, socket::startHandshake);
    }
  }

  /** In TLS 1.3 a client learns of its refusal at its first read. */
  private static void assertOnlyAlert(SSLSocket socket) throws IOException {
    int[] bytes = {0};
    SSLHandshakeException alert =
        assertThrows(
            SSLHandshakeException.class,
            () -> {
              socket.startHandshake();
              socket
                  .getOutputStream()
                  .write(
                      "GET /v1/models HTTP/1.1\r\nHost: localhost\r\n\r\n"
                          .getBytes(StandardCharsets.US_ASCII));
              while (socket.getInputStream().read() >= 0) {
                bytes[0]++;
              }
            });
    assertTrue(alert.getMessage().contains("alert"), alert.getMessage());
    assertEquals(0, bytes[0]);
  }

  @Test
  void openConnectionIsRefusedOnceItsCertificateHasExpired() throws Exception {
    try (TestClient client = box.client()) {
      assertEquals(200, client.get("/v1/models").status());
      box.clockOffset = Duration.ofHours(2);
      Reply reply = client.post(CHAT, QUESTION.formatted(""));
      assertError(reply, 401, "certificate_invalid", "authentication_error");
      assertTrue(client.isAtEnd());
    }
  }

  @Test
  void openConnectionIsRefusedOnceItsAuthorityIsNoLongerTrusted() throws Exception {
    TestAuthority next = TestAuthority.create("next");
    try (TestClient client = box.client()) {
      assertEquals(200, client.get("/v1/models").status());
      box.server.identity(box.identity(next));
      assertEquals(401, client.get("/v1/models").status());
      try (TestClient newcomer =
          TestClient.connect(
              box.server.address(), box.servers, next.client("CN=dora, OU=website"))) {
        assertEquals(200, newcomer.get("/v1/models").status());
      }
    } finally {
      box.server.identity(box.identity(box.clients));
    }
  }

  @Test
  void clientInNoGroupOfThePolicyIsForbidden() throws Exception {
    try (TestClient client = box.client("CN=mallory, OU=strangers, O=test")) {
      Reply reply = client.post(CHAT, QUESTION.formatted(""));
      assertError(reply, 403, "not_allowed", "permission_error");
      UsageRecord record = box.record(reply.header("x-request-id"));
      assertEquals(Outcome.REFUSED, record.outcome());
      assertEquals("mallory", record.client());
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "{\"model\":\"assistant\"                                     | malformed_request | ",
        "[]                                                           | malformed_request | ",
        "\"text\"                                                     | malformed_request | ",
        "{\"model\":\"assistant\",\"messages\":[]}                    | | messages",
        "{\"model\":\"assistant\"}                                    | | messages",
        "{\"model\":7,\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]} | | model",
        "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}       | | model",
        "{\"model\":\"assistant\",\"messages\":\"x\"}                 | | messages",
        "{\"model\":\"assistant\",\"messages\":[\"x\"]}               | | messages[0]",
        "{\"model\":\"assistant\",\"messages\":[{\"role\":\"king\",\"content\":\"x\"}]} | |"
            + " messages[0].role",
        "{\"model\":\"assistant\",\"messages\":[{\"role\":\"user\"}]} | | messages[0].content",
        "{\"model\":\"assistant\",\"messages\":[{\"role\":\"user\",\"content\":7}]} | |"
            + " messages[0].content",
        "{\"model\":\"assistant\",\"messages\":[{\"role\":\"tool\",\"content\":\"x\"}]} | |"
            + " messages[0].tool_call_id",
        "{\"model\":\"assistant\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{}}]}]}"
            + " | | messages[0].content[0].image_url.url",
      })
  void wrongBodyIsNamedByItsField(String body, String code, String param) throws Exception {
    try (TestClient client = box.client()) {
      Reply reply = client.post(CHAT, body);
      JsonNode error = assertError(reply, 400, code, "invalid_request_error");
      assertEquals(param == null ? "" : param, error.path("param").asText(""));
      assertEquals(200, client.get("/v1/models").status(), "the connection lives on");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "\"temperature\":2.1 | temperature",
        "\"temperature\":-0.1 | temperature",
        "\"temperature\":\"hot\" | temperature",
        "\"top_p\":1.5 | top_p",
        "\"max_tokens\":0 | max_tokens",
        "\"max_tokens\":1.5 | max_tokens",
        "\"max_completion_tokens\":-1 | max_completion_tokens",
        "\"n\":9 | n",
        "\"logprobs\":1 | logprobs",
        "\"stream\":\"yes\" | stream",
        "\"stream_options\":{\"include_usage\":true} | stream_options",
        "\"stop\":[\"\"] | stop",
        "\"stop\":7 | stop",
        "\"seed\":\"x\" | seed",
        "\"presence_penalty\":3 | presence_penalty",
        "\"logit_bias\":{\"a\":1} | logit_bias",
        "\"logit_bias\":{\"1\":101} | logit_bias",
        "\"tool_choice\":\"required\" | tool_choice",
        "\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"f\"}} | tool_choice",
        "\"tools\":[{\"type\":\"browser\"}] | tools[0].type",
        "\"response_format\":{\"type\":\"xml\"} | response_format.type",
        "\"functions\":[{}] | functions",
      })
  void wrongOptionIsNamedByItsField(String option, String param) throws Exception {
    try (TestClient client = box.client()) {
      Reply reply = client.post(CHAT, QUESTION.formatted("," + option));
      JsonNode error = assertError(reply, 400, null, "invalid_request_error");
      assertEquals(param, error.path("param").asText());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"[", "{\"a\":"})
  void deepNestingIsRefusedAndNothingOverflows(String level) throws Exception {
    try (TestClient client = box.client()) {
      Reply reply = client.post(CHAT, level.repeat(BODY_BYTES_MAX / 8));
      assertError(reply, 400, "malformed_request", "invalid_request_error");
      assertTrue(reply.body().contains("levels of nesting"), reply.body());
    }
  }

  @Test
  void bodyThatIsNotUtf8IsRefused() throws Exception {
    try (TestClient client = box.client()) {
      client.send(
          "POST "
              + CHAT
              + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
              + "Content-Length: 9\r\n\r\n");
      client.output().write(new byte[] {'{', '"', (byte) 0xC3, 0x28, '"', ':', '1', '}', ' '});
      client.output().flush();
      assertEquals(400, client.reply().status());
    }
  }

  @Test
  void emptyBodyIsRefused() throws Exception {
    try (TestClient client = box.client()) {
      assertEquals(400, client.post(CHAT, "").status());
    }
  }

  @Test
  void longBodyIsAnswered413EvenWhileItIsStillBeingSent() throws Exception {
    try (TestClient client = box.client()) {
      Reply reply = client.post(CHAT, "x".repeat(4_000_000));
      assertError(reply, 413, "body_too_large", "invalid_request_error");
      assertEquals("close", reply.header("connection"));
    }
  }

  @Test
  void longBodyOfUnknownLengthIsAnswered413() throws Exception {
    try (TestClient client = box.client()) {
      client.send(
          "POST "
              + CHAT
              + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
              + "Transfer-Encoding: chunked\r\n\r\n");
      String chunk = "2710\r\n" + "x".repeat(10_000) + "\r\n";
      for (int i = 0; i < 400; i++) {
        client.send(chunk);
      }
      client.send("0\r\n\r\n");
      assertEquals(413, client.reply().status());
    }
  }

  @Test
  void clientThatAsksBeforeItSendsALongBodyIsToldAtOnce() throws Exception {
    try (TestClient client = box.client()) {
      client.send(
          "POST "
              + CHAT
              + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
              + "Content-Length: 999999\r\nExpect: 100-continue\r\n\r\n");
      assertEquals(413, client.reply().status());
    }
  }

  @Test
  void chunkedBodyWithinTheBoundIsRead() throws Exception {
    try (TestClient client = box.client()) {
      String body = QUESTION.formatted("");
      client.send(
          "POST "
              + CHAT
              + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json; charset=utf-8\r\n"
              + "Transfer-Encoding: chunked\r\n\r\n"
              + Integer.toHexString(body.length())
              + "\r\n"
              + body
              + "\r\n0\r\n\r\n");
      assertEquals(200, client.reply().status());
      assertEquals(200, client.get("/v1/models").status());
    }
  }

  @Test
  void unknownPathWrongMethodAndWrongMediaTypeAreTold() throws Exception {
    try (TestClient client = box.client()) {
      assertError(client.get("/v2/anything"), 404, "not_found", "invalid_request_error");
      Reply method = client.get(CHAT);
      assertError(method, 405, "method_not_allowed", "invalid_request_error");
      assertEquals("POST", method.header("allow"));
    }
    try (TestClient client = box.client()) {
      assertError(
          client.post("/v1/models", "{}"), 405, "method_not_allowed", "invalid_request_error");
    }
    try (TestClient client = box.client()) {
      Reply media = client.post(CHAT, QUESTION.formatted(""), "Content-Type: text/plain");
      assertError(media, 415, "unsupported_media_type", "invalid_request_error");
    }
  }

  @Test
  void brokenHttpIsAnsweredInTheSameForm() throws Exception {
    try (TestClient client = box.client()) {
      client.send("GET /v1/models HTTP/1.1\r\n\r\n");
      Reply reply = client.reply();
      assertError(reply, 400, "bad_http_request", "invalid_request_error");
    }
  }

  @Test
  void unknownModelIsToldWhatThereIs() throws Exception {
    try (TestClient client = box.client()) {
      Reply reply = client.post(CHAT, QUESTION.formatted("").replace("assistant", "gpt-9"));
      JsonNode error = assertError(reply, 404, "model_not_found", "invalid_request_error");
      assertEquals("model", error.path("param").asText());
      assertTrue(error.path("message").asText().contains("assistant"));
      assertEquals(Optional.empty(), box.record(reply.header("x-request-id")).model());
    }
  }

  @Test
  void unknownLabelIsRefusedAndNeverPassedOver() throws Exception {
    try (TestClient client = box.client()) {
      Reply reply = client.post(CHAT, QUESTION.formatted(""), "Freehold-Label: top-secret");
      JsonNode error = assertError(reply, 400, null, "invalid_request_error");
      assertEquals("Freehold-Label", error.path("param").asText());
    }
  }

  @ParameterizedTest
  @CsvSource({
    "INVALID_REQUEST, 400, invalid_request, false",
    "CONTEXT_TOO_LONG, 400, context_length_exceeded, false",
    "MODEL_NOT_FOUND, 404, model_not_found, false",
    "FORBIDDEN, 403, not_allowed, false",
    "OVERLOADED, 429, overloaded, true",
    "UNAVAILABLE, 503, unavailable, true",
    "PROVIDER_REFUSED, 502, provider_refused, false",
    "PROVIDER_FAILED, 502, provider_failed, false",
    "TIMED_OUT, 504, timed_out, false",
    "INTERNAL, 500, internal_error, false",
  })
  void failureOfTheProviderHasItsStatus(
      InferenceException.Kind kind, int status, String code, boolean retry) throws Exception {
    box.local.fails(kind);
    try (TestClient client = box.client("CN=bob, OU=legal, O=test")) {
      Reply reply = client.post(CHAT, QUESTION.formatted(""));
      assertError(reply, status, code, null);
      assertEquals(retry ? "1" : "", reply.header("retry-after"));
      UsageRecord record = box.record(reply.header("x-request-id"));
      assertEquals(status, record.status());
      assertEquals(Outcome.FAILED, record.outcome());
    }
  }

  @Test
  void waitThatAProviderAsksForIsPassedOn() throws Exception {
    box.local.plays(
        List.of(
            new FakeProvider.Step.Break(
                InferenceException.Kind.OVERLOADED, Optional.of(Duration.ofSeconds(7)))));
    try (TestClient client = box.client("CN=bob, OU=legal, O=test")) {
      assertEquals("7", client.post(CHAT, QUESTION.formatted("")).header("retry-after"));
    }
  }

  /** Every answer, errors included, has the two headers and OpenAI's error object. */
  private static JsonNode assertError(Reply reply, int status, String code, String type)
      throws IOException {
    assertEquals(status, reply.status(), reply.body());
    assertFalse(reply.header("x-request-id").isEmpty());
    assertFalse(reply.header("freehold-provider").isEmpty());
    assertEquals("application/json", reply.header("content-type"));
    JsonNode error = Json.MAPPER.readTree(reply.body()).path("error");
    assertFalse(error.path("message").asText().isEmpty());
    assertTrue(error.has("param") && error.has("code") && error.has("type"));
    if (type != null) {
      assertEquals(type, error.path("type").asText());
    }
    assertEquals(code, error.path("code").asText(null));
    return error;
  }
}
