package dev.freehold.llama;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SamplerTest {

  private final Model model = Models.shared();

  /** Not a measure, only a guard. */
  private static final Duration SOON = Duration.ofSeconds(10);

  private static final String YES_OR_NO = "root ::= \"yes\" | \"no\"";

  @Test
  void tokenThatTheGrammarForbidsIsRefusedAndTheProcessGoesOn() {
    try (Sampler sampler = Sampler.create(model, SamplerOptions.greedy().withGrammar(YES_OR_NO))) {
      int maybe = only("maybe");

      LlamaException refusal = assertThrows(LlamaException.class, () -> sampler.accept(maybe));

      assertEquals(
          "the token could not be accepted: the sampler's grammar forbids this token:"
              + " it is finished, or allows nothing at all here",
          refusal.getMessage());
      assertEquals(LlamaException.Reason.GRAMMAR_REFUSED, refusal.reason());
      assertThrows(LlamaException.class, () -> sampler.accept(only("yes")));
      sampler.reset();
      sampler.accept(only("yes"));
    }
  }

  @Test
  void endOfGenerationThatTheGrammarForbidsIsRefusedAndTheProcessGoesOn() {
    try (Sampler sampler = Sampler.create(model, SamplerOptions.greedy().withGrammar(YES_OR_NO))) {
      assertThrows(LlamaException.class, () -> sampler.accept(model.eosToken()));

      sampler.reset();
      sampler.accept(only("no"));
      sampler.accept(model.eosToken());
    }
  }

  @Test
  void tokenBehindAFinishedGrammarIsRefusedForThatReason() {
    try (Sampler sampler = Sampler.create(model, SamplerOptions.greedy().withGrammar(YES_OR_NO))) {
      sampler.accept(only("yes"));

      LlamaException refusal =
          assertThrows(LlamaException.class, () -> sampler.accept(only("maybe")));

      assertEquals(LlamaException.Reason.GRAMMAR_REFUSED, refusal.reason());
    }
  }

  @Test
  void answerFollowsItsGrammarAfterARefusal() {
    try (Context context = Models.context(model, 256, 1);
        Sampler sampler = Sampler.create(model, SamplerOptions.greedy().withGrammar(YES_OR_NO));
        TokenBuffer prompt = model.tokenize("Is the sky blue?", true, false)) {
      assertThrows(LlamaException.class, () -> sampler.accept(only("maybe")));
      sampler.reset();

      String answer = Generation.generate(context, sampler, prompt, 8);

      assertTrue(answer.equals("yes") || answer.equals("no"), answer);
    }
  }

  @Test
  void likeliestTokenGivesWayToASamplerThatTakesItOut() {
    String usual = story(SamplerOptions.greedy());

    String other =
        story(
            SamplerOptions.greedy()
                .withNumber(SamplerNumber.XTC_PROBABILITY, 1)
                .withNumber(SamplerNumber.XTC_THRESHOLD, 0.05f));

    assertNotEquals(usual, other);
  }

  @Test
  void wrongGrammarIsRefusedWithItsPlaceAndNotItsText() {
    LlamaException refusal =
        assertThrows(
            LlamaException.class,
            () ->
                Sampler.create(
                    model, SamplerOptions.greedy().withGrammar("root ::= x\n\nx ::= [a-z\n")));

    assertTrue(refusal.getMessage().contains("line 3, column"), refusal.getMessage());
    assertFalse(refusal.getMessage().contains("a-z"), refusal.getMessage());
  }

  @Test
  void grammarOfVeryDeepGroupsIsRefusedAndTheProcessGoesOn() {
    String grammar = "root ::= " + "(".repeat(5_000) + "\"a\"" + ")".repeat(5_000);

    assertThrows(
        LlamaException.class,
        () -> Sampler.create(model, SamplerOptions.greedy().withGrammar(grammar)));
  }

  @Test
  void deepGroupsBehindACommentOrATokenAreRefusedAndTheProcessGoesOn() {
    String groups = "root ::= " + "(".repeat(32_000);

    for (String before : List.of("#\r", "# \\\n", "# \"\n", "x ::= \"\\\"\"\n")) {
      LlamaException refusal = refused(before + groups);

      assertTrue(refusal.getMessage().contains("nested deeper"), refusal.getMessage());
    }
  }

  @Test
  void grammarThatWouldBranchTooWidelyLaterIsRefusedAtOnce() {
    String later = "root ::= \"x\" b{0,1000}\nb ::= (\"a\"?){0,900}";
    String manyEmpty = "root ::= \"x\" b{0,2000}\nb ::= c{0,2000}\nc ::= e \"\"\ne ::= ";
    String chain =
        IntStream.range(0, 600)
            .mapToObj(i -> "a%d ::= a%d o\n".formatted(i, i + 1))
            .collect(Collectors.joining("", "root ::= a0\n", ""));

    for (String grammar :
        List.of(later, manyEmpty, chain + "a600 ::= \"x\"\no ::= \"y\" | \"z\" | ")) {
      LlamaException refusal = assertTimeout(SOON, () -> refused(grammar));
      String said = refusal.getMessage();
      assertTrue(said.contains("ways at once") || said.contains("steps"), said);
    }
  }

  @Test
  void grammarThatIsLongToSearchForLeftRecursionIsRefusedAtOnce() {
    String doubling =
        IntStream.range(0, 40)
            .mapToObj(i -> "a%d ::= a%d | a%d\n".formatted(i, i + 1, i + 1))
            .collect(Collectors.joining("", "root ::= a0\n", "a40 ::= "));
    String deep =
        IntStream.range(0, 2_000)
            .mapToObj(i -> "a%d ::= a%d\n".formatted(i, i + 1))
            .collect(Collectors.joining("", "root ::= a0\n", "a2000 ::= \"x\""));

    for (String grammar : List.of(doubling, doubling + "\"x\"", deep)) {
      LlamaException refusal = assertTimeout(SOON, () -> refused(grammar));
      assertTrue(refusal.getMessage().contains("too many paths"), refusal::getMessage);
    }
  }

  @Test
  void hiddenLeftRecursionThatGrowsIsRefusedAndThatWhichDoesNotIsTaken() {
    LlamaException refusal =
        assertTimeout(SOON, () -> refused("root ::= (\"a\"?) root \"x\" | \"y\""));
    assertTrue(refusal.getMessage().contains("begins with itself"), refusal::getMessage);

    Sampler.create(model, SamplerOptions.greedy().withGrammar("root ::= (\"a\"?)* \"b\"")).close();
  }

  @Test
  void grammarWhoseReadingsOfATextMultiplyIsRefusedBeforeItReadsOne() {
    List<String> grammars =
        List.of(
            "root ::= ([a-y]?){0,40}",
            "root ::= ([a-z] | [a-z] [a-z])*",
            "root ::= ([a-z]+ \"-\"?)*",
            "root ::= \"b\" \"c\" | ([a-y]?){0,40}",
            "root ::= ([^x]? [^y]?){0,40}");
    for (String grammar : grammars) {
      LlamaException refusal = refused(grammar);
      assertTrue(refusal.getMessage().contains("multiply"), grammar + ": " + refusal.getMessage());
    }
  }

  @Test
  void readingsThatMultiplyFarAheadAreFoundOnTheWayThere() {
    String grammar = "root ::= [a-c]{40} ([a-y]?){0,40}";
    try (Sampler sampler = Sampler.create(model, SamplerOptions.greedy().withGrammar(grammar));
        TokenBuffer letter = model.tokenize("a", false, false)) {
      LlamaException refusal =
          assertThrows(
              LlamaException.class,
              () -> {
                for (int i = 0; i < 40; i++) {
                  sampler.accept(letter.get(0));
                }
              });
      assertEquals(LlamaException.Reason.GRAMMAR_TOO_WIDE, refusal.reason());
    }
  }

  @Test
  void ordinaryGrammarsAreNot() {
    List<String> grammars =
        List.of(
            "root ::= [a-z ]{1,40} \"!\"",
            "root ::= \"\\\"\" ([^\"\\\\] | \"\\\\\" [\"\\\\/bfnrt])* \"\\\"\" [ \\t]* [ \\t]*",
            "root ::= (\"item-1\" | \"item-12\" | \"item-123\" | \"item\") (\",\" root)?",
            "root ::= (\"a\"?){0,10}",
            "root ::= .*");
    for (String grammar : grammars) {
      Sampler.create(model, SamplerOptions.greedy().withGrammar(grammar)).close();
    }
  }

  private LlamaException refused(String grammar) {
    return assertThrows(
        LlamaException.class,
        () -> Sampler.create(model, SamplerOptions.greedy().withGrammar(grammar)).close());
  }

  @Test
  void grammarThatBranchesTooWidelyIsRefused() {
    String grammar = "root ::= ((\"a\"{0,30}){0,30}){0,30}";

    LlamaException refusal =
        assertThrows(
            LlamaException.class,
            () -> Sampler.create(model, SamplerOptions.greedy().withGrammar(grammar)));

    assertTrue(refusal.getMessage().contains("ways at once"), refusal.getMessage());
  }

  @Test
  void sameSeedGivesTheSameTextAndAnotherSeedAnother() {
    SamplerOptions options = SamplerOptions.defaults().withTemperature(1.5f).withSeed(42);

    String first = story(options);

    assertEquals(first, story(options));
    assertNotEquals(first, story(options.withSeed(43)));
  }

  @Test
  void resetRepeatsEvenARandomSeed() {
    try (Context context = Models.context(model, 256, 1);
        Sampler sampler =
            Sampler.create(model, SamplerOptions.defaults().withTemperature(1.5f).withSeed(-1));
        TokenBuffer prompt = model.tokenize("Once upon a time", true, false)) {
      String first = Generation.generate(context, sampler, prompt, 24);
      context.clear();
      sampler.reset();

      assertEquals(first, Generation.generate(context, sampler, prompt, 24));
    }
  }

  @Test
  void forbiddenTokenIsNeverChosen() {
    String usual = story(SamplerOptions.greedy());
    int first = firstToken(usual);

    String other =
        story(SamplerOptions.greedy().withLogitBias(Map.of(first, Float.NEGATIVE_INFINITY)));

    assertNotEquals(usual, other);
    assertNotEquals(first, firstToken(other));
  }

  @Test
  void schemaBecomesAGrammarThatOnlyValidJsonFollows() throws Exception {
    String schema =
        """
        {"type":"object","additionalProperties":false,"required":["name","age","tags"],
         "properties":{"name":{"type":"string","maxLength":12},"age":{"type":"integer"},
                       "tags":{"type":"array","items":{"enum":["a","b"]},"minItems":1,"maxItems":2}}}
        """;
    SamplerOptions options =
        SamplerOptions.greedy().withGrammar(ChatTemplates.schemaToGrammar(schema));
    try (Context context = Models.context(model, 512, 1);
        Sampler sampler = Sampler.create(model, options);
        TokenBuffer prompt = model.tokenize("A person as JSON:\n", true, false)) {
      String answer = Generation.generate(context, sampler, prompt, 200);

      JsonNode person = new ObjectMapper().readTree(answer);
      assertTrue(person.get("name").isTextual(), answer);
      assertTrue(person.get("age").isIntegralNumber(), answer);
      assertTrue(person.get("tags").isArray(), answer);
      assertEquals(3, person.size(), answer);
    }
  }

  @Test
  void brokenGrammarAndUnknownBiasAreRefusedWithoutQuotingThem() {
    LlamaException grammar =
        assertThrows(
            LlamaException.class,
            () -> Sampler.create(model, SamplerOptions.greedy().withGrammar("root ::= canary (")));
    assertFalse(grammar.getMessage().contains("canary"), grammar.getMessage());
    assertTrue(
        grammar.getMessage().contains("the grammar is wrong at line 1, column"),
        grammar.getMessage());

    assertThrows(
        LlamaException.class,
        () -> Sampler.create(model, SamplerOptions.greedy().withGrammar("%llguidance {}")));

    LlamaException bias =
        assertThrows(
            LlamaException.class,
            () -> Sampler.create(model, SamplerOptions.greedy().withLogitBias(Map.of(-5, 1f))));
    assertTrue(bias.getMessage().contains("token -5"), bias.getMessage());
  }

  @Test
  void entryWithoutOutputCannotBeSampled() {
    try (Context context = Models.context(model, 64, 1);
        Sampler sampler = Sampler.create(model, SamplerOptions.greedy());
        TokenBuffer prompt = model.tokenize("one two three", true, false);
        Batch batch = Batch.allocate(16, 1)) {
      Generation.prefill(context, batch, prompt, 0);

      assertThrows(LlamaException.class, () -> sampler.sample(context, 0));
      assertThrows(LlamaException.class, () -> sampler.sample(context, 999));
      assertTrue(sampler.sample(context, prompt.size() - 1) >= 0);
      assertThrows(LlamaException.class, () -> sampler.accept(model.vocabularySize()));
      assertThrows(LlamaException.class, () -> sampler.accept(-1));
    }
  }

  @Test
  void logprobsAreThoseOfTheModelAndTheGreedyTokenLeads() {
    try (Context context = Models.context(model, 64, 1);
        Sampler sampler = Sampler.create(model, SamplerOptions.greedy());
        TokenBuffer prompt = model.tokenize("The capital of France is", true, false);
        Batch batch = Batch.allocate(16, 1);
        Arena arena = Arena.ofConfined()) {
      int output = Generation.prefill(context, batch, prompt, 0);
      int token = sampler.sample(context, output);
      MemorySegment tokens = arena.allocate(ValueLayout.JAVA_INT, 5);
      MemorySegment logprobs = arena.allocate(ValueLayout.JAVA_FLOAT, 5);

      float chosen = context.logprobs(output, token, 5, tokens, logprobs);

      assertEquals(token, tokens.getAtIndex(ValueLayout.JAVA_INT, 0));
      assertEquals(chosen, logprobs.getAtIndex(ValueLayout.JAVA_FLOAT, 0));
      double sum = 0;
      for (int i = 0; i < 5; i++) {
        sum += Math.exp(logprobs.getAtIndex(ValueLayout.JAVA_FLOAT, i));
      }
      assertTrue(chosen < 0 && sum > 0 && sum <= 1.0001, "sum " + sum);
    }
  }

  private String story(SamplerOptions options) {
    try (Context context = Models.context(model, 256, 1);
        Sampler sampler = Sampler.create(model, options);
        TokenBuffer prompt = model.tokenize("Once upon a time", true, false)) {
      return Generation.generate(context, sampler, prompt, 24);
    }
  }

  private int firstToken(String text) {
    try (TokenBuffer tokens = model.tokenize(text, false, false)) {
      return tokens.get(0);
    }
  }

  private int only(String word) {
    try (TokenBuffer tokens = model.tokenize(word, false, false)) {
      assertEquals(1, tokens.size(), word);
      return tokens.get(0);
    }
  }
}
