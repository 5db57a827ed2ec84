package dev.freehold.api;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.freehold.api.TestClient.Reply;
import dev.freehold.inference.InferenceException;
import dev.freehold.store.Outcome;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How a client of Anthropic's form is told that it gets nothing. */
class MessageRefusalsTest extends ServedMessages {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "{\"model\":\"assistant\"                                                | valid JSON",
        "{\"model\":\"assistant\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}"
            + " | 'max_tokens' is missing",
        "{\"model\":\"assistant\",\"max_tokens\":0}                              | 'max_tokens'",
        "{\"max_tokens\":1,\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]} | 'model'",
        "{\"model\":\"assistant\",\"max_tokens\":1}                              | 'messages'",
        "{\"model\":\"assistant\",\"max_tokens\":1,\"messages\":[{\"role\":\"user\",\"content\":[]}]}"
            + " | 'messages'",
        "{\"model\":\"assistant\",\"max_tokens\":1,\"messages\":[{\"role\":\"tool\",\"content\":\"x\"}]}"
            + " | 'messages[0].role'",
        "{\"model\":\"assistant\",\"max_tokens\":1,\"messages\":[{\"role\":\"user\",\"content\":7}]}"
            + " | 'messages[0].content'",
        "{\"model\":\"assistant\",\"max_tokens\":1,\"messages\":[{\"role\":\"user\",\"content\":\"x\"},{\"role\":\"assistant\",\"content\":\"The"
            + " answer is (\"}]} | End with a user's message",
      })
  void wrongBodyIsToldInAnthropicsErrorShape(String body, String told) throws Exception {
    try (TestClient client = box.client()) {
      Reply reply = client.post(PATH, body);
      assertTold(reply, told);
      assertEquals(200, client.get("/v1/models").status(), "the connection lives on");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "{\"type\":\"image\",\"source\":{}}                    | content[0].source.type",
        "{\"type\":\"document\",\"source\":{}}                 | cannot read",
        "{\"type\":\"tool_use\",\"id\":\"a\",\"name\":\"b\",\"input\":{}} | only the assistant",
        "{\"type\":\"tool_result\"}                            | content[0].tool_use_id",
        "{\"type\":\"tool_result\",\"tool_use_id\":\"a\",\"content\":[{\"type\":\"image\"}]}"
            + " | content[0].content[0].type",
        "{\"type\":\"text\"}                                   | content[0].text",
        "{}                                                    | content[0].type",
        "7                                                     | 'messages[0].content[0]'",
      })
  void wrongBlockIsToldByItsPlace(String block, String told) throws Exception {
    String body =
        "{\"model\":\"assistant\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":["
            + block
            + "]}]}";
    try (TestClient client = box.client()) {
      assertTold(client.post(PATH, body), told);
      assertTold(client.post(COUNT, body), told);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "\"temperature\":3                                        | 'temperature'",
        "\"stop_sequences\":[\"\"]                                | 'stop_sequences'",
        "\"stop_sequences\":7                                     | 'stop_sequences'",
        "\"stream\":\"yes\"                                       | 'stream'",
        "\"system\":[{\"type\":\"image\"}]                        | 'system[0].type'",
        "\"tools\":[{\"name\":\"x\"}]                             | 'tools[0].input_schema'",
        "\"tools\":[{\"type\":\"web_search_20250305\",\"name\":\"web_search\"}]"
            + " | no tools of its own",
        "\"tool_choice\":{\"type\":\"any\"}                       | there are no 'tools'",
        "\"tool_choice\":{\"type\":\"tool\",\"name\":\"f\"}       | not among 'tools'",
        "\"tool_choice\":{\"type\":\"king\"}                      | 'tool_choice.type'",
        "\"tool_choice\":\"auto\"                                 | 'tool_choice'",
        "\"thinking\":{}                                          | 'thinking.type'",
        "\"output_config\":{\"format\":{\"type\":\"xml\"}}        | 'output_config.format.type'",
      })
  void wrongOptionIsToldByItsName(String option, String told) throws Exception {
    try (TestClient client = box.client()) {
      assertTold(client.post(PATH, QUESTION.formatted("," + option)), told);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "INVALID_REQUEST, 400, invalid_request_error",
    "CONTEXT_TOO_LONG, 400, invalid_request_error",
    "MODEL_NOT_FOUND, 404, not_found_error",
    "FORBIDDEN, 403, permission_error",
    "OVERLOADED, 429, rate_limit_error",
    "UNAVAILABLE, 503, overloaded_error",
    "PROVIDER_FAILED, 502, api_error",
    "TIMED_OUT, 504, timeout_error",
    "INTERNAL, 500, api_error",
  })
  void failureOfTheProviderHasItsStatusAndType(
      InferenceException.Kind kind, int status, String type) throws Exception {
    box.local.fails(kind);
    try (TestClient client = box.client("CN=bob, OU=legal, O=test")) {
      for (String body : List.of(QUESTION.formatted(""), STREAM)) {
        Reply reply = client.post(PATH, body);
        assertError(reply, status, type);
        assertEquals(Outcome.FAILED, box.record(reply.header("x-request-id")).outcome());
      }
    }
  }

  @Test
  void everyOtherRefusalHasTheShapeToo() throws Exception {
    try (TestClient client = box.client("CN=mallory, OU=strangers, O=test")) {
      assertError(client.post(PATH, QUESTION.formatted("")), 403, "permission_error");
    }
    try (TestClient client = box.client()) {
      assertError(
          client.post(PATH, QUESTION.formatted("").replace("assistant", "other")),
          404,
          "not_found_error");
      assertError(client.post(PATH, "x".repeat(200_000)), 413, "request_too_large");
    }
    try (TestClient client = box.client()) {
      for (String path : List.of(PATH, COUNT)) {
        Reply method = client.get(path);
        assertError(method, 405, "invalid_request_error");
        assertEquals("POST", method.header("allow"));
      }
      assertError(client.get(PATH + "/batches"), 404, "not_found_error");
      assertError(
          client.post(PATH, QUESTION.formatted(""), "Content-Type: text/plain"),
          415,
          "invalid_request_error");
      assertError(
          client.post(PATH, STREAM, "Freehold-Label: top-secret"), 400, "invalid_request_error");
    }
    try (TestClient client = box.client()) {
      client.send("POST /v1/messages HTTP/1.1\r\n\r\n");
      assertError(client.reply(), 400, "invalid_request_error");
    }
  }

  @Test
  void onlyAdmittedClientsAndOfferedModelsAreCountedFor() throws Exception {
    try (TestClient client = box.client("CN=mallory, OU=strangers, O=test")) {
      assertError(client.post(COUNT, QUESTION.formatted("")), 403, "permission_error");
    }
    try (TestClient client = box.client()) {
      Reply reply = client.post(COUNT, QUESTION.formatted("").replace("assistant", "other"));
      assertError(reply, 404, "not_found_error");
    }
  }

  @Test
  void countOfAModelThatIsNotLoadedIsRefusedAndNotEstimated(@TempDir Path own) throws Exception {
    try (TestBox loading = new TestBox(own);
        TestClient client = loading.client()) {
      loading.models.fails(InferenceException.Kind.UNAVAILABLE);
      Reply reply = client.post(COUNT, QUESTION.formatted(""));
      assertError(reply, 503, "overloaded_error");
      assertEquals("1", reply.header("retry-after"));
      Reply answered = client.post(PATH, QUESTION.formatted(""));
      assertEquals(200, answered.status(), "an estimate is good enough to route by");
      loading.server.close(Duration.ofSeconds(1));
    }
  }
}
