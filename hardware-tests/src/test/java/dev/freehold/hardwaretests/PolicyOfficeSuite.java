package dev.freehold.hardwaretests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.freehold.hardwaretests.site.ChatClient;
import dev.freehold.hardwaretests.site.Distribution;
import dev.freehold.hardwaretests.site.Site;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * A new security officer's first day: writes the office's policy, breaks it in the usual ways and
 * is told what is wrong and where, publishes it, and asks the box where requests would go.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class PolicyOfficeSuite {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String KEY = "sk-officer-2f7a";

  /** The policy of the design's section on routing, with addresses that are some. */
  private static final String OFFICE =
      """
      site: zurich-office
      currency: CHF
      models:
        small: {catalogue: smollm2-135m, context: 8192}
      providers:
        local:  {kind: engine}
        hub:    {kind: peer, trust: site, name: hub.zurich}
        helvet: {kind: openai, trust: sovereign, region: CH, url: "https://llm.helvet.example/v1", credential: helvet-key, price: {in: 0.4, out: 1.2}}
        claude: {kind: anthropic, trust: cloud, region: US, credential: claude-key}
      locality:
        restricted:   [local]
        confidential: [local, site]
        internal:     [local, site, sovereign]
        public:       [local, site, sovereign, cloud]
      clients:
        legal:    {label: confidential}
        everyone: {label: internal, tokensPerMinute: 60000, streams: 8}
        website:  {label: public}
      routes:
        - {name: long, when: "request.promptTokens > 6000 || needs.reasoning", use: [claude, helvet, local]}
        - {name: busy, when: "engine.queueSeconds > 2.0 && label != 'restricted'", use: [hub, helvet, local]}
        - {name: usual, use: [local, hub, helvet]}
      """;

  private Site site;

  @BeforeAll
  void startController() {
    site = Site.start(Path.of("target/suites/policy-office"));
  }

  @AfterAll
  void stop() {
    site.close();
  }

  @Test
  @Order(1)
  void policyOfTheOfficeIsValid() throws IOException {
    Distribution.Finished valid = validate(OFFICE);

    assertEquals(0, valid.exit(), valid.errors());
    assertEquals("", valid.errors());
    assertTrue(valid.output().contains("valid"), valid.output());
  }

  @Test
  @Order(2)
  void higherLabelThatOpensAPathIsTold() throws IOException {
    assertTold(
        "confidential: [local, site]",
        "confidential: [local, site, cloud]",
        "confidential allows cloud but the less sensitive internal does not",
        "cloud]\n  internal");
  }

  @Test
  @Order(2)
  void providerWithoutATrustClassIsTold() throws IOException {
    assertTold(
        "kind: openai, trust: sovereign,",
        "kind: openai,",
        "the provider needs \"trust\", one of local, site, sovereign, cloud",
        "{kind: openai");
  }

  @Test
  @Order(2)
  void mistypedLabelIsTold() throws IOException {
    assertTold(
        "label: confidential",
        "label: confidental",
        "there is no label \"confidental\"; did you mean \"confidential\"?",
        "confidental}");
  }

  @Test
  @Order(2)
  void conditionOnAFactThatIsNoneIsToldWithinTheCondition() throws IOException {
    assertTold(
        "request.promptTokens",
        "request.promtTokens",
        "there is no fact \"request.promtTokens\"; did you mean \"request.promptTokens\"?",
        "request.promtTokens");
  }

  @Test
  @Order(2)
  void routeToAProviderThatIsNoneIsTold() throws IOException {
    assertTold(
        "use: [local, hub, helvet]",
        "use: [local, hub, helvt]",
        "there is no provider \"helvt\"; did you mean \"helvet\"?",
        "helvt]");
  }

  @Test
  @Order(2)
  void everythingThatIsWrongIsToldAtOnceInReadingOrder() throws IOException {
    Distribution.Finished refused =
        validate(
            OFFICE
                .replace("helvet]}\n", "helvt]}\n")
                .replace("label: confidential", "label: confidental"));

    assertEquals(1, refused.exit());
    assertEquals(2, refused.errors().lines().count(), refused.errors());
    assertTrue(refused.errors().indexOf("confidental") < refused.errors().indexOf("helvt"));
  }

  @Test
  @Order(3)
  void brokenPolicyIsNotPublished() throws IOException {
    Distribution.Finished refused = publish(OFFICE.replace("trust: cloud", "trust: clouds"));

    assertEquals(1, refused.exit());
    assertTrue(
        refused.errors().contains(":9:36: there is no trust class \"clouds\""), refused.errors());
  }

  @Test
  @Order(3)
  void policyWhoseCredentialsWereNotGivenIsNotPublished() throws IOException {
    Distribution.Finished refused = publish(OFFICE);

    assertEquals(1, refused.exit());
    assertTrue(
        refused.errors().contains("--credential claude-key=@FILE --credential helvet-key=@FILE"),
        refused.errors());
  }

  @Test
  @Order(4)
  void publishedPolicyIsInForce() throws IOException {
    Path key = Files.writeString(site.folder().resolve("officer.key"), KEY);
    site.publish(
        OFFICE
            .replace("kind: peer, trust: site, name: hub.zurich", HUB)
            .replace("kind: anthropic", CLAUDE),
        Map.of("helvet-key", key, "claude-key", key));
    site.enrolBox("box-1").start();
    try (ChatClient legal = site.chat("ruth", "legal")) {
      assertEquals("local", legal.ask("small", "Say hello.", 8).provider());
    }
  }

  // Kinds of providers that this box has in any case.
  private static final String HUB =
      "kind: openai, trust: site, url: \"https://hub.zurich:8443/v1\"";

  private static final String CLAUDE = "kind: openai, url: \"https://llm.claude.example/v1\"";

  @Test
  @Order(5)
  void explainTellsForEachLabelWhereARequestMayGo() throws IOException {
    assertExplained("website", "", "public", "group website", List.of("local", "hub", "helvet"));
    assertExplained(
        "everyone", "", "internal", "group everyone", List.of("local", "hub", "helvet"));
    assertExplained("legal", "", "confidential", "group legal", List.of("local", "hub"));
    assertExplained("website", "restricted", "restricted", "header", List.of("local"));
  }

  private void assertExplained(
      String group, String header, String label, String raisedBy, List<String> candidates)
      throws IOException {
    String told = explain(group, header, "Say hello.", 64);

    assertLine(told, "label", label);
    assertLine(told, "raised by", raisedBy);
    assertLine(told, "route", "usual (written)");
    for (int i = 0; i < candidates.size(); i++) {
      assertTrue(told.contains("%d. %s (".formatted(i + 1, candidates.get(i))), told);
    }
    assertFalse(told.contains((candidates.size() + 1) + ". "), told);
    for (String provider : List.of("hub", "helvet")) {
      assertEquals(
          !candidates.contains(provider),
          told.contains(
              "%s: locality of '%s' does not allow '%s'"
                  .formatted(provider, label, provider.equals("hub") ? "site" : "sovereign")),
          told);
    }
  }

  @Test
  @Order(5)
  void explainTellsWhatWasDetected() throws IOException {
    String told = explain("website", "", "Write to anna.keller@linden-treuhand.ch.", 64);

    assertLine(told, "label", "confidential");
    assertLine(told, "raised by", "detected email");
    assertLine(told, "detected", "email");
  }

  @Test
  @Order(5)
  void explainTellsThePriceAndTheSpeedThatWasMeasured() throws IOException {
    String told = explain("website", "", "Say hello.", 1_000_000);

    assertTrue(told.contains("helvet (sovereign, CH): costs up to 1.2"), told);
    assertTrue(told.contains(" CHF"), told);
    assertTrue(
        told.matches(
            "(?s).*1\\. local \\(local\\): first token after [0-9.]+ s, [0-9]+ tokens/s\n.*"),
        told);
  }

  @Test
  @Order(5)
  void explainInJsonHoldsTheSame() throws IOException {
    Path request = request("Say hello.", 64);
    JsonNode told =
        JSON.readTree(
            site.box()
                .command("route", "explain", "--group", "legal", "--json", request.toString()));

    assertEquals("[\"group legal\"]", told.required("raisedBy").toString());
    assertEquals("usual", told.required("route").asText());
    assertEquals("helvet", told.required("rejected").required(0).required("provider").asText());
  }

  private String explain(String group, String header, String text, int tokensMax)
      throws IOException {
    List<String> command = new ArrayList<>(List.of("route", "explain", "--group", group));
    if (!header.isEmpty()) {
      command.addAll(List.of("--label", header));
    }
    command.add(request(text, tokensMax).toString());
    return site.box().command(command.toArray(String[]::new));
  }

  private Path request(String text, int tokensMax) throws IOException {
    return Files.writeString(
        site.folder().resolve("request.json"),
        ChatClient.request("small", text).put("max_tokens", tokensMax).toString());
  }

  private static void assertLine(String told, String name, String value) {
    assertTrue(told.lines().anyMatch(line -> line.equals("%-11s %s".formatted(name, value))), told);
  }

  /**
   * Breaks the policy and reads what is said of it.
   *
   * @param where the text at whose beginning the problem is
   */
  private void assertTold(String right, String wrong, String told, String where)
      throws IOException {
    String broken = OFFICE.replaceFirst(Pattern.quote(right), wrong);
    int at = broken.indexOf(where);
    String before = broken.substring(0, at);
    long line = before.lines().count();
    int column = at - before.lastIndexOf('\n');

    Distribution.Finished refused = validate(broken);

    assertEquals(1, refused.exit());
    assertEquals("", refused.output());
    assertEquals(1, refused.errors().lines().count(), refused.errors());
    String expected = "policy.yaml:%d:%d: ".formatted(line, column);
    assertTrue(refused.errors().contains(expected), expected + " is not in " + refused.errors());
    assertTrue(refused.errors().contains(told), refused.errors());
  }

  private Distribution.Finished validate(String policy) throws IOException {
    return freeholdctl("validate", policy);
  }

  private Distribution.Finished publish(String policy) throws IOException {
    Path operator = site.folder().resolve("controller/operator");
    return freeholdctl("publish", policy, "--operator", operator.toString());
  }

  private Distribution.Finished freeholdctl(String command, String policy, String... options)
      throws IOException {
    Path file = Files.writeString(site.folder().resolve("policy.yaml"), policy);
    List<String> arguments = new ArrayList<>(List.of("policy", command, file.toString()));
    arguments.addAll(List.of(options));
    return site.distribution().runToEnd("freeholdctl", arguments.toArray(String[]::new));
  }
}
