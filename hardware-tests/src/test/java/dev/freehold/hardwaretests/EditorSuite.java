package dev.freehold.hardwaretests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.openai.client.OpenAIClient;
import com.openai.models.completions.CompletionCreateParams;
import dev.freehold.hardwaretests.site.Site;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * What an editor's plug-in asks for while its user types: the text before and after the cursor goes
 * out, what belongs between comes back. {@code POST /infill} has llama-server's form, with the
 * fields that llama.vim and llama.vscode send; {@code POST /v1/completions} with a suffix is what
 * Continue and others send.
 */
@ExtendWith(OfficeSite.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class EditorSuite {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration ANSWER_MAX = Duration.ofMinutes(3);
  private static final String DATA = "data: ";

  private static final String BEFORE = "def add(a, b):\n    return ";
  private static final String AFTER = "\n";

  private static final String CANTONS =
      "CANTONS = ['Ticino', 'Uri', 'Glarus', 'Jura', 'Zug', 'Vaud', 'Schwyz', 'Obwalden']\n";

  /** It has more tokens than this, a name and a comma for each at the least. */
  private static final int CANTONS_TOKENS_MIN = 16;

  private final Site site;
  private final HttpClient http;

  EditorSuite(Site site) {
    this.site = site;
    this.http = site.client("alice", "everyone").httpClient();
  }

  @AfterAll
  void close() {
    http.close();
  }

  @Test
  void gapIsFilled() throws Exception {
    JsonNode answer = infill(gap(BEFORE, AFTER, 32).put("temperature", 0).set("stop", lines()));

    assertEquals("a + b", answer.path("content").asText().strip(), answer::toString);
    assertTrue(answer.path("stop").asBoolean());
    assertEquals("word", answer.path("stop_type").asText());
    assertEquals("\n", answer.path("stopping_word").asText());
    assertFalse(answer.path("truncated").asBoolean(true));
    assertTrue(answer.path("tokens_predicted").asInt() > 0);
    assertTrue(answer.path("tokens_evaluated").asInt() > 0);
  }

  @Test
  void gapEndsAtItsLimit() throws Exception {
    JsonNode answer = infill(gap(BEFORE, AFTER, 2).put("temperature", 0));

    assertEquals("limit", answer.path("stop_type").asText(), answer::toString);
    assertEquals(2, answer.path("tokens_predicted").asInt());
  }

  /** The text of the cursor's own line goes in 'prompt', which follows the text before it. */
  @Test
  void cursorsLineBelongsToTheTextBefore() throws Exception {
    ObjectNode request = gap("def add(a, b):\n", AFTER, 32).put("prompt", "    return ");
    JsonNode answer = infill(request.put("temperature", 0).set("stop", lines()));

    assertEquals("a + b", answer.path("content").asText().strip(), answer::toString);
  }

  /** What llama.vscode sends, whole: fields of a server's own tuning must not be refused. */
  @Test
  void otherFilesOfTheProjectAreUsed() throws Exception {
    ObjectNode request =
        gap(
            "from tax import *\n\n\ndef total(prices):\n    return sum(",
            " for price in prices)\n",
            16);
    request
        .put("prompt", "")
        .put("top_k", 40)
        .put("top_p", 0.99)
        .put("temperature", 0)
        .put("cache_prompt", true)
        .put("t_max_prompt_ms", 60_000)
        .put("t_max_predict_ms", 60_000);
    request.putArray("samplers").add("top_k").add("top_p").add("infill");
    request
        .putArray("input_extra")
        .addObject()
        .put("filename", "tax.py")
        .put("time", 1)
        .put(
            "text",
            """
            SWISS_VAT_RATE = 0.081


            def add_swiss_vat(net):
                return net * (1 + SWISS_VAT_RATE)
            """);

    String filled = infill(request).path("content").asText();

    assertTrue(filled.startsWith("add_swiss_vat(price)"), filled);
  }

  /** llama.vim asks for the few fields that it shows, each under its path. */
  @Test
  void onlyTheNamedFieldsComeBack() throws Exception {
    ObjectNode request = gap(BEFORE, AFTER, 4).put("temperature", 0);
    request.putArray("response_fields").add("content").add("timings/prompt_n").add("truncated");

    JsonNode answer = infill(request);

    assertEquals(
        List.of("content", "timings/prompt_n", "truncated"),
        answer.properties().stream().map(field -> field.getKey()).sorted().toList());
    assertTrue(answer.path("timings/prompt_n").isNumber(), answer::toString);
  }

  /** A plug-in sends its context ahead while the user thinks, and wants nothing back. */
  @Test
  void contextIsSentAhead() throws Exception {
    ObjectNode request = gap("", "", 0).put("prompt", "");
    request.putArray("samplers");
    request.putArray("input_extra").addObject().put("filename", "cantons.py").put("text", CANTONS);

    JsonNode answer = infill(request);

    assertEquals("", answer.path("content").asText());
    assertEquals(0, answer.path("tokens_predicted").asInt(-1), answer::toString);
    assertTrue(answer.path("tokens_evaluated").asInt() > CANTONS_TOKENS_MIN, answer::toString);
  }

  @Test
  void streamedGapIsTheSame() throws Exception {
    ObjectNode request = gap(BEFORE, AFTER, 8).put("temperature", 0);
    String whole = infill(request).path("content").asText();

    List<JsonNode> events = new ArrayList<>();
    for (String line : send(request.put("stream", true)).body().lines().toList()) {
      if (line.startsWith(DATA)) {
        events.add(JSON.readTree(line.substring(DATA.length())));
      }
    }

    assertEquals(
        whole,
        events.stream().map(event -> event.path("content").asText()).collect(Collectors.joining()));
    assertTrue(events.size() > 2, "a stream arrives in pieces");
    assertFalse(events.getFirst().path("stop").asBoolean(true));
    assertTrue(events.getLast().path("stop").asBoolean());
    assertEquals("limit", events.getLast().path("stop_type").asText());
  }

  @Test
  void modelWithoutSuchTokensRefuses() throws Exception {
    HttpResponse<String> refusal = send(gap(BEFORE, AFTER, 8).put("model", OfficeSite.SMALL));

    assertEquals(400, refusal.statusCode(), refusal.body());
  }

  @Test
  void gapWithoutTextBeforeIsABadRequest() throws Exception {
    ObjectNode request = gap(BEFORE, AFTER, 8);
    request.remove("input_prefix");

    HttpResponse<String> refusal = send(request);

    assertEquals(400, refusal.statusCode(), refusal.body());
    assertTrue(refusal.body().contains("input_prefix"), refusal.body());
  }

  @Test
  void completionWithASuffixIsTheSameGap(OpenAIClient client) {
    CompletionCreateParams gap =
        CompletionCreateParams.builder()
            .model(OfficeSite.ASSISTANT)
            .prompt(BEFORE)
            .suffix(AFTER)
            .stop("\n")
            .temperature(0)
            .maxTokens(32)
            .build();

    String whole = client.completions().create(gap).choices().getFirst().text();

    assertEquals("a + b", whole.strip());
    assertEquals(whole, new OpenAiAnswers(client).streamed(gap));
  }

  private static ObjectNode gap(String before, String after, int tokensMax) {
    return JSON.createObjectNode()
        .put("model", OfficeSite.ASSISTANT)
        .put("input_prefix", before)
        .put("input_suffix", after)
        .put("n_predict", tokensMax)
        .put("stream", false);
  }

  private static JsonNode lines() {
    return JSON.createArrayNode().add("\n");
  }

  private JsonNode infill(JsonNode request) throws IOException, InterruptedException {
    HttpResponse<String> response = send(request);
    assertEquals(200, response.statusCode(), response.body());
    return JSON.readTree(response.body());
  }

  private HttpResponse<String> send(JsonNode request) throws IOException, InterruptedException {
    return http.send(
        HttpRequest.newBuilder(URI.create(OfficeSite.baseUrl(site) + "/infill"))
            .timeout(ANSWER_MAX)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(request.toString()))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }
}
