package dev.freehold.provider.cohere;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.freehold.bundle.policy.ProviderSpec;
import dev.freehold.bundle.policy.TrustClass;
import dev.freehold.inference.Extras;
import dev.freehold.inference.FinishReason;
import dev.freehold.inference.InferenceEvent;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceException.Kind;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.Message;
import dev.freehold.inference.OutputFormat;
import dev.freehold.inference.Prompt;
import dev.freehold.inference.Sampling;
import dev.freehold.inference.ToolCall;
import dev.freehold.inference.ToolChoice;
import dev.freehold.inference.Usage;
import dev.freehold.provider.ProviderSpecs;
import dev.freehold.provider.remote.AdapterContract;
import dev.freehold.provider.remote.Authorizer;
import dev.freehold.provider.remote.FakeApi;
import dev.freehold.provider.remote.FakeApi.Response;
import dev.freehold.provider.remote.RandomChats;
import dev.freehold.provider.remote.RemoteProvider;
import dev.freehold.provider.remote.RemoteProviders;
import java.lang.foreign.ValueLayout;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Cohere against a fake of its API, version 2. */
class CohereProviderTest extends AdapterContract {

  private static final ObjectMapper JSON = new ObjectMapper();

  @Override
  protected RemoteProvider open(URI base, Supplier<Optional<String>> credential) {
    ProviderSpec spec =
        ProviderSpecs.of("north", ProviderSpec.Kind.COHERE, TrustClass.CLOUD)
            .url(base)
            .credential("cohere-key")
            .model("command-a")
            .spec();
    return RemoteProviders.of(spec, base, new CohereProtocol(base), Authorizer.bearer(credential));
  }

  @Override
  protected String basePath() {
    return "/v2";
  }

  /** A stream's events as they are sent, each with its name beside its data. */
  private static final class Stream {

    private final StringBuilder text = new StringBuilder();

    /** One event, its delta filled. */
    void add(String type, Consumer<ObjectNode> fill) {
      ObjectNode event = JSON.createObjectNode().put("type", type);
      fill.accept(event.putObject("delta"));
      text.append("event: ").append(type).append("\ndata: ").append(event).append("\n\n");
    }

    byte[] bytes() {
      return text.toString().getBytes(StandardCharsets.UTF_8);
    }
  }

  @Override
  protected Sample sample(Random random) {
    RandomChats words = new RandomChats(random);
    List<InferenceEvent> events = new ArrayList<>();
    Stream stream = new Stream();
    stream.add("message-start", delta -> delta.putObject("message").put("role", "assistant"));
    if (random.nextBoolean()) {
      String text = words.text();
      events.add(new InferenceEvent.ReasoningDelta(text));
      stream.add("tool-plan-delta", delta -> delta.putObject("message").put("tool_plan", text));
    }
    stream.add("content-start", delta -> content(delta).put("type", "text").put("text", ""));
    for (int i = random.nextInt(4); i >= 0; i--) {
      String text = words.text();
      events.add(new InferenceEvent.TextDelta(text));
      stream.add("content-delta", delta -> content(delta).put("text", text));
    }
    stream.add("content-end", delta -> {});
    stream.add("citation-start", delta -> delta.putObject("message").putObject("citations"));
    String[] ends = {"COMPLETE", "STOP_SEQUENCE", "MAX_TOKENS"};
    String end = ends[random.nextInt(ends.length)];
    int calls = random.nextInt(3);
    for (int i = 0; i < calls; i++) {
      end = "TOOL_CALL";
      String id = "f_" + i;
      String arguments = random.nextBoolean() ? "" : "{\"a\":\"" + i + "\"}";
      events.add(new InferenceEvent.ToolCallDelta(i, Optional.of(id), Optional.of("f"), ""));
      events.add(
          new InferenceEvent.ToolCallDelta(
              i, Optional.empty(), Optional.empty(), arguments.isEmpty() ? "{}" : arguments));
      stream.add(
          "tool-call-start",
          delta -> {
            ObjectNode call = delta.putObject("message").putObject("tool_calls");
            call.put("id", id).put("type", "function");
            call.putObject("function").put("name", "f").put("arguments", "");
          });
      for (int at = 0; at < arguments.length(); at += 4) {
        String piece = arguments.substring(at, Math.min(at + 4, arguments.length()));
        stream.add(
            "tool-call-delta",
            delta ->
                delta
                    .putObject("message")
                    .putObject("tool_calls")
                    .putObject("function")
                    .put("arguments", piece));
      }
      stream.add("tool-call-end", delta -> {});
    }
    Usage usage = new Usage(1 + random.nextInt(50), 0, random.nextInt(99));
    String said = end;
    stream.add(
        "message-end",
        delta -> {
          ObjectNode counted = delta.put("finish_reason", said).putObject("usage");
          counted.putObject("billed_units").put("input_tokens", 1).put("output_tokens", 1);
          counted
              .putObject("tokens")
              .put("input_tokens", (double) usage.promptTokens())
              .put("output_tokens", (double) usage.completionTokens());
        });
    FinishReason reason =
        switch (end) {
          case "MAX_TOKENS" -> FinishReason.LENGTH;
          case "TOOL_CALL" -> FinishReason.TOOL_CALLS;
          default -> FinishReason.STOP;
        };
    events.add(new InferenceEvent.Finished(reason, usage));
    return new Sample(Response.of(200, contentType(), stream.bytes()), events);
  }

  private static ObjectNode content(ObjectNode delta) {
    return delta.putObject("message").putObject("content");
  }

  @Override
  protected List<byte[]> nonsense() {
    List<byte[]> bodies = new ArrayList<>();
    for (String event :
        List.of(
            "{\"type\":",
            "[]",
            "{}",
            "{\"type\":\"tool-call-delta\",\"delta\":{}}",
            "{\"type\":\"message-end\",\"delta\":{\"finish_reason\":\"ERROR\",\"error\":\""
                + CANARY
                + "\"}}")) {
      bodies.add(("data: " + event + "\n\n").getBytes(StandardCharsets.UTF_8));
    }
    bodies.add(new byte[0]);
    return bodies;
  }

  private static InferenceRequest request(Prompt prompt) {
    return new InferenceRequest(
        "r-1",
        "assistant",
        prompt,
        Sampling.defaults(),
        new OutputFormat.Text(),
        OptionalInt.empty());
  }

  private static Prompt.Embedding texts(int count) {
    return new Prompt.Embedding(
        IntStream.range(0, count)
            .<Prompt.Input>mapToObj(i -> new Prompt.Input.OfText("text " + i))
            .toList(),
        OptionalInt.empty());
  }

  @Test
  void conversationsArriveAsTheyWereMeant() throws Exception {
    long seed = seed();
    RandomChats chats = new RandomChats(new Random(seed));
    CohereProtocol protocol = new CohereProtocol(URI.create("https://x.test/v2"));
    int sent = 0;
    for (int i = 0; i < 1000; i++) {
      InferenceRequest request = chats.request();
      if (protocol.lacks(request).isPresent()) {
        continue;
      }
      sent++;
      JsonNode body = JSON.readTree(protocol.encode(request, "m").body());
      Prompt.Chat chat = (Prompt.Chat) request.prompt();
      assertTrue(body.path("stream").asBoolean());
      assertEquals(said(chat), read(body), "seed " + seed);
      assertEquals(chat.tools().size(), body.path("tools").size(), "seed " + seed);
      String choice =
          chat.tools().isEmpty()
              ? ""
              : switch (chat.toolChoice()) {
                case ToolChoice.None _ -> "NONE";
                case ToolChoice.Required _ -> "REQUIRED";
                case ToolChoice.Auto _, ToolChoice.Named _ -> "";
              };
      assertEquals(choice, body.path("tool_choice").asText(""), "seed " + seed);
      if (request.format() instanceof OutputFormat.JsonSchema(String schema)) {
        assertEquals(schema, body.at("/response_format/json_schema").toString(), "seed " + seed);
      }
      assertEquals(
          request.sampling().topP().orElse(-1), body.path("p").asDouble(-1), "seed " + seed);
      assertEquals(
          request.sampling().stop().size(), body.path("stop_sequences").size(), "seed " + seed);
    }
    assertTrue(sent > 50, "seed " + seed);
  }

  private static List<String> said(Prompt.Chat chat) {
    List<String> said = new ArrayList<>();
    for (Message message : chat.messages()) {
      String who = message.role().name().toLowerCase(Locale.ROOT);
      StringBuilder what = new StringBuilder();
      for (Message.Part part : message.parts()) {
        switch (part) {
          case Message.Part.Words(String text) -> what.append(text);
          case Message.Part.Picture(var image) ->
              what.append("data:")
                  .append(image.mediaType())
                  .append(";base64,")
                  .append(Base64.getEncoder().encodeToString(image.bytes()));
        }
      }
      for (ToolCall call : message.toolCalls()) {
        what.append(call.id()).append(call.name()).append(call.arguments());
      }
      said.add(who + message.toolCallId().orElse("") + ": " + what);
    }
    return said;
  }

  private static List<String> read(JsonNode body) {
    List<String> read = new ArrayList<>();
    for (JsonNode message : body.path("messages")) {
      StringBuilder what = new StringBuilder();
      JsonNode content = message.path("content");
      what.append(content.isTextual() ? content.textValue() : "");
      for (JsonNode part : content) {
        what.append(part.path("text").asText("")).append(part.at("/image_url/url").asText(""));
      }
      for (JsonNode call : message.path("tool_calls")) {
        what.append(call.path("id").asText())
            .append(call.at("/function/name").asText())
            .append(call.at("/function/arguments").asText());
      }
      read.add(
          message.path("role").asText() + message.path("tool_call_id").asText("") + ": " + what);
    }
    return read;
  }

  @Test
  void vectorsArriveInTheOrderOfTheirTexts() throws Exception {
    long seed = seed();
    Random random = new Random(seed);
    int count = 1 + random.nextInt(CohereProtocol.INPUTS_MAX);
    int dimensions = 1 + random.nextInt(300);
    float[][] vectors = new float[count][dimensions];
    for (float[] vector : vectors) {
      for (int i = 0; i < dimensions; i++) {
        vector[i] = random.nextFloat() - 0.5f;
      }
    }
    String answer =
        "{\"id\":\"x\",\"texts\":[\"text 0\"],\"embeddings\":{\"int8\":[[1]],\"float\":"
            + JSON.writeValueAsString(vectors)
            + "},\"meta\":{\"api_version\":{\"version\":\"2\"},\"billed_units\":{\"input_tokens\":42}}}";
    try (FakeApi api = new FakeApi(seed, request -> Response.json(200, answer));
        RemoteProvider provider = open(api.url("/v2"), () -> Optional.of("secret"))) {
      List<InferenceEvent> events = ask(provider, request(texts(count)));
      assertEquals(count + 1, events.size());
      for (int i = 0; i < count; i++) {
        InferenceEvent.Embedded embedded = (InferenceEvent.Embedded) events.get(i);
        assertEquals(i, embedded.index());
        assertEquals(
            List.of(vectors[i][0], vectors[i][dimensions - 1]),
            List.of(
                embedded.vector().getAtIndex(ValueLayout.JAVA_FLOAT, 0),
                embedded.vector().getAtIndex(ValueLayout.JAVA_FLOAT, dimensions - 1)));
      }
      assertEquals(new Usage(42, 0, 0), ((InferenceEvent.Finished) events.getLast()).usage());
      JsonNode body = JSON.readTree(api.requests().getFirst().body());
      assertEquals("/v2/embed", api.requests().getFirst().path());
      assertEquals("search_document", body.path("input_type").asText());
      assertEquals(count, body.path("texts").size());
    }
  }

  @Test
  void vectorsAreForWhatTheClientSays() throws Exception {
    CohereProtocol protocol = new CohereProtocol(URI.create("https://x.test/v2"));
    for (Map.Entry<String, String> said :
        Map.of(
                "\"search_query\"", "search_query",
                "\"nonsense\"", "search_document",
                "{\"a\":1}", "search_document")
            .entrySet()) {
      InferenceRequest request =
          request(texts(1))
              .withExtras(
                  new Extras(Extras.Form.OPENAI_EMBEDDINGS, Map.of("input_type", said.getKey())));
      JsonNode body = JSON.readTree(protocol.encode(request, "m").body());
      assertEquals(said.getValue(), body.path("input_type").asText());
    }
  }

  @Test
  void vectorsThatAreNoneFail() throws Exception {
    for (String answer :
        List.of(
            "[]",
            "{",
            "{}",
            "{\"embeddings\":{\"float\":[[1]]}}",
            "{\"embeddings\":{\"float\":[[1],[1],[1]]}}",
            "{\"embeddings\":{\"float\":[[1],[1,2]]}}",
            "{\"embeddings\":{\"float\":[[],[]]}}",
            "{\"embeddings\":{\"float\":[[\"1\"],[1]]}}",
            "{\"embeddings\":{\"float\":[[1e99],[1]]}}",
            "{\"embeddings\":{\"float\":[[1],[1]")) {
      try (FakeApi api = new FakeApi(1, request -> Response.json(200, answer));
          RemoteProvider provider = open(api.url("/v2"), () -> Optional.of("secret"))) {
        InferenceException e =
            assertThrows(InferenceException.class, () -> ask(provider, request(texts(2))));
        assertEquals(Kind.PROVIDER_FAILED, e.kind(), answer);
      }
    }
  }

  @Test
  void documentsAreRanked() throws Exception {
    String answer =
        "{\"results\":[{\"index\":2,\"relevance_score\":0.9},{\"index\":0,\"relevance_score\":0.5},"
            + "{\"index\":1,\"relevance_score\":0.1}],\"id\":\"x\","
            + "\"meta\":{\"billed_units\":{\"search_units\":1}}}";
    try (FakeApi api = new FakeApi(1, request -> Response.json(200, answer));
        RemoteProvider provider = open(api.url("/v2"), () -> Optional.of("secret"))) {
      List<InferenceEvent> events =
          ask(provider, request(new Prompt.Ranking("q", List.of("a", "b", "c"))));
      assertEquals(
          List.of(
              new InferenceEvent.Scored(2, 0.9),
              new InferenceEvent.Scored(0, 0.5),
              new InferenceEvent.Scored(1, 0.1)),
          events.subList(0, 3));
      FakeApi.Request request = api.requests().getFirst();
      assertEquals("/v2/rerank", request.path());
      assertEquals("Bearer secret", request.headers().get("authorization"));
    }
  }

  @Test
  void whatItLacksIsKnownBeforeItIsAsked() {
    CohereProtocol cohere = new CohereProtocol(URI.create("https://x.test/v2"));
    assertEquals(Optional.empty(), cohere.lacks(chat()));
    assertEquals(Optional.empty(), cohere.lacks(request(texts(CohereProtocol.INPUTS_MAX))));
    assertTrue(cohere.lacks(request(texts(CohereProtocol.INPUTS_MAX + 1))).isPresent());
    assertTrue(cohere.lacks(request(new Prompt.Text("once"))).isPresent());
    assertTrue(cohere.lacks(request(new Prompt.Infill("a", "b", List.of()))).isPresent());
    assertFalse(cohere.lacks(request(new Prompt.Ranking("q", List.of("d")))).isPresent());
  }

  @Test
  void contextThatIsTooLongIsRecognised() throws Exception {
    String refusal = "{\"message\":\"too many tokens: the total is 9 and may be 8\"}";
    try (FakeApi api = new FakeApi(1, request -> Response.json(400, refusal));
        RemoteProvider provider = open(api.url("/v2"), () -> Optional.of("secret"))) {
      InferenceException e = assertThrows(InferenceException.class, () -> ask(provider, chat()));
      assertEquals(Kind.CONTEXT_TOO_LONG, e.kind());
    }
  }
}
