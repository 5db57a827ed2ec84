package dev.freehold.provider;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dev.freehold.engine.EngineOptions;
import dev.freehold.inference.InferenceEvent;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.InferenceStream;
import dev.freehold.inference.Message;
import dev.freehold.inference.Message.Role;
import dev.freehold.inference.OutputFormat;
import dev.freehold.inference.Prompt;
import dev.freehold.inference.Sampling;
import dev.freehold.inference.Tool;
import dev.freehold.inference.ToolChoice;
import dev.freehold.models.TestModels;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Schemas and grammars that were made to explode are the client's mistake, and soon found. */
class GrammarBombTest {

  /** Not a measure, only a guard: native code that runs away cannot be stopped. */
  private static final Duration HANG = Duration.ofSeconds(30);

  private static final LocalProvider PROVIDER = new LocalProvider("local");

  @BeforeAll
  static void load() {
    PROVIDER.serve(ServedModel.load("small", TestModels.small(), EngineOptions.of(512, 1)));
  }

  @AfterAll
  static void close() {
    PROVIDER.withdraw("small").orElseThrow().close();
  }

  private static String nested(String open, String core, String close, int depth) {
    return open.repeat(depth) + core + close.repeat(depth);
  }

  private static String listed(int count, String each) {
    return IntStream.range(0, count).mapToObj(each::formatted).collect(Collectors.joining(","));
  }

  private static String anyOf(int depth) {
    return depth == 0
        ? "{\"type\":\"string\"}"
        : "{\"anyOf\":[%s,%s]}".formatted(anyOf(depth - 1), anyOf(depth - 1));
  }

  /** Forty definitions, each a choice between the next one and the next one. */
  private static String chainOfChoices() {
    return IntStream.range(0, 40)
        .mapToObj(
            i ->
                "\"d%d\":{\"anyOf\":[{\"$ref\":\"#/$defs/d%d\"},{\"$ref\":\"#/$defs/d%d\"}]}"
                    .formatted(i, i + 1, i + 1))
        .collect(
            Collectors.joining(
                ",", "{\"$ref\":\"#/$defs/d0\",\"$defs\":{", ",\"d40\":{\"type\":\"string\"}}}"));
  }

  private static String text(String rest) {
    return "{\"type\":\"string\"," + rest + "}";
  }

  static Stream<Arguments> schemas() {
    String properties = listed(1_000, "\"p%d\":{\"type\":\"string\"}");
    return Stream.of(
        Arguments.of(
            "deep objects", nested("{\"type\":\"object\",\"properties\":{\"a\":", "{}", "}}", 30)),
        Arguments.of("deep arrays", nested("{\"type\":\"array\",\"items\":", "{}", "}", 80)),
        Arguments.of(
            "arrays of arrays",
            nested("{\"type\":\"array\",\"maxItems\":100,\"items\":", "{}", "}", 3)),
        Arguments.of(
            "many properties", "{\"type\":\"object\",\"properties\":{" + properties + "}}"),
        Arguments.of("huge enum", "{\"enum\":[" + listed(5_000, "\"value %d\"") + "]}"),
        Arguments.of("long enum", "{\"enum\":[\"" + "x".repeat(70_000) + "\"]}"),
        Arguments.of("tree of anyOf", anyOf(9)),
        Arguments.of(
            "product of allOf and anyOf",
            "{\"allOf\":["
                + listed(
                    200, "{\"anyOf\":[{\"properties\":{\"a%1$d\":{}}},{\"required\":[\"a%1$d\"]}]}")
                + "]}"),
        Arguments.of("itself", "{\"$ref\":\"#\"}"),
        Arguments.of("itself or text", "{\"anyOf\":[{\"$ref\":\"#\"},{\"type\":\"string\"}]}"),
        Arguments.of("long text", text("\"minLength\":2000000000")),
        Arguments.of("longer text", text("\"maxLength\":1e300")),
        Arguments.of("many items", "{\"type\":\"array\",\"items\":{},\"minItems\":100000}"),
        Arguments.of("tuple", "{\"type\":\"array\",\"prefixItems\":[" + listed(9_000, "%d") + "]}"),
        Arguments.of("pattern of repetitions", text("\"pattern\":\"^((a{0,30}){0,30}){0,30}$\"")),
        Arguments.of("pattern of a group", text("\"pattern\":\"^(b(ca{1,99})?){1,99}$\"")),
        Arguments.of(
            "pattern of a repetition again", text("\"pattern\":\"^x(a?){0,900}{0,900}$\"")),
        Arguments.of("chain of choices", chainOfChoices()),
        Arguments.of("pattern of what may be nothing", text("\"pattern\":\"^([a-y]?){0,40}$\"")),
        Arguments.of(
            "pattern of many that may be nothing",
            text("\"pattern\":\"^" + "[a-y]?".repeat(40) + "$\"")),
        Arguments.of("long pattern", text("\"pattern\":\"^" + "a?".repeat(5_000) + "$\"")));
  }

  static Stream<Arguments> grammars() {
    return Stream.of(
        Arguments.of("repetitions in repetitions", "root ::= ((\"a\"{0,30}){0,30}){0,30}"),
        Arguments.of(
            "the same by way of rules",
            "root ::= x{0,40}\nx ::= y{0,40}\ny ::= (\"a\" | \"b\"){0,40}"),
        Arguments.of(
            "repetitions behind a character", "root ::= \"x\" b{0,1000}\nb ::= (\"a\"?){0,900}"),
        Arguments.of(
            "chain of choices",
            IntStream.range(0, 40)
                .mapToObj(i -> "a%d ::= a%d | a%d\n".formatted(i, i + 1, i + 1))
                .collect(Collectors.joining("", "root ::= a0\n", "a40 ::= \"x\""))),
        Arguments.of("groups behind a comment", "#\rroot ::= " + "(".repeat(32_000)),
        Arguments.of("many repetitions", "root ::= \"a\"{100000}"),
        Arguments.of("left recursion", "root ::= root \"a\" | \"b\""),
        Arguments.of("mutual recursion", "root ::= x \"a\"\nx ::= root \"b\""),
        Arguments.of("missing rule", "root ::= x"),
        Arguments.of("no root", "start ::= \"a\""),
        Arguments.of("deep groups", "root ::= " + nested("(", "\"a", ")", 5_000)),
        Arguments.of(
            "many alternatives",
            "root ::= "
                + IntStream.range(0, 2_000)
                    .mapToObj(i -> "\"x" + i + "\"")
                    .collect(Collectors.joining(" | "))),
        Arguments.of("not a grammar", "%llguidance {}"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("schemas")
  void schemaBombIsRefused(String name, String schema) {
    assertRefused(name, List.of(), new OutputFormat.JsonSchema(schema));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("schemas")
  void schemaBombOfAToolIsRefused(String name, String schema) {
    assertRefused(name, List.of(new Tool("f", "", schema)), new OutputFormat.Text());
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("grammars")
  void grammarBombIsRefused(String name, String grammar) {
    assertRefused(name, List.of(), new OutputFormat.Grammar(grammar));
  }

  private static void assertRefused(String name, List<Tool> tools, OutputFormat format) {
    Prompt.Chat chat =
        new Prompt.Chat(
            List.of(Message.of(Role.USER, "Hello")),
            tools,
            tools.isEmpty() ? new ToolChoice.Auto() : new ToolChoice.Required(),
            false);
    InferenceRequest request =
        new InferenceRequest("test", "small", chat, Sampling.defaults(), format, OptionalInt.of(4));
    InferenceException refusal =
        assertThrows(
            InferenceException.class,
            () -> assertTimeoutPreemptively(HANG, () -> run(request)),
            name);
    assertEquals(InferenceException.Kind.INVALID_REQUEST, refusal.kind(), refusal::getMessage);
  }

  private static void run(InferenceRequest request) throws Exception {
    try (PreparedPrompt prepared = PROVIDER.prepare(request);
        InferenceStream stream =
            PROVIDER.infer(Attempts.local(request, Optional.of(prepared), Duration.ofMinutes(1)))) {
      InferenceEvent event = stream.next();
      while (!(event instanceof InferenceEvent.Finished)) {
        event = stream.next();
      }
    }
  }
}
