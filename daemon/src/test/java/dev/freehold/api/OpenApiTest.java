package dev.freehold.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.freehold.api.TestClient.Reply;
import dev.freehold.inference.FinishReason;
import dev.freehold.inference.InferenceEvent;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.Usage;
import dev.freehold.provider.FakeProvider;
import dev.freehold.provider.FakeProvider.Step;
import io.helidon.webserver.http.HttpRules;
import io.swagger.v3.parser.OpenAPIV3Parser;
import io.swagger.v3.parser.core.models.SwaggerParseResult;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** The document is served, sound, and says what the server answers. */
class OpenApiTest extends ServedTest {

  private static final List<String> STREAMED =
      List.of(
          "/v1/chat/completions", "/v1/completions", "/infill", "/v1/responses", "/v1/messages");

  private static final List<String> INFERRED = List.of("/v1/embeddings", "/v1/rerank");

  private static final Set<String> METHODS = Set.of("get", "post", "put", "patch", "delete");

  private static OpenApiDocument document;

  @BeforeAll
  static void readDocument() throws IOException {
    document = OpenApiDocument.servedBy(box);
  }

  @Test
  void documentIsSoundOpenApi() {
    SwaggerParseResult result = new OpenAPIV3Parser().readContents(document.root().toString());

    assertEquals(List.of(), result.getMessages());
    assertEquals(document.root().get("paths").size(), result.getOpenAPI().getPaths().size());
  }

  @Test
  void jsonAndYamlAreTheSameDocument() throws Exception {
    try (TestClient client = box.client()) {
      Reply yaml = client.get(OpenApiEndpoint.YAML_PATH);

      assertEquals(List.of(), document.faults("get", OpenApiEndpoint.JSON_PATH, json(client)));
      assertEquals("application/yaml", yaml.header("content-type"));
      Object read = new Load(LoadSettings.builder().build()).loadFromString(yaml.body());
      assertEquals(document.root(), Json.MAPPER.readTree(Json.MAPPER.writeValueAsBytes(read)));
    }
  }

  private static Reply json(TestClient client) throws IOException {
    return client.get(OpenApiEndpoint.JSON_PATH);
  }

  @Test
  void documentNamesTheVersionThatTheBuildGaveIt() {
    String version = document.root().at("/info/version").asText();

    assertTrue(version.matches("[0-9]+[.][0-9]+[.][0-9]+.*"), version);
  }

  @Test
  void everyRouteIsDocumentedAndNoOther() {
    Set<String> documented = new TreeSet<>();
    for (Map.Entry<String, JsonNode> path : document.root().get("paths").properties()) {
      path.getValue()
          .fieldNames()
          .forEachRemaining(
              method -> {
                if (METHODS.contains(method)) {
                  documented.add(method + " " + anyName(path.getKey()));
                }
              });
    }

    assertEquals(documented, registered());
  }

  /** What the server registers; {@code any} only tells which method is wrong, or that none fits. */
  private static Set<String> registered() {
    Set<String> routes = new TreeSet<>();
    HttpRules rules =
        (HttpRules)
            Proxy.newProxyInstance(
                HttpRules.class.getClassLoader(),
                new Class<?>[] {HttpRules.class},
                (proxy, method, arguments) -> {
                  if (METHODS.contains(method.getName())) {
                    routes.add(method.getName() + " " + anyName((String) arguments[0]));
                  } else {
                    assertEquals("any", method.getName(), "a kind of route that this test reads");
                  }
                  return proxy;
                });
    box.server.route(
        rules,
        box.router,
        new Settlement(box.ledger, box.metrics, new Sightings(box.watch)),
        InstantSource.system());
    return routes;
  }

  private static String anyName(String path) {
    return path.replaceAll("\\{[^}]*\\}", "*");
  }

  @Test
  void answerIsAsDocumentedWholeAndStreamed() throws Exception {
    Usage usage = new Usage(7, 2, 3);
    InferenceEvent.ToolCallDelta call =
        new InferenceEvent.ToolCallDelta(0, Optional.of("call_1"), Optional.of("f"), "{\"a\":");
    InferenceEvent.ToolCallDelta rest =
        new InferenceEvent.ToolCallDelta(0, Optional.empty(), Optional.empty(), "1}");
    List<List<Step>> scripts =
        List.of(
            List.of(FakeProvider.say("Hel"), FakeProvider.say("lo"), FakeProvider.finish(2)),
            List.of(finish(FinishReason.STOP, usage)),
            List.of(FakeProvider.say("cut"), finish(FinishReason.LENGTH, usage)),
            List.of(FakeProvider.say("cut"), finish(FinishReason.CONTENT_FILTER, usage)),
            List.of(
                new Step.Say(new InferenceEvent.ReasoningDelta("hm")),
                FakeProvider.say("so"),
                new Step.Say(call),
                new Step.Say(rest),
                finish(FinishReason.TOOL_CALLS, usage)));
    for (List<Step> script : scripts) {
      box.local.plays(script);
      for (String path : STREAMED) {
        for (boolean stream : List.of(false, true)) {
          assertConforms(200, path, stream);
        }
      }
    }
  }

  @Test
  void vectorsAndRankingsAreAsDocumented() throws Exception {
    Step end = finish(FinishReason.STOP, new Usage(7, 0, 0));
    List<Step> vectors = List.of(vector(0), vector(1), end);
    for (String path : INFERRED) {
      for (ObjectNode example : document.examples(path)) {
        boolean one = example.path("input").isTextual();
        box.local.plays(
            path.endsWith("rerank")
                ? List.of(score(0, 0.5), score(1, -2), end)
                : one ? List.of(vector(0), end) : vectors);
        try (TestClient client = box.client()) {
          conforms(200, path, client.post(path, example.toString()));
        }
      }
    }
  }

  @Test
  void tokensAndTemplatesAreAsDocumented() throws Exception {
    for (String path : List.of("/tokenize", "/detokenize", "/apply-template")) {
      for (ObjectNode example : document.examples(path)) {
        try (TestClient client = box.client()) {
          conforms(200, path, client.post(path, example.toString()));
        }
      }
    }
  }

  private static Step vector(int index) {
    return new Step.Say(
        new InferenceEvent.Embedded(index, MemorySegment.ofArray(new float[] {0.5f, -1e-7f})));
  }

  private static Step score(int index, double relevance) {
    return new Step.Say(new InferenceEvent.Scored(index, relevance));
  }

  @Test
  void answerThatBreaksOffIsAsDocumented() throws Exception {
    box.local.plays(
        List.of(
            FakeProvider.say("Hel"), FakeProvider.breaks(InferenceException.Kind.PROVIDER_FAILED)));
    for (String path : STREAMED) {
      assertConforms(502, path, false);
      assertConforms(200, path, true);
    }
  }

  @Test
  void everyFailureIsAsDocumented() throws Exception {
    for (InferenceException.Kind kind : InferenceException.Kind.values()) {
      for (Optional<Duration> wait :
          List.of(Optional.<Duration>empty(), Optional.of(Duration.ofSeconds(3)))) {
        box.local.plays(List.of(new Step.Break(kind, wait)));
        box.remote.plays(List.of(new Step.Break(kind, wait)));
        for (String path : Stream.concat(STREAMED.stream(), INFERRED.stream()).toList()) {
          try (TestClient client = box.client()) {
            Reply reply = client.post(path, question(path, false));
            assertFalse(reply.status() < 400, kind + ": " + reply.body());
            assertEquals(List.of(), document.faults("post", path, reply), kind + " " + path);
          }
        }
      }
    }
  }

  @Test
  void refusalByTheApiItselfIsAsDocumented() throws Exception {
    for (String path : document.readPaths()) {
      try (TestClient client = box.client()) {
        conforms(400, path, client.post(path, "{"));
        conforms(400, path, client.post(path, "{}"));
        conforms(404, path, client.post(path, question(path, false).replace("assistant", "x")));
        conforms(415, path, client.post(path, "{}", "Content-Type: text/plain"));
      }
      try (TestClient client = box.client("CN=mallory, OU=strangers, O=test")) {
        conforms(403, path, client.post(path, question(path, false)));
      }
      try (TestClient client = box.client()) {
        conforms(413, path, client.post(path, " ".repeat(BODY_BYTES_MAX + 1)));
      }
      try (TestClient client = box.client()) {
        box.clockOffset = Duration.ofHours(2);
        conforms(401, path, client.post(path, question(path, false)));
        box.clockOffset = Duration.ZERO;
      }
    }
  }

  @Test
  void whatIsReadByGetIsAsDocumented() throws Exception {
    try (TestClient client = box.client()) {
      Map<String, String> asked =
          Map.of(
              "/v1/models", "/v1/models",
              "/v1/models/assistant", "/v1/models/{model}",
              "/v1/models/nobody", "/v1/models/{model}",
              "/v1/responses/resp_1", "/v1/responses/{response}");
      for (Map.Entry<String, String> path : asked.entrySet()) {
        Reply reply = client.get(path.getKey());
        assertEquals(List.of(), document.faults("get", path.getValue(), reply), path.getKey());
      }
    }
    try (TestClient client = box.client("CN=mallory, OU=strangers, O=test")) {
      for (String path : List.of("/v1/models", "/v1/models/{model}")) {
        Reply reply = client.get(path.replace("{model}", "assistant"));
        assertEquals(403, reply.status());
        assertEquals(List.of(), document.faults("get", path, reply), path);
      }
    }
  }

  private static void assertConforms(int status, String path, boolean stream) throws Exception {
    try (TestClient client = box.client()) {
      conforms(status, path, client.post(path, question(path, stream)));
    }
  }

  private static void conforms(int status, String path, Reply reply) throws IOException {
    assertEquals(status, reply.status(), reply.body());
    assertEquals(List.of(), document.faults("post", path, reply), path);
  }

  /** The path's first example, which every model can answer. */
  private static String question(String path, boolean stream) {
    ObjectNode body = document.examples(path).getFirst().deepCopy();
    body.put("stream", stream);
    if (path.equals("/v1/messages")) {
      body.putObject("thinking").put("type", "enabled");
    }
    if (stream && path.endsWith("completions")) {
      body.putObject("stream_options").put("include_usage", true);
    }
    return body.toString();
  }

  private static Step finish(FinishReason reason, Usage usage) {
    return new Step.Say(new InferenceEvent.Finished(reason, usage));
  }
}
