package dev.freehold.bundle.policy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.time.Duration;
import java.time.LocalDate;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class PolicyFileTest {

  private static final String VALID =
      """
      site: zurich-office
      models:
        assistant: {catalogue: qwen2.5-coder-0.5b, context: 16384, slots: 4}
        small: {catalogue: smollm2-135m}
      providers:
        local: {kind: engine}
        helvet:
          kind: openai
          trust: sovereign
          region: CH
          url: "https://llm.example/v1/"
          credential: helvet-key
          model: big-model
          price: {in: 0.4, out: 1.2}
          timeouts: {connect: 500ms, firstToken: 20s, total: 5m}
        lab: {kind: openai, trust: cloud, url: "http://127.0.0.1:9000/v1"}
      locality:
        confidential: [local]
        internal: [local, sovereign]
        public: [local, sovereign, cloud]
      clients:
        legal: {label: confidential}
        everyone: {label: internal, tokensPerMinute: 60000, streams: 8}
        unlabelled: {}
      routes:
        - {name: long, when: "request.promptTokens > 6000 || needs.reasoning", use: [helvet, local]}
        - {name: usual, use: [local, helvet, lab]}
      """;

  @Test
  void validPolicyReadsAsItIsWritten() throws Exception {
    Policy policy = Policy.parse(VALID);

    assertEquals("zurich-office", policy.site());
    assertEquals(
        new ModelSpec("assistant", "qwen2.5-coder-0.5b", 16384, 4),
        policy.models().get("assistant"));
    assertEquals(new ModelSpec("small", "smollm2-135m", 8192, 8), policy.models().get("small"));
    assertEquals(List.of("local", "helvet", "lab"), List.copyOf(policy.providers().keySet()));
    ProviderSpec helvet = policy.providers().get("helvet");
    assertEquals(Optional.of(URI.create("https://llm.example/v1")), helvet.url());
    assertEquals(Optional.of("helvet-key"), helvet.credential());
    assertEquals(Optional.of("big-model"), helvet.model());
    assertEquals(
        "1.2",
        helvet.prices().at(LocalDate.of(2026, 1, 1)).orElseThrow().outPerMillion().toString());
    assertEquals(Duration.ofMillis(500), helvet.timeouts().connect());
    assertEquals(Duration.ofSeconds(20), helvet.timeouts().firstToken());
    assertEquals(Duration.ofMinutes(5), helvet.timeouts().total());
    assertEquals(TrustClass.LOCAL, policy.providers().get("local").trust());
    assertEquals(Timeouts.DEFAULT, policy.providers().get("local").timeouts());
    assertEquals(
        new ClientGroup(
            "everyone",
            Label.INTERNAL,
            new Limits(OptionalInt.empty(), OptionalInt.of(60000), OptionalInt.of(8))),
        policy.clients().get("everyone"));
    assertEquals(Optional.empty(), policy.routes().get(1).when());
    assertEquals(List.of("local", "helvet", "lab"), policy.routes().get(1).use());
  }

  @Test
  void modelSaysItsOtherNamesAndWhenItIsLoaded() throws Exception {
    Policy policy =
        Policy.parse(
            VALID.replace(
                "{catalogue: smollm2-135m}",
                "{catalogue: smollm2-135m, aliases: [gpt-4o, org/tiny], load: demand, idle: 90s}"));

    assertEquals(
        new ModelSpec(
            "small",
            "smollm2-135m",
            8192,
            8,
            List.of("gpt-4o", "org/tiny"),
            ModelSpec.Load.DEMAND,
            Duration.ofSeconds(90)),
        policy.models().get("small"));
    assertEquals(ModelSpec.Load.START, policy.models().get("assistant").load());
    assertEquals(Duration.ofMinutes(15), policy.models().get("assistant").idle());
  }

  @Test
  void modelMayAnswerWithAnAdapter() throws Exception {
    Policy policy =
        Policy.parse(
            VALID.replace(
                "{catalogue: smollm2-135m}", "{catalogue: smollm2-135m, adapter: legal-2026}"));

    assertEquals(Optional.of("legal-2026"), policy.models().get("small").adapter());
    assertEquals(Optional.empty(), policy.models().get("assistant").adapter());
    List<Problem> problems =
        problems(
            VALID.replace(
                "{catalogue: smollm2-135m}", "{catalogue: smollm2-135m, adapter: \"../x\"}"));
    assertEquals(1, problems.size(), problems.toString());
    assertTrue(problems.getFirst().toString().contains("may not be used"), problems.toString());
  }

  @Test
  void aliasMeansOneModel() {
    List<Problem> problems =
        problems(
            VALID
                .replace("slots: 4}", "slots: 4, aliases: [gpt-4o, small]}")
                .replace(
                    "{catalogue: smollm2-135m}", "{catalogue: smollm2-135m, aliases: [gpt-4o]}"));

    assertEquals(2, problems.size(), problems.toString());
    assertProblem(problems.get(0), 3, 90, "is the name of a model");
    assertProblem(problems.get(1), 4, 46, "stands for the model \"assistant\" already");
  }

  @Test
  void aliasThatNoClientCouldSendIsRefused() {
    Problem problem =
        only(
            VALID.replace(
                "{catalogue: smollm2-135m}", "{catalogue: smollm2-135m, aliases: [a b]}"));

    assertTrue(problem.message().contains("the alias \"a b\" may not be used"), problem.message());
  }

  @Test
  void loadAndIdleAreChecked() {
    assertTrue(
        only(VALID.replace("slots: 4}", "slots: 4, load: demnd}"))
            .message()
            .contains("did you mean \"demand\"?"));
    assertTrue(
        only(VALID.replace("slots: 4}", "slots: 4, idle: 5m}")).message().contains("load: demand"));
    assertTrue(
        only(VALID.replace("slots: 4}", "slots: 4, load: demand, idle: 5}"))
            .message()
            .contains("a duration such as"));
  }

  @Test
  void groupWithoutLabelIsRestricted() throws Exception {
    assertEquals(Label.RESTRICTED, Policy.parse(VALID).clients().get("unlabelled").label());
  }

  @Test
  void labelWithoutLocalityStaysOnTheBox() throws Exception {
    assertEquals(Set.of(TrustClass.LOCAL), Policy.parse(VALID).allowed(Label.RESTRICTED));
  }

  @Test
  void everyProblemIsReportedAtOnceWithItsPlace() {
    String text =
        VALID
            .replace("region: CH", "regoin: CH")
            .replace("qwen2.5-coder-0.5b", "qwen2.5-coder-0.5")
            .replace("use: [helvet, local]", "use: [helvte, local]")
            .replace("label: internal", "label: internl");

    List<Problem> problems = problems(text);

    assertEquals(4, problems.size(), problems.toString());
    assertProblem(problems.get(0), 3, 26, "did you mean \"qwen2.5-coder-0.5b\"?");
    assertProblem(problems.get(1), 10, 5, "unknown key \"regoin\"");
    assertProblem(problems.get(2), 23, 21, "did you mean \"internal\"?");
    assertProblem(problems.get(3), 26, 80, "did you mean \"helvet\"?");
  }

  @Test
  void conditionThatDoesNotCompileIsShownWhereItStands() {
    Problem problem = only(VALID.replace("|| needs.reasoning\"", "|| needs.reasonin\""));

    assertEquals(26, problem.line());
    assertEquals(VALID.lines().toList().get(25).indexOf("needs.reasoning") + 1, problem.column());
    assertTrue(problem.message().contains("needs"), problem.message());
  }

  @Test
  void conditionThatIsNotTrueOrFalseIsRefused() {
    assertTrue(
        only(VALID.replace("request.promptTokens > 6000 || needs.reasoning", "model"))
            .message()
            .contains("bool"));
  }

  @Test
  void higherLabelMayNotOpenAPath() {
    Problem problem = only(VALID.replace("confidential: [local]", "confidential: [local, cloud]"));

    assertTrue(problem.message().contains("raising a label would open a path"));
  }

  @Test
  void plainHttpBeyondLoopbackIsRefused() {
    assertTrue(
        only(VALID.replace("http://127.0.0.1:9000/v1", "http://10.0.0.7:9000/v1"))
            .message()
            .contains("loopback"));
    assertTrue(
        only(VALID.replace("http://127.0.0.1:9000/v1", "http://127.0.0.1.example:9000/v1"))
            .message()
            .contains("loopback"));
  }

  @Test
  void credentialInAUrlIsRefusedAndNotRepeated() {
    Problem problem =
        only(VALID.replace("https://llm.example/v1/", "https://bob:hunter2@llm.example/v1"));

    assertTrue(problem.message().contains("credential"));
    assertFalse(problem.message().contains("hunter2"));
  }

  @Test
  void secretWhereACredentialsNameBelongsIsNotRepeated() {
    Problem problem =
        only(VALID.replace("credential: helvet-key", "credential: \"sk/very+secret\""));

    assertFalse(problem.message().contains("very"), problem.message());
  }

  @Test
  void remoteProviderNeedsCredential() {
    assertTrue(
        only(VALID.replace("    credential: helvet-key\n", "")).message().contains("credential"));
  }

  @Test
  void groupThatNoRouteCanServeIsRefused() {
    Problem problem =
        only(
            VALID
                .replace("use: [helvet, local]", "use: [helvet]")
                .replace("use: [local, helvet, lab]", "use: [helvet, lab]")
                .replace("  unlabelled: {}\n", ""));

    assertTrue(problem.message().contains("can never be answered"), problem.message());
    assertEquals(22, problem.line());
  }

  @Test
  void emptyFileNamesWhatIsMissing() {
    assertEquals("1:1: expected a policy, found an empty file", only("").toString());
    assertTrue(problems("site: x").size() >= 4);
  }

  @Test
  void brokenYamlIsShownWhereItBreaks() {
    Problem problem = only("site: [a\nmodels: b\n");

    assertTrue(problem.message().startsWith("not valid YAML"), problem.message());
    assertEquals(2, problem.line());
  }

  @Test
  void duplicateKeyIsRefused() {
    assertTrue(only(VALID + "site: other\n").message().contains("twice"));
  }

  @Test
  void billionLaughsCostNothing() {
    StringBuilder yaml = new StringBuilder("a0: &a0 [x, x]\n");
    for (int i = 1; i < 40; i++) {
      yaml.append("a%d: &a%d [*a%d, *a%d]\n".formatted(i, i, i - 1, i - 1));
    }

    assertTrue(only(yaml.toString()).message().contains("aliases"));
  }

  @Test
  void deepNestingIsRefused() {
    assertTrue(only("site: " + "[".repeat(5000)).message().contains("nested deeper"));
  }

  @Test
  void oversizedFileIsRefused() {
    assertTrue(
        only("site: " + "x".repeat(Policy.CHARACTERS_MAX)).message().contains("at most 262144"));
  }

  @Test
  void selfContainingAliasIsRefusedNotFollowed() {
    assertFalse(problems("site: &a {site: *a}\n").isEmpty());
  }

  private static void assertProblem(Problem problem, int line, int column, String part) {
    assertTrue(problem.message().contains(part), problem.toString());
    assertEquals(line, problem.line(), problem.toString());
    assertEquals(column, problem.column(), problem.toString());
  }

  private static Problem only(String yaml) {
    List<Problem> problems = problems(yaml);
    assertEquals(1, problems.size(), problems.toString());
    return problems.getFirst();
  }

  private static List<Problem> problems(String yaml) {
    return assertThrows(PolicyException.class, () -> Policy.parse(yaml)).problems();
  }
}
