package dev.freehold.provider.gemini;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.freehold.inference.FinishReason;
import dev.freehold.inference.InferenceEvent;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.Message;
import dev.freehold.inference.OutputFormat;
import dev.freehold.inference.Priority;
import dev.freehold.inference.Prompt;
import dev.freehold.inference.Sampling;
import dev.freehold.inference.Tool;
import dev.freehold.inference.ToolCall;
import dev.freehold.inference.ToolChoice;
import dev.freehold.inference.Usage;
import dev.freehold.provider.remote.BrokenAnswer;
import dev.freehold.provider.remote.BytesReply;
import dev.freehold.provider.remote.CollectedAnswer;
import dev.freehold.provider.remote.Outgoing;
import dev.freehold.provider.remote.RandomTexts;
import dev.freehold.provider.remote.SpokenItem;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** How requests and answers are put into Gemini's form and back. */
class GeminiFormTest {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final GeminiProtocol PROTOCOL = new GeminiProtocol(GeminiProtocol.DEFAULT_URL);
  private static final List<Message> HI = List.of(Message.of(Message.Role.USER, "hi"));
  private static final Tool TOOL = new Tool("f", "does f", "{\"type\":\"object\"}");

  private static JsonNode body(InferenceRequest request) throws Exception {
    return JSON.readTree(PROTOCOL.encode(request, "gemini-x").body());
  }

  private static InferenceRequest request(Prompt prompt, Sampling sampling, OutputFormat format) {
    return new InferenceRequest("r-1", "assistant", prompt, sampling, format, OptionalInt.empty());
  }

  private static InferenceRequest plain(Prompt prompt) {
    return request(prompt, Sampling.defaults(), new OutputFormat.Text());
  }

  private static InferenceRequest chat() {
    return plain(new Prompt.Chat(HI, List.of(), new ToolChoice.Auto(), true));
  }

  private static CollectedAnswer read(String... responses) throws Exception {
    StringBuilder stream = new StringBuilder();
    for (String response : responses) {
      stream.append("data: ").append(response).append("\r\n\r\n");
    }
    return CollectedAnswer.of(
        BytesReply.read(PROTOCOL.reading(chat(), 7), stream.toString(), new Random(1)));
  }

  @Test
  void randomConversationIsTheSameThere() throws Exception {
    long seed = System.nanoTime();
    RandomTexts texts = new RandomTexts(new Random(seed));
    for (int i = 0; i < 500; i++) {
      InferenceRequest request = texts.request();
      JsonNode body = body(request);
      assertEquals(SpokenItem.of(request), spoken(body), "seed " + seed + ", request " + i);
      for (int turn = 1; turn < body.path("contents").size(); turn++) {
        assertNotEquals(
            body.path("contents").get(turn - 1).path("role"),
            body.path("contents").get(turn).path("role"),
            "seed " + seed);
      }
      List<Tool> tools = new ArrayList<>();
      body.at("/tools/0/functionDeclarations")
          .forEach(
              tool ->
                  tools.add(
                      new Tool(
                          tool.path("name").asText(),
                          tool.path("description").asText(),
                          tool.path("parametersJsonSchema").toString())));
      assertEquals(((Prompt.Chat) request.prompt()).tools(), tools, "seed " + seed);
    }
  }

  /** Reads the published shape. */
  private static List<SpokenItem> spoken(JsonNode body) {
    List<SpokenItem> items = new ArrayList<>();
    body.at("/systemInstruction/parts")
        .forEach(part -> items.add(SpokenItem.words("system", part.path("text").asText())));
    for (JsonNode content : body.path("contents")) {
      boolean isModel = content.path("role").asText().equals("model");
      for (JsonNode part : content.path("parts")) {
        JsonNode call = part.path("functionCall");
        JsonNode result = part.path("functionResponse");
        if (part.has("text")) {
          items.add(SpokenItem.words(isModel ? "assistant" : "user", part.path("text").asText()));
        } else if (part.has("inlineData")) {
          items.add(
              SpokenItem.image(
                  part.at("/inlineData/mimeType").asText(), part.at("/inlineData/data").asText()));
        } else if (isModel) {
          items.add(
              SpokenItem.call(
                  call.path("id").asText(), call.path("name").asText(), call.path("args")));
        } else {
          assertTrue(result.path("name").asText().matches("f[01]"), "the call's own name");
          items.add(
              SpokenItem.result(
                  result.path("id").asText(), result.at("/response/output").asText()));
        }
      }
    }
    return items;
  }

  @Test
  void randomAnswerIsTheSameHere() throws Exception {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    RandomTexts texts = new RandomTexts(random);
    for (int i = 0; i < 500; i++) {
      CollectedAnswer answer = texts.answer();
      List<InferenceEvent> events =
          BytesReply.read(PROTOCOL.reading(chat(), 7), streamed(answer, texts, random), random);
      CollectedAnswer read = CollectedAnswer.of(events);
      assertEquals(SpokenItem.call("", "", tree(answer)), SpokenItem.call("", "", tree(read)));
      assertEquals(
          new CollectedAnswer(
              answer.reasoning(), answer.text(), read.calls(), answer.reason(), answer.usage()),
          read,
          "seed " + seed + ", answer " + i);
    }
  }

  private static JsonNode tree(CollectedAnswer answer) throws IOException {
    ArrayNode calls = JSON.createArrayNode();
    for (ToolCall call : answer.calls()) {
      calls.add(call.id()).add(call.name()).add(JSON.readTree(call.arguments()));
    }
    return calls;
  }

  /** Streams an answer as the API's reference says that it does. */
  static String streamed(CollectedAnswer answer, RandomTexts texts, Random random)
      throws IOException {
    List<ObjectNode> parts = new ArrayList<>();
    for (String piece : texts.pieces(answer.reasoning())) {
      parts.add(JSON.createObjectNode().put("text", piece).put("thought", true));
    }
    for (String piece : texts.pieces(answer.text())) {
      parts.add(JSON.createObjectNode().put("text", piece));
    }
    for (ToolCall call : answer.calls()) {
      ObjectNode part = JSON.createObjectNode().put("thoughtSignature", "c2ln");
      part.putObject("functionCall")
          .put("id", call.id())
          .put("name", call.name())
          .set("args", JSON.readTree(call.arguments()));
      parts.add(part);
    }
    StringBuilder stream = new StringBuilder();
    while (!parts.isEmpty()) {
      ObjectNode response = JSON.createObjectNode();
      ObjectNode candidate = response.putArray("candidates").addObject().put("index", 0);
      ArrayNode together = candidate.putObject("content").put("role", "model").putArray("parts");
      for (int i = 1 + random.nextInt(3); i > 0 && !parts.isEmpty(); i--) {
        together.add(parts.removeFirst());
      }
      ObjectNode usage =
          response
              .putObject("usageMetadata")
              .put("promptTokenCount", answer.usage().promptTokens());
      if (parts.isEmpty()) {
        candidate.put(
            "finishReason", answer.reason() == FinishReason.LENGTH ? "MAX_TOKENS" : "STOP");
        int thoughts = random.nextInt(answer.usage().completionTokens() + 1);
        usage
            .put("candidatesTokenCount", answer.usage().completionTokens() - thoughts)
            .put("thoughtsTokenCount", thoughts)
            .put("cachedContentTokenCount", answer.usage().cachedTokens());
      }
      stream.append("data: ").append(response).append("\r\n\r\n");
    }
    return stream.toString();
  }

  @Test
  void callsWithoutIdsGetSomeThatDiffer() throws Exception {
    String response =
        "{\"candidates\":[{\"content\":{\"parts\":[{\"functionCall\":{\"name\":\"f\"}},"
            + "{\"functionCall\":{\"name\":\"f\",\"args\":{\"a\":1}}}]},\"finishReason\":\"STOP\"}]}";
    CollectedAnswer answer = read(response);
    assertEquals("{}", answer.calls().getFirst().arguments());
    assertNotEquals(answer.calls().get(0).id(), answer.calls().get(1).id());
    assertEquals(answer, read(response));
    assertEquals(new Usage(7, 0, 2), answer.usage());
    assertEquals(FinishReason.TOOL_CALLS, answer.reason());
  }

  @Test
  void contentThatAFilterCutIsTold() throws Exception {
    CollectedAnswer answer =
        read(
            "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"Well\"}]}}]}",
            "{\"candidates\":[{\"finishReason\":\"PROHIBITED_CONTENT\"}]}");
    assertEquals(FinishReason.CONTENT_FILTER, answer.reason());
    assertEquals("Well", answer.text());
  }

  @Test
  void probabilitiesAreRead() throws Exception {
    InferenceRequest request =
        new InferenceRequest(
            "r-1",
            "assistant",
            chat().prompt(),
            Sampling.defaults(),
            new OutputFormat.Text(),
            OptionalInt.of(9),
            OptionalInt.of(2),
            Priority.INTERACTIVE);
    JsonNode config = body(request).path("generationConfig");
    assertTrue(config.path("responseLogprobs").asBoolean());
    assertEquals(2, config.path("logprobs").asInt());
    assertEquals(9, config.path("maxOutputTokens").asInt());
    String stream =
        "data:"
            + " {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"a\"}]},\"finishReason\":\"STOP\",\"logprobsResult\":{\"chosenCandidates\":[{\"token\":\"a\",\"logProbability\":-0.5}],\"topCandidates\":[{\"candidates\":[{\"token\":\"a\",\"logProbability\":-0.5},{\"token\":\"b\",\"logProbability\":-1.5}]}]}}]}\n\n";
    List<InferenceEvent> events =
        BytesReply.read(PROTOCOL.reading(request, 7), stream, new Random(1));
    InferenceEvent.Logprobs logprobs = (InferenceEvent.Logprobs) events.getFirst();
    assertEquals(-0.5, logprobs.tokens().getFirst().logprob());
    assertEquals(-1.5, logprobs.tokens().getFirst().alternatives().get(1).logprob());
  }

  @Test
  void toolsAndFormatAskedForAreSent() throws Exception {
    JsonNode body =
        body(
            request(
                new Prompt.Chat(HI, List.of(), new ToolChoice.Auto(), true),
                Sampling.defaults(),
                new OutputFormat.JsonSchema("{\"type\":\"string\"}")));
    JsonNode config = body.path("generationConfig");
    assertEquals("application/json", config.path("responseMimeType").asText());
    assertEquals("string", config.at("/responseJsonSchema/type").asText());
    JsonNode named =
        body(plain(new Prompt.Chat(HI, List.of(TOOL), new ToolChoice.Named("f"), true)));
    assertEquals("ANY", named.at("/toolConfig/functionCallingConfig/mode").asText());
    assertEquals(
        "f", named.at("/toolConfig/functionCallingConfig/allowedFunctionNames/0").asText());
  }

  @Test
  void whatHasNoPlaceThereIsKnownBefore() {
    assertEquals(Optional.empty(), PROTOCOL.lacks(chat()));
    Prompt withTool = new Prompt.Chat(HI, List.of(TOOL), new ToolChoice.Auto(), true);
    assertEquals(Optional.empty(), PROTOCOL.lacks(plain(withTool)));
    for (InferenceRequest request :
        List.of(
            plain(new Prompt.Text("x")),
            plain(new Prompt.Infill("a", "b", List.of())),
            plain(new Prompt.Ranking("q", List.of("d"))),
            plain(
                new Prompt.Embedding(
                    List.of(new Prompt.Input.OfTokens(List.of(1))), OptionalInt.empty())),
            plain(new Prompt.Chat(HI, List.of(TOOL), new ToolChoice.Auto(), false)),
            request(withTool, Sampling.defaults(), new OutputFormat.JsonObject()),
            request(chat().prompt(), Sampling.defaults(), new OutputFormat.Grammar("x")))) {
      assertTrue(PROTOCOL.lacks(request).isPresent());
    }
  }

  @Test
  void modelsNameLeadsToNoOtherPath() throws Exception {
    assertTrue(
        PROTOCOL.encode(chat(), "tunedModels/a-1").uri().getPath().contains("/tunedModels/a-1:"));
    for (String model : List.of("", "../x", "a/b", "a?b", "a b", "a%2f", "a\r\nX: y", "models/")) {
      assertThrows(InferenceException.class, () -> PROTOCOL.encode(chat(), model), model);
    }
  }

  @Test
  void vectorsAreAskedForAndRead() throws Exception {
    InferenceRequest request =
        plain(
            new Prompt.Embedding(
                List.of(new Prompt.Input.OfText("a"), new Prompt.Input.OfText("b")),
                OptionalInt.of(2)));
    Outgoing outgoing = PROTOCOL.encode(request, "e-1");
    assertTrue(outgoing.uri().toString().endsWith("/v1beta/models/e-1:batchEmbedContents"));
    JsonNode asked = JSON.readTree(outgoing.body()).path("requests");
    assertEquals("models/e-1", asked.at("/1/model").asText());
    assertEquals("b", asked.at("/1/content/parts/0/text").asText());
    assertEquals(2, asked.at("/1/outputDimensionality").asInt());
    List<InferenceEvent> events =
        BytesReply.read(
            PROTOCOL.reading(request, 7),
            "{\"embeddings\":[{\"values\":[3,4]},{\"values\":[0,-2.0]}]}",
            new Random(1));
    assertArrayEquals(new float[] {0.6f, 0.8f}, vector(events.get(0)), 1e-6f);
    assertArrayEquals(new float[] {0, -1}, vector(events.get(1)), 1e-6f);
    assertEquals(
        new InferenceEvent.Finished(FinishReason.STOP, new Usage(7, 0, 0)), events.getLast());
  }

  private static float[] vector(InferenceEvent event) {
    return ((InferenceEvent.Embedded) event).vector().toArray(ValueLayout.JAVA_FLOAT);
  }

  @Test
  void vectorsThatDoNotFitAreNoAnswer() {
    InferenceRequest request =
        plain(new Prompt.Embedding(List.of(new Prompt.Input.OfText("a")), OptionalInt.empty()));
    for (String body :
        List.of(
            "{\"embeddings\":[]}",
            "{\"embeddings\":[{\"values\":[]}]}",
            "{\"embeddings\":[{\"values\":[\"x\"]}]}",
            "{\"embeddings\":[{\"values\":[1]},{\"values\":[1]}]}",
            "{\"embeddings\":[{\"values\":[1",
            "{\"error\":{}}",
            "[]",
            "")) {
      assertThrows(
          BrokenAnswer.class,
          () -> BytesReply.read(PROTOCOL.reading(request, 7), body, new Random(1)),
          body);
    }
    assertFalse(PROTOCOL.lacks(request).isPresent());
  }
}
