package dev.freehold.bundle.policy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.freehold.bundle.policy.RouteDecision.Reason;
import java.math.BigDecimal;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class RouteTableTest {

  private static final String POLICY =
      """
      site: zurich-office
      currency: CHF
      detect: {iban: restricted, email: confidential}
      models:
        assistant: {catalogue: smollm2-135m, aliases: [gpt-4o]}
      providers:
        local: {kind: engine}
        hub: {kind: peer, name: hub.zurich, cannot: [tools]}
        helvet: {kind: openai, trust: sovereign, url: "https://llm.example/v1", credential: helvet-key,
                 price: {from: 2026-07-01, in: 2, cachedIn: 0.5, out: 4}}
        claude: {kind: anthropic, trust: cloud, credential: claude-key, price: {in: 1, out: 3}}
      locality:
        confidential: [local, site]
        internal: [local, site, sovereign]
        public: [local, site, sovereign, cloud]
      clients:
        legal: {label: confidential}
        website: {label: public}
      routes:
        - {name: cheap, when: "client == 'cheap'", use: [helvet, claude, local], order: cheapest}
        - {name: fast, when: "client == 'fast'", use: [local, helvet, claude], order: fastest}
        - {name: drawn, when: "client == 'drawn'", use: [local, helvet, claude], order: weighted, weights: {claude: 3, helvet: 1}}
        - {name: checked, when: "client == 'checked'", use: [local, helvet, claude], order: fastest, cascade: {checks: [schema]}}
        - {name: tools, when: "needs.tools", use: [hub, local]}
        - {name: far, when: "client == 'far'", use: [claude]}
        - {name: usual, when: "client != 'nobody'", use: [local, hub, helvet, claude]}
      """;

  @Test
  void localityDecidesForEveryLabelWhatRemainsOfARoute() throws Exception {
    RouteTable table = table();

    assertEquals(List.of("local"), allowed(table.decide(facts("x", Label.RESTRICTED))));
    assertEquals(List.of("local", "hub"), allowed(table.decide(facts("x", Label.CONFIDENTIAL))));
    assertEquals(
        List.of("local", "hub", "helvet"), allowed(table.decide(facts("x", Label.INTERNAL))));
    assertEquals(
        List.of("local", "hub", "helvet", "claude"),
        allowed(table.decide(facts("x", Label.PUBLIC))));
    RouteDecision far = table.decide(facts("far", Label.INTERNAL));
    assertTrue(far.allowed().isEmpty());
    assertEquals(Reason.LOCALITY, far.rejected().getFirst().reason());
    assertEquals(Optional.empty(), table.decide(facts("nobody", Label.PUBLIC)).route());
  }

  @Test
  void providerThatCannotIsKnownBeforeItIsAsked() throws Exception {
    RouteDecision decision =
        table().decide(facts("x", Label.PUBLIC, Set.of(Feature.TOOLS, Feature.IMAGES), Map.of()));

    assertEquals(List.of("local"), allowed(decision));
    assertEquals(Reason.FEATURE, decision.rejected().getFirst().reason());
    assertEquals("it cannot do tools", decision.rejected().getFirst().explanation());
  }

  @Test
  void orderOfTheRouteIsExpected() throws Exception {
    RouteTable table = table();
    Map<String, Double> seconds = Map.of("claude", 0.3, "helvet", 0.9);

    assertEquals(
        List.of("local", "claude", "helvet"),
        expected(table.decide(facts("cheap", Label.PUBLIC, Set.of(), Map.of()))));
    assertEquals(
        List.of("claude", "helvet", "local"),
        expected(table.decide(facts("fast", Label.PUBLIC, Set.of(), seconds))));
    assertEquals(
        List.of("claude", "helvet", "local"),
        expected(table.decide(facts("drawn", Label.PUBLIC, Set.of(), Map.of()))));
    assertEquals(
        List.of("local", "claude", "helvet"),
        expected(table.decide(facts("checked", Label.PUBLIC, Set.of(), seconds))));
  }

  @Test
  void labelsOnlyRise() throws Exception {
    RouteTable table = table();

    assertEquals(Optional.of(Label.PUBLIC), table.labelOf(List.of("website", "strangers")));
    assertEquals(Optional.of(Label.CONFIDENTIAL), table.labelOf(List.of("website", "legal")));
    assertEquals(Optional.empty(), table.labelOf(List.of("strangers")));
    assertEquals(
        Label.RESTRICTED,
        table.raised(Label.PUBLIC, List.of(PersonalData.EMAIL, PersonalData.IBAN)));
    assertEquals(Label.RESTRICTED, table.raised(Label.RESTRICTED, List.of(PersonalData.EMAIL)));
    assertEquals(Label.PUBLIC, table.raised(Label.PUBLIC, List.of(PersonalData.PHONE)));
  }

  @Test
  void priceIsThatOfTheDay() throws Exception {
    RouteTable table = table();

    assertEquals(
        Map.of("claude", new BigDecimal("3")), table.outPerMillion(LocalDate.of(2026, 6, 30)));
    assertEquals(
        Map.of("claude", new BigDecimal("3"), "helvet", new BigDecimal("4")),
        table.outPerMillion(LocalDate.of(2026, 7, 1)));
    Prices.Price price =
        table.policy().providers().get("helvet").prices().at(LocalDate.MAX).orElseThrow();
    assertEquals(new BigDecimal("0.003900"), price.cost(1000, 200, 550));
    assertEquals(new BigDecimal("0.000001"), price.cost(1, 1, 0));
    assertEquals(new BigDecimal("0.000000"), price.cost(0, 5, 0));
    assertEquals("assistant", table.model("gpt-4o").orElseThrow().name());
  }

  private static List<String> allowed(RouteDecision decision) {
    return decision.allowed().stream().map(ProviderSpec::name).toList();
  }

  private static List<String> expected(RouteDecision decision) {
    return decision.expectedOrder(500).stream().map(ProviderSpec::name).toList();
  }

  private static RouteFacts facts(String client, Label label) {
    return facts(client, label, Set.of(), Map.of());
  }

  private static RouteFacts facts(
      String client, Label label, Set<Feature> needs, Map<String, Double> firstTokenSeconds) {
    return new RouteFacts(
        client,
        List.of("website"),
        label,
        "assistant",
        1000,
        500,
        needs,
        Set.of(),
        0,
        Map.of(),
        firstTokenSeconds,
        LocalDateTime.of(2026, 7, 1, 12, 0));
  }

  private static RouteTable table() throws PolicyException {
    return RouteTable.of(Policy.parse(POLICY));
  }
}
