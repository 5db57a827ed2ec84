package dev.freehold.bundle.policy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/**
 * A policy as a security officer writes it, broken in one way at a time: each time the officer is
 * told where, what is wrong and what to do.
 */
final class BrokenPolicyTest {

  private static final String OFFICERS =
      """
      site: zurich-office
      models:                                  # what clients may ask for; never a vendor's name
        assistant: {catalogue: qwen2.5-coder-0.5b, context: 8192}
      providers:
        local:  {kind: engine}
        hub:    {kind: peer, trust: site, name: hub.zurich}
        helvet: {kind: openai, trust: sovereign, region: CH, url: "https://llm.helvet.example/v1", credential: helvet-key, price: {in: 0.4, out: 1.2}}
        claude: {kind: anthropic, trust: cloud, region: US, credential: claude-key}
      locality:                                # the security officer's whole statement; every path obeys it
        restricted:   [local]
        confidential: [local, site]
        internal:     [local, site, sovereign]
        public:       [local, site, sovereign, cloud]
      clients:
        legal:    {label: confidential}
        everyone: {label: internal, tokensPerMinute: 60000, streams: 8}
        website:  {label: public}
      routes:                                  # order of preference among what locality allows
        - {name: long, when: "request.promptTokens > 6000 || needs.reasoning", use: [claude, helvet, local]}
        - {name: busy, when: "engine.queueSeconds > 2.0 && label != 'restricted'", use: [hub, helvet, local]}
        - {name: usual, use: [local, hub, helvet]}
      """;

  @Test
  void officersPolicyIsValid() throws Exception {
    Policy policy = Policy.parse(OFFICERS);

    assertEquals(
        Optional.of(URI.create("https://hub.zurich:8443/v1")), policy.providers().get("hub").url());
    assertEquals(Optional.of(Policy.NO_CURRENCY), policy.currency());
    assertEquals(
        List.of(Label.CONFIDENTIAL), policy.detect().values().stream().distinct().toList());
    assertEquals(PersonalData.values().length, policy.detect().size());
  }

  @Test
  void exampleOfTheReferenceIsValid() throws Exception {
    String readme = Files.readString(Path.of("..", "README.md"));
    int start = readme.indexOf("```yaml\n") + "```yaml\n".length();

    Policy policy = Policy.parse(readme.substring(start, readme.indexOf("```", start)));

    assertEquals(Optional.of("CHF"), policy.currency());
  }

  @Test
  void mistypedNamesAreGivenTheOneThatWasMeant() {
    broken("clients:", "client:", "client:", "unknown key", "did you mean \"clients\"?");
    broken("region: CH", "regoin: CH", "regoin", "unknown key", "did you mean \"region\"?");
    broken("kind: anthropic", "kind: antropic", "antropic", "kind", "\"anthropic\"?");
    broken("trust: sovereign", "trust: soverein", "soverein", "trust class", "\"sovereign\"?");
    broken("{label: internal", "{label: interna", "interna,", "no label", "\"internal\"?");
    broken("restricted:  ", "restrcted:   ", "restrcted", "unknown key", "\"restricted\"?");
    broken("[local, site]", "[local, sites]", "sites]", "no trust class", "\"site\"?");
    broken("[hub, helvet, local]", "[hub, helvte, local]", "helvte", "provider", "\"helvet\"?");
    broken("qwen2.5-coder-0.5b", "qwen2.5-coder", "qwen2.5-coder", "no model", "catalogue");
  }

  @Test
  void statementThatContradictsItselfIsRefused() {
    broken(
        "confidential: [local, site]",
        "confidential: [local, site, cloud]",
        "cloud]",
        "raising a label would open a path",
        "remove cloud here, or add it to internal if that is meant");
    broken("[local, site]", "[]", "[]", "at least one trust class", "[local]");
  }

  @Test
  void wayThatCannotBeTakenIsRefused() {
    broken(
        "name: usual, use: [local, hub, helvet]",
        "name: usual, use: [local, hub, hub]",
        "hub]}",
        "stands twice",
        "remove one");
    broken("use: [hub, helvet, local]", "use: []", "[]", "needs \"use\"");
    broken("name: usual", "name: busy", "busy, use", "stands above already", "choose another");
    broken(
        ", when: \"engine.queueSeconds > 2.0 && label != 'restricted'\"",
        "",
        "{name: usual",
        "\"busy\" above has no condition",
        "this one never is");
    broken("{name: usual, use", "{use", "{use", "needs \"name\"", "name: usual");
  }

  @Test
  void conditionIsShownWhereItIsWrong() {
    broken(
        "request.promptTokens >",
        "request.promtTokens >",
        "request.promtTokens",
        "no fact",
        "did you mean \"request.promptTokens\"?");
    broken("needs.reasoning\"", "needs.reason\"", "needs.reason", "\"needs.reasoning\"?");
    broken("!= 'restricted'", "!= 'restrictd'", "'restrictd'", "label", "\"restricted\"?");
    broken("> 2.0 &&", "> 'long' &&", "> 'long'", "found no matching overload");
    broken("> 2.0 &&", "> &&", "&& label", "the condition is not valid");
    broken(
        "needs.reasoning\"",
        "price.helvte < 1.0\"",
        "price.helvte",
        "no provider",
        "did you mean \"helvet\"?");
  }

  @Test
  void providerThatLacksWhatItsKindNeedsIsRefused() {
    broken(
        ", credential: claude-key",
        "",
        "{kind: anthropic",
        "kind anthropic needs \"credential\"",
        "credential: claude-key");
    broken(
        ", credential: helvet-key", "", "{kind: openai", "sovereign provider needs \"credential\"");
    broken(
        "url: \"https://llm.helvet.example/v1\", ",
        "",
        "{kind: openai",
        "kind openai needs \"url\"");
    broken(", name: hub.zurich", "", "{kind: peer", "needs \"url\", or \"name\"");
    broken(", trust: cloud", "", "{kind: anthropic", "needs \"trust\"", "local, site, sovereign");
    broken(
        "name: hub.zurich",
        "name: hub.zurich, credential: hub-key",
        "credential: hub-key",
        "kind peer has no \"credential\"",
        "remove it");
    broken("trust: cloud, region: US", "trust: site, region: US", "site, region", "vendor's own");
    broken("{kind: engine}", "{kind: engine, trust: cloud}", "cloud}\n  hub", "its trust is local");
    broken(
        "{kind: engine}",
        "{kind: engine, timeouts: {firstToken: 5s}}",
        "timeouts",
        "kind engine has no \"timeouts\"");
  }

  @Test
  void numbersAndDurationsAreChecked() {
    broken("streams: 8", "streams: 0", "0}", "expected streams from 1", "found \"0\"");
    broken("tokensPerMinute: 60000", "tokensPerMinute: 60k", "60k", "60k");
    broken("out: 1.2", "out: free", "free", "a number such as 0.4", "found \"free\"");
    broken(", out: 1.2", "", "{in: 0.4", "a price needs \"out\"");
    broken(
        "region: US,",
        "region: US, timeouts: {idle: 5},",
        "5}, cred",
        "idle",
        "a duration such as 500ms");
    broken("context: 8192", "context: 8", "8}", "context from 256");
    broken(
        "use: [local, hub, helvet]",
        "use: [local, hub, helvet], deadline: 20m",
        "20m",
        "deadline",
        "at most 15m");
  }

  @Test
  void limitInMoneyNeedsACurrency() {
    broken("streams: 8", "streams: 8, budget: {day: 5}", "budget:", "names no currency", "CHF at");
    broken(
        "price: {in: 0.4, out: 1.2}",
        "price: {in: 0.4, out: 1.2}, budget: {month: 100}",
        "budget:",
        "names no currency");
    broken(
        "use: [local, hub, helvet]",
        "use: [local, hub, helvet], costMax: 0.05",
        "costMax",
        "names no currency");
    broken("site: zurich-office", "site: zurich-office\ncurrency: chf", "chf", "ISO 4217");
  }

  @Test
  void orderOfARouteIsOfUseToIt() {
    String usual = "use: [local, hub, helvet]";
    broken(usual, usual + ", weights: {hub: 3}", "weights", "order weighted only", "written");
    broken(usual, usual + ", order: weighted", "weighted}", "needs \"weights\"");
    broken(usual, usual + ", order: cheapst", "cheapst", "no order", "\"cheapest\"?");
    broken(
        usual,
        usual + ", order: weighted, weights: {claude: 3}",
        "claude: 3",
        "not in this route's \"use\"");
    broken(
        usual, usual + ", order: weighted, weights: {hub: 0}", "0}}", "hub from 1", "found \"0\"");
    broken(usual, usual + ", hedge: 800ms", "hedge", "there is nothing to hedge with");
    broken(usual, usual + ", sticky: often", "often", "true or false");
  }

  @Test
  void cascadeGoesFromTheEngineToAnother() {
    String usual = "use: [local, hub, helvet]";
    broken(
        usual,
        "use: [hub, local], cascade: {checks: [schema]}",
        "cascade",
        "engine first",
        "reorder it");
    broken(usual, "use: [local], cascade: {checks: [refusal]}", "cascade", "to have a second");
    broken(usual, usual + ", cascade: {checks: [confidence]}", "{checks", "needs a number");
    broken(
        usual,
        usual + ", cascade: {checks: [confidence], confidence: 1.5}",
        "1.5}",
        "above 0 and at most 1",
        "found 1.5");
    broken(
        usual,
        usual + ", cascade: {checks: [schema], confidence: 0.5}",
        "confidence: 0.5",
        "add it to \"checks\"");
    broken(usual, usual + ", cascade: {checks: [schem]}", "schem]", "no check", "\"schema\"?");
  }

  @Test
  void pricesStandInTheOrderOfTheirDays() {
    String price = "price: {in: 0.4, out: 1.2}";
    broken(
        price,
        "price: [{from: 2026-07-01, in: 1, out: 2}, {from: 2026-01-01, in: 1, out: 2}]",
        "2026-01-01",
        "found 2026-01-01 after 2026-07-01");
    broken(
        price,
        "price: [{from: 2026-07-01, in: 1, out: 2}, {from: 2026-07-01, in: 1, out: 3}]",
        "2026-07-01, in: 1, out: 3",
        "each day once");
    broken(
        price,
        "price: [{in: 1, out: 2}, {in: 1, out: 3}]",
        "{in: 1, out: 3}",
        "needs its first day");
    broken(
        price, "price: {from: 2026-13-01, in: 1, out: 2}", "2026-13-01", "a day such as 2026-07");
    broken(price, "price: 0.4", "0.4}", "such as {in: 0.4, out: 1.2}");
  }

  @Test
  void personalDataHasKindsAndLabels() {
    String site = "site: zurich-office";
    broken(site, site + "\ndetect: {emial: confidential}", "emial", "\"email\"?");
    broken(site, site + "\ndetect: {email: secret}", "secret", "no label");
    broken(site, site + "\ndetect: nothing", "nothing", "expected detect to be none");
    broken(site, site + "\ndetect: {}", "{}", "detect: none");
  }

  @Test
  void whatMayBeASecretIsNeverRepeated() {
    String secret = "sk-live-hunter2";
    for (String place :
        List.of(
            "credential: @SECRET@",
            "credential: \"@SECRET@/+\"",
            "credential: [@SECRET@]",
            "credential: {key: @SECRET@}",
            "credential: claude-key, oauth: @SECRET@",
            "credential: claude-key, role: @SECRET@",
            "credential: claude-key, url: \"https://bob:@SECRET@@host/v1\"",
            "credential: claude-key, url: \"@SECRET@\"",
            "credential: claude-key, url: \"ht tp://@SECRET@\"",
            "credential: claude-key, ca: @SECRET@",
            "credential: claude-key, apiVersion: @SECRET@",
            "credential: claude-key, region: \"@SECRET@ \"",
            "credential: *@SECRET@",
            "credential: !@SECRET@ x: y: z")) {
      String yaml =
          OFFICERS
              .replace("region: US, ", "")
              .replace("credential: claude-key", place.replace("@SECRET@", secret));

      List<Problem> problems = problems(yaml);

      assertFalse(problems.isEmpty(), place);
      assertFalse(problems.toString().contains("hunter2"), problems.toString());
      assertEquals(8, problems.getFirst().line(), place + " " + problems);
    }
  }

  @Test
  void placeInAConditionOfSeveralLinesIsExact() {
    String when = "\"engine.queueSeconds > 2.0 && label != 'restricted'\"";
    String route = "{name: busy, when: " + when + ", use: [hub, helvet, local]}";
    String block = "name: busy\n    use: [hub, helvet, local]\n    when: ";
    broken(
        route,
        block + "|\n      engine.queueSeconds > 2.0 &&\n        labl != 'restricted'",
        "labl",
        "did you mean \"label\"?");
    broken(
        route,
        block + ">-  # folded\n      engine.queueSeconds > 2.0\n      && labl != 'restricted'",
        "labl",
        "\"label\"?");
    broken(
        route,
        block + "engine.queueSeconds > 2.0\n      && labl != 'restricted'",
        "labl",
        "\"label\"?");
    broken(route, block + "'engine.queueSeconds > 2.0 && ''x'' != labl'", "labl", "\"label\"?");
    broken(
        route,
        block + "\"client != \\\"a\\\\tb\\\" && \\\n      '\\u00e4\\x41' != labl\"",
        "labl",
        "\"label\"?");
  }

  /**
   * Replaces one text of the officer's policy and expects exactly one problem.
   *
   * @param marker where it is to be shown: the text that begins there, in the part replaced if it
   *     stands there, else the first in the file
   */
  private static void broken(String text, String replacement, String marker, String... words) {
    int at = OFFICERS.indexOf(text);
    assertTrue(at >= 0, "the policy has no " + text);
    String yaml = OFFICERS.substring(0, at) + replacement + OFFICERS.substring(at + text.length());
    List<Problem> problems = problems(yaml);

    assertEquals(1, problems.size(), replacement + ": " + problems);
    Problem problem = problems.getFirst();
    int near = yaml.indexOf(marker, Math.max(0, at - 80));
    int place = near >= 0 ? near : yaml.indexOf(marker);
    assertTrue(place >= 0, marker);
    String before = yaml.substring(0, place);
    int line = before.split("\n", -1).length;
    int column = place - before.lastIndexOf('\n');
    assertEquals(line + ":" + column, problem.line() + ":" + problem.column(), problem.toString());
    for (String word : words) {
      assertTrue(problem.message().contains(word), problem.toString());
    }
  }

  private static List<Problem> problems(String yaml) {
    return assertThrows(PolicyException.class, () -> Policy.parse(yaml), yaml).problems();
  }
}
