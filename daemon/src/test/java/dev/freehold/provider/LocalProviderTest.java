package dev.freehold.provider;

import static dev.freehold.provider.FixedSampling.GREEDY;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.freehold.bundle.policy.Policy;
import dev.freehold.engine.EngineOptions;
import dev.freehold.inference.FinishReason;
import dev.freehold.inference.InferenceEvent;
import dev.freehold.inference.InferenceEvent.Finished;
import dev.freehold.inference.InferenceEvent.TextDelta;
import dev.freehold.inference.InferenceEvent.ToolCallDelta;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceException.Kind;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.InferenceStream;
import dev.freehold.inference.Message;
import dev.freehold.inference.Message.Role;
import dev.freehold.inference.OutputFormat;
import dev.freehold.inference.Prompt;
import dev.freehold.inference.SamplerSetting;
import dev.freehold.inference.Sampling;
import dev.freehold.inference.Tool;
import dev.freehold.inference.ToolChoice;
import dev.freehold.models.TestModels;
import dev.freehold.routing.Caller;
import dev.freehold.routing.Inquiry;
import dev.freehold.routing.PolicyVersion;
import dev.freehold.routing.RoutedRequest;
import dev.freehold.routing.RoutedStream;
import dev.freehold.routing.Router;
import dev.freehold.routing.RoutingTable;
import dev.freehold.routing.TestOversight;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The local provider over the real engine and the starter model. */
@Timeout(120)
class LocalProviderTest {

  private static final AtomicLong ENTRIES = new AtomicLong();

  private static final Tool WEATHER =
      new Tool(
          "get_weather",
          "The current weather of a city",
          """
          {"type": "object", "properties": {"city": {"type": "string", "maxLength": 30}},
           "required": ["city"]}\
          """);

  private static final Tool TIME =
      new Tool(
          "get_time",
          "The time in a zone",
          """
          {"type": "object", "properties": {"zone": {"type": "string", "maxLength": 30}},
           "required": ["zone"]}\
          """);

  private static final LocalProvider PROVIDER = new LocalProvider("local");

  @BeforeAll
  static void load() {
    PROVIDER.serve(ServedModel.load("assistant", TestModels.starter(), EngineOptions.of(2048, 2)));
    PROVIDER.serve(ServedModel.load("small", TestModels.small(), EngineOptions.of(2048, 2)));
  }

  @AfterAll
  static void close() {
    PROVIDER.withdraw("assistant").orElseThrow().close();
    PROVIDER.withdraw("small").orElseThrow().close();
  }

  private static InferenceRequest ask(String question, OutputFormat format) {
    Prompt.Chat chat =
        new Prompt.Chat(
            List.of(Message.of(Role.USER, question)), List.of(), new ToolChoice.Auto(), false);
    return new InferenceRequest("test", "assistant", chat, GREEDY, format, OptionalInt.of(128));
  }

  private static List<InferenceEvent> events(InferenceRequest request) throws Exception {
    List<InferenceEvent> events = new ArrayList<>();
    try (PreparedPrompt prepared = PROVIDER.prepare(request);
        InferenceStream stream =
            PROVIDER.infer(Attempts.local(request, Optional.of(prepared), Duration.ofMinutes(1)))) {
      do {
        events.add(stream.next());
      } while (!(events.getLast() instanceof Finished));
      assertEquals(prepared.tokens(), stream.usageSoFar().promptTokens());
    }
    return events;
  }

  private static String text(List<InferenceEvent> events) {
    StringBuilder text = new StringBuilder();
    for (InferenceEvent event : events) {
      if (event instanceof TextDelta delta) {
        text.append(delta.text());
      }
    }
    return text.toString();
  }

  @Test
  void questionIsAnsweredInSeveralDeltas() throws Exception {
    List<InferenceEvent> events =
        events(ask("What is the capital of France?", new OutputFormat.Text()));
    assertTrue(text(events).contains("Paris"), text(events));
    assertTrue(events.size() > 3, "deltas " + events.size());
    Finished finished = (Finished) events.getLast();
    assertEquals(FinishReason.STOP, finished.reason());
    assertTrue(finished.usage().completionTokens() > 0);
  }

  @Test
  void answerInASchemaIsJsonThatFitsIt() throws Exception {
    List<InferenceEvent> events =
        events(
            ask(
                "Name a city and how many people live there.",
                new OutputFormat.JsonSchema(
                    "{\"type\":\"object\",\"properties\":{\"city\":{\"type\":\"string\",\"maxLength\":20},\"people\":{\"type\":\"integer\"}},"
                        + "\"required\":[\"city\",\"people\"],\"additionalProperties\":false}")));
    JsonNode json = new ObjectMapper().readTree(text(events));
    assertTrue(json.path("city").isTextual(), text(events));
    assertTrue(json.path("people").isIntegralNumber(), text(events));
  }

  /** Left to itself the starter model writes bare JSON, and the small one ignores the tools. */
  @ParameterizedTest
  @ValueSource(strings = {"assistant", "small"})
  void requiredToolIsCalledWithArgumentsThatFitItsSchema(String model) throws Exception {
    for (ToolChoice choice :
        List.of(new ToolChoice.Required(), new ToolChoice.Named("get_weather"))) {
      Prompt.Chat chat =
          new Prompt.Chat(
              List.of(Message.of(Role.USER, "What is the weather in Paris?")),
              List.of(WEATHER, TIME),
              choice,
              false);
      assertCallsWeather(
          events(
              new InferenceRequest(
                  "test", model, chat, GREEDY, new OutputFormat.Text(), OptionalInt.of(128))),
          choice instanceof ToolChoice.Named);
    }
  }

  private static void assertCallsWeather(List<InferenceEvent> events, boolean named)
      throws Exception {
    StringBuilder arguments = new StringBuilder();
    String name = "";
    for (InferenceEvent event : events) {
      if (event instanceof ToolCallDelta delta) {
        assertEquals(0, delta.index());
        name = delta.name().orElse(name);
        arguments.append(delta.arguments());
      }
    }
    assertTrue(name.equals("get_weather") || (!named && name.equals("get_time")), name);
    JsonNode json = new ObjectMapper().readTree(arguments.toString());
    assertTrue(json.path(name.equals("get_time") ? "zone" : "city").isTextual(), () -> "" + json);
    assertEquals("", text(events));
    assertEquals(FinishReason.TOOL_CALLS, ((Finished) events.getLast()).reason());
  }

  /** llama.cpp takes the starter model's bare JSON for content: agents would not see the call. */
  @Test
  void starterModelThatIsFreeToCallCallsProperly() throws Exception {
    Prompt.Chat chat =
        new Prompt.Chat(
            List.of(Message.of(Role.USER, "What is the weather in Paris?")),
            List.of(WEATHER, TIME),
            new ToolChoice.Auto(),
            true);
    assertCallsWeather(
        events(
            new InferenceRequest(
                "test", "assistant", chat, GREEDY, new OutputFormat.Text(), OptionalInt.of(128))),
        true);
  }

  @ParameterizedTest
  @ValueSource(strings = {"assistant", "small"})
  void modelThatIsFreeToCallAndOnlyTalksIsHeard(String model) throws Exception {
    Prompt.Chat chat =
        new Prompt.Chat(
            List.of(Message.of(Role.USER, "Say hello in one word.")),
            List.of(TIME),
            new ToolChoice.None(),
            true);
    List<InferenceEvent> events =
        events(
            new InferenceRequest(
                "test", model, chat, GREEDY, new OutputFormat.Text(), OptionalInt.of(12)));
    assertFalse(text(events).isBlank());
  }

  private static InferenceRequest held(Prompt prompt, String grammar) {
    return new InferenceRequest(
        "test", "assistant", prompt, GREEDY, new OutputFormat.Grammar(grammar), OptionalInt.of(20));
  }

  @Test
  void answerIsHeldToTheClientsGrammar() throws Exception {
    String grammar = "root ::= \"yes\" | \"no\"";
    Prompt.Chat chat =
        new Prompt.Chat(
            List.of(Message.of(Role.USER, "Is the sky blue?")),
            List.of(),
            new ToolChoice.Auto(),
            true);
    assertTrue(List.of("yes", "no").contains(text(events(held(chat, grammar)))));
    String continued = text(events(held(new Prompt.Text("Is the sky blue? "), grammar)));
    assertTrue(List.of("yes", "no").contains(continued), continued);
  }

  @Test
  void grammarThatIsWrongIsRefusedWithThePlace() {
    InferenceException refusal =
        assertThrows(
            InferenceException.class,
            () -> events(held(new Prompt.Text("x"), "root ::= \"a\"\nsecond := \"b\"")));
    assertEquals(InferenceException.Kind.INVALID_REQUEST, refusal.kind());
    assertTrue(refusal.getMessage().contains("line 2, column 8"), refusal.getMessage());
    assertTrue(refusal.getMessage().contains("expecting ::="), refusal.getMessage());
  }

  @Test
  void rarerSamplersReachTheModel() throws Exception {
    Map<SamplerSetting, Double> settings = new EnumMap<>(SamplerSetting.class);
    for (SamplerSetting setting : SamplerSetting.values()) {
      settings.put(setting, 1.0);
    }
    for (SamplerSetting setting : SamplerSetting.values()) {
      Sampling sampling =
          FixedSampling.of(
              0.9, new Sampling.Rarer(Map.of(setting, setting.min()), List.of("\n", "."), false));
      assertFalse(text(events(continuation(sampling))).isEmpty(), setting.field());
    }
    Sampling all = FixedSampling.of(0.9, new Sampling.Rarer(settings, List.of(), true));
    List<InferenceEvent> events = events(continuation(all));
    assertEquals(FinishReason.LENGTH, ((Finished) events.getLast()).reason());
    Sampling none = FixedSampling.of(0.9, Sampling.Rarer.NONE);
    assertNotEquals(text(events(continuation(none))), text(events));
  }

  private static InferenceRequest continuation(Sampling sampling) {
    return new InferenceRequest(
        "test",
        "small",
        new Prompt.Text("Once upon a time"),
        sampling,
        new OutputFormat.Text(),
        OptionalInt.of(8));
  }

  @Test
  void schemaThatIsNoSchemaIsTheClientsMistake() {
    InferenceRequest request = ask("Hello", new OutputFormat.JsonSchema("{\"type\":\"nonsense\"}"));
    InferenceException refusal = assertThrows(InferenceException.class, () -> events(request));
    assertEquals(InferenceException.Kind.INVALID_REQUEST, refusal.kind());
  }

  @Test
  void textOfNoTokensIsTheClientsMistake() {
    InferenceRequest request =
        new InferenceRequest(
            "test",
            "assistant",
            new Prompt.Text(""),
            GREEDY,
            new OutputFormat.Text(),
            OptionalInt.of(1));
    InferenceException refusal = assertThrows(InferenceException.class, () -> events(request));
    assertEquals(InferenceException.Kind.INVALID_REQUEST, refusal.kind());
  }

  @Test
  void modelThatIsNotLoadedIsUnavailable() {
    InferenceRequest request =
        new InferenceRequest(
            "test",
            "another",
            new Prompt.Text("Hello"),
            GREEDY,
            new OutputFormat.Text(),
            OptionalInt.of(1));
    InferenceException refusal =
        assertThrows(InferenceException.class, () -> PROVIDER.prepare(request));
    assertEquals(InferenceException.Kind.UNAVAILABLE, refusal.kind());
    assertFalse(refusal.retryAfter().isEmpty());
  }

  @Test
  void gapInCodeIsFilledWithWhatBelongsThere() throws Exception {
    InferenceRequest request = gap("assistant", OptionalInt.of(24));
    List<InferenceEvent> events = events(request);
    assertTrue(text(events).startsWith("fib(n-1) + fib(n-2)"), text(events));
  }

  @Test
  void gapThatTheLocalModelCannotFillGoesToTheNextAllowedProvider() throws Exception {
    FakeProvider hub = new FakeProvider("hub").answers("filled");
    Policy policy =
        Policy.parse(
            """
            site: test
            models:
              small: {catalogue: smollm2-135m, context: 2048}
            providers:
              local: {kind: engine}
              hub:   {kind: openai, trust: site, url: "https://hub.example/v1"}
            locality:
              restricted:   [local]
              confidential: [local]
              internal:     [local, site]
              public:       [local, site]
            clients:
              editors: {label: internal}
            routes:
              - {name: usual, use: [local, hub]}
            """);
    Router router =
        new Router(
            PROVIDER,
            TestOversight.create(),
            Clock.systemUTC(),
            Timing.SYSTEM,
            Duration.ofMinutes(1));
    router.apply(
        RoutingTable.compile(
            policy, PolicyVersion.NONE, Map.of("local", PROVIDER, "hub", hub), Instant.MAX));
    Inquiry inquiry =
        new Inquiry(
            new Caller("alice", List.of("editors")),
            gap("small", OptionalInt.of(24)),
            Optional.empty(),
            false);
    try (RoutedRequest routed = router.decide(inquiry);
        RoutedStream stream = admitted(routed).open()) {
      assertEquals(new TextDelta("filled"), stream.next());
      assertEquals(Kind.UNSUPPORTED, stream.failures().getFirst().exception().kind());
    }
  }

  @Test
  void modelThatCannotFillGapsRefuses() {
    InferenceException refusal =
        assertThrows(
            InferenceException.class, () -> PROVIDER.prepare(gap("small", OptionalInt.of(24))));
    assertEquals(Kind.UNSUPPORTED, refusal.kind());
  }

  @Test
  void requestForNoTokensIsCountedAndEndsAtOnce() throws Exception {
    List<InferenceEvent> events = events(gap("assistant", OptionalInt.of(0)));
    assertEquals(1, events.size());
    Finished finished = (Finished) events.getFirst();
    assertEquals(FinishReason.LENGTH, finished.reason());
    assertEquals(0, finished.usage().completionTokens());
  }

  private static InferenceRequest gap(String model, OptionalInt limit) {
    Prompt.Infill infill =
        new Prompt.Infill(
            "def fib(n):\n    if n < 2:\n        return n\n    return ",
            "\n\nprint(fib(10))\n",
            List.of());
    return new InferenceRequest("test", model, infill, GREEDY, new OutputFormat.Text(), limit);
  }

  @Test
  void vocabularyTurnsTextIntoTokensAndBack() throws Exception {
    try (Vocabulary vocabulary = PROVIDER.vocabulary("small", Instant.now().plusSeconds(60))) {
      int[] tokens = vocabulary.tokens("Grüezi, 世界!", false, false);
      assertEquals("Grüezi, 世界!", vocabulary.text(tokens));
      InferenceException refusal =
          assertThrows(InferenceException.class, () -> vocabulary.text(new int[] {49_152}));
      assertEquals(Kind.INVALID_REQUEST, refusal.kind());
      assertEquals(
          "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n",
          vocabulary
              .prompt(ask("Hi", new OutputFormat.Text()))
              .replaceFirst("(?s)^<\\|im_start\\|>system.*?<\\|im_end\\|>\n", ""));
    }
  }

  /** As the API does it before it asks. */
  private static RoutedRequest admitted(RoutedRequest routed) throws InferenceException {
    routed.admit("entry-" + ENTRIES.incrementAndGet(), Instant.now(), 1);
    return routed;
  }
}
