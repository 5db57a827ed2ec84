package dev.freehold.limits;

import static dev.freehold.limits.LimitsFixture.budget;
import static dev.freehold.limits.LimitsFixture.granted;
import static dev.freehold.limits.LimitsFixture.microATokenSince;
import static dev.freehold.limits.LimitsFixture.paid;
import static dev.freehold.limits.LimitsFixture.passedOver;
import static dev.freehold.limits.LimitsFixture.provider;
import static dev.freehold.limits.LimitsFixture.spenders;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.freehold.bundle.policy.Budget;
import dev.freehold.bundle.policy.ClientGroup;
import dev.freehold.bundle.policy.Limits;
import dev.freehold.bundle.policy.Prices;
import dev.freehold.bundle.policy.ProviderSpec;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.Usage;
import dev.freehold.store.Spent;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Money by day and month, in a time zone that changes its clocks. A token costs a micro. */
class BudgetsTest {

  private static final Instant NOON = zurich("2026-03-02T12:00");

  private static Instant zurich(String local) {
    return LocalDateTime.parse(local).atZone(LimitsFixture.ZURICH).toInstant();
  }

  private static Charge charge(LimitsFixture box, String client, int tokens, String... groups)
      throws InferenceException {
    return granted(box.reserve(client, tokens, 0, groups).attempt(paid("helvet")));
  }

  private static ProviderAdmission.PassedOver refused(
      LimitsFixture box, String client, int tokens, String... groups) throws InferenceException {
    return passedOver(box.reserve(client, tokens, 0, groups).attempt(paid("helvet")));
  }

  @Test
  void reservationCountsAtOnceAndSettlingGivesBackWhatWasNotSpent() throws Exception {
    LimitsFixture box =
        new LimitsFixture(NOON, spenders("office", budget("0.001", null), Budget.NONE));
    Charge first = charge(box, "alice", 800, "office");
    ProviderAdmission.PassedOver passed = refused(box, "bob", 201, "office");
    assertEquals(
        "Group 'office' may spend 0.001 CHF in a day, 0.0008 are spent or reserved, and this"
            + " request may cost 0.000201 CHF: the next day begins in 12h0m0s.",
        passed.reason());
    assertEquals(Optional.of(Duration.ofHours(12)), passed.retryAfter());
    assertEquals(new Cost(300, Optional.of("CHF")), first.settle(new Usage(300, 0, 0)));
    charge(box, "bob", 700, "office");
    refused(box, "bob", 1, "office");
  }

  @Test
  void freeProviderServesOnWhenTheBudgetIsSpent() throws Exception {
    LimitsFixture box =
        new LimitsFixture(NOON, spenders("office", budget("0.001", null), Budget.NONE));
    charge(box, "alice", 1_000, "office");
    Reservation request = box.reserve("alice", 500, 500, "office");
    passedOver(request.attempt(paid("helvet")));
    Charge local =
        granted(request.attempt(provider("local", Prices.NONE, Limits.NONE, Budget.NONE)));
    assertEquals(Cost.NONE, local.settle(new Usage(500, 0, 500)));
  }

  @Test
  void everyClientHasItsOwnBudgetAndTheGroupOneTogether() throws Exception {
    LimitsFixture box =
        new LimitsFixture(NOON, spenders("office", budget("0.0015", null), budget("0.001", null)));
    charge(box, "alice", 1_000, "office");
    assertTrue(refused(box, "alice", 1, "office").reason().startsWith("A client of group"));
    charge(box, "bob", 500, "office");
    assertTrue(refused(box, "bob", 1, "office").reason().startsWith("Group 'office'"));
  }

  @Test
  void providersBudgetPassesItOverAndAnotherIsTried() throws Exception {
    LimitsFixture box = new LimitsFixture(NOON, spenders("office", Budget.NONE, Budget.NONE));
    ProviderSpec spec =
        provider("helvet", microATokenSince("2020-01-01"), Limits.NONE, budget(null, "0.001"));
    Reservation request = box.reserve("alice", 600, 0, "office");
    granted(request.attempt(spec)).settle(new Usage(600, 0, 0));
    ProviderAdmission.PassedOver passed = passedOver(request.attempt(spec));
    assertTrue(passed.reason().startsWith("Provider 'helvet' may spend"), passed.reason());
    assertTrue(passed.reason().contains("the next month begins"), passed.reason());
    assertEquals(
        Optional.of(Duration.between(NOON, zurich("2026-04-01T00:00"))), passed.retryAfter());
    granted(request.attempt(paid("claude")));
  }

  @Test
  void costBeyondTheWholeBudgetIsNoMatterOfWaiting() throws Exception {
    LimitsFixture box =
        new LimitsFixture(NOON, spenders("office", budget("0.001", null), Budget.NONE));
    ProviderAdmission.PassedOver passed = refused(box, "alice", 1_001, "office");
    assertEquals(Optional.empty(), passed.retryAfter());
    assertEquals(
        "Group 'office' may spend 0.001 CHF in a day, and this request may cost 0.001001 CHF.",
        passed.reason());
  }

  @Test
  void midnightBeginsANewDayAndTheMonthGoesOn() throws Exception {
    LimitsFixture box =
        new LimitsFixture(
            zurich("2026-03-02T23:59:59"),
            spenders("office", budget("0.001", "0.0015"), Budget.NONE));
    charge(box, "alice", 1_000, "office").settle(new Usage(1_000, 0, 0));
    assertEquals(
        Optional.of(Duration.ofSeconds(1)), refused(box, "alice", 1, "office").retryAfter());
    box.pass(Duration.ofSeconds(1));
    charge(box, "alice", 500, "office");
    assertTrue(refused(box, "alice", 1, "office").reason().contains("month"));
  }

  @Test
  void requestThatRunsOverMidnightIsOfTheDayOnWhichItBegan() throws Exception {
    LimitsFixture box =
        new LimitsFixture(
            zurich("2026-03-31T23:59:59"),
            spenders("office", budget("0.001", "0.002"), Budget.NONE));
    Charge running = charge(box, "alice", 1_000, "office");
    box.pass(Duration.ofSeconds(2));
    Charge today = charge(box, "bob", 1_000, "office");
    // Neither what it gives back nor what it took more touches the day or the month after.
    assertEquals(3_000, running.settle(new Usage(3_000, 0, 0)).micros());
    refused(box, "bob", 1, "office");
    today.settle(new Usage(400, 0, 0));
    charge(box, "bob", 600, "office");
    refused(box, "bob", 1, "office");
  }

  @ParameterizedTest
  @CsvSource({
    // The day of 23 hours, the day of 25, one of 24.
    "2026-03-29T00:30, 22h30m0s",
    "2026-10-25T00:30, 24h30m0s",
    "2026-10-26T00:30, 23h30m0s",
  })
  void dayIsAsLongAsTheZoneHasIt(String local, String left) throws Exception {
    LimitsFixture box =
        new LimitsFixture(zurich(local), spenders("office", budget("0.001", null), Budget.NONE));
    charge(box, "alice", 1_000, "office");
    ProviderAdmission.PassedOver passed = refused(box, "alice", 1, "office");
    assertTrue(passed.reason().contains("in " + left), passed.reason());
    box.pass(passed.retryAfter().orElseThrow().minusNanos(1));
    refused(box, "alice", 1, "office");
    box.pass(Duration.ofNanos(1));
    charge(box, "alice", 1_000, "office");
  }

  @Test
  void clockSetBackOverMidnightBringsNoSecondDay() throws Exception {
    LimitsFixture box =
        new LimitsFixture(
            zurich("2026-03-03T00:00:01"), spenders("office", budget("0.001", null), Budget.NONE));
    charge(box, "alice", 1_000, "office");
    box.setClock(zurich("2026-03-02T23:59:58"));
    refused(box, "alice", 1, "office");
    box.setClock(zurich("2026-03-03T00:00:02"));
    refused(box, "alice", 1, "office");
  }

  @Test
  void clockThatWasYearsAheadCountsAgainOnceItIsRight() throws Exception {
    LimitsFixture box =
        new LimitsFixture(
            zurich("2038-01-19T04:00"), spenders("office", budget("0.001", null), Budget.NONE));
    charge(box, "alice", 1_000, "office");
    box.setClock(NOON);
    charge(box, "alice", 1_000, "office");
    refused(box, "alice", 1, "office");
  }

  @Test
  void budgetsAreRebuiltFromTheLedgerForThePolicysCurrency() throws Exception {
    ClientGroup legal = spenders("legal", budget("1", "0.003"), Budget.NONE);
    ClientGroup office = spenders("office", budget("1", null), budget("1", "0.002"));
    LimitsFixture box = new LimitsFixture(NOON);
    box.publish(Optional.empty());
    box.ledger.add(
        new Spent("alice", List.of("office", "legal"), Optional.of("helvet"), "CHF", 1_500));
    box.ledger.add(new Spent("bob", List.of("legal"), Optional.of("helvet"), "CHF", 1_000));
    box.ledger.add(new Spent("bob", List.of("legal"), Optional.of("helvet"), "EUR", 9_000));
    box.publish(legal, office);
    refused(box, "alice", 501, "office");
    charge(box, "alice", 500, "office");
    refused(box, "carol", 501, "legal");
    charge(box, "carol", 500, "legal");
    ProviderSpec spec =
        provider("helvet", microATokenSince("2020-01-01"), Limits.NONE, budget("0.0036", null));
    Reservation request = box.reserve("dave", 101, 0, "office");
    assertTrue(passedOver(request.attempt(spec)).reason().contains("0.0035"));
    // Published again, nothing is counted twice.
    box.publish(legal, office);
    assertTrue(passedOver(request.attempt(spec)).reason().contains("0.0035"));
  }

  @Test
  void chargeThatRanWhileTheCurrencyChangedTouchesNoOtherMoney() throws Exception {
    ClientGroup office = spenders("office", budget("0.001", null), Budget.NONE);
    LimitsFixture box = new LimitsFixture(NOON, office);
    Charge francs = charge(box, "alice", 1_000, "office");
    Charge more = charge(box, "alice", 0, "office");
    box.publish(Optional.of("EUR"), office);
    Charge euros = charge(box, "alice", 700, "office");
    assertEquals("EUR", euros.reserved().currency().orElseThrow());
    assertEquals("CHF", francs.settle(new Usage(200, 0, 0)).currency().orElseThrow());
    refused(box, "alice", 301, "office");
    box.publish(Optional.of("CHF"), office);
    more.settle(new Usage(100, 0, 0));
    refused(box, "alice", 901, "office");
    charge(box, "alice", 900, "office");
  }

  @Test
  void priceIsThatOfTheLocalDayOnWhichTheRequestArrived() throws Exception {
    Prices prices =
        new Prices(
            List.of(
                microATokenSince("2026-01-01").table().getFirst(),
                new Prices.Price(
                    LocalDate.parse("2026-07-01"),
                    new java.math.BigDecimal("2"),
                    new java.math.BigDecimal("2"),
                    new java.math.BigDecimal("2"))));
    ProviderSpec spec = provider("helvet", prices, Limits.NONE, Budget.NONE);
    LimitsFixture box =
        new LimitsFixture(
            zurich("2026-06-30T23:59:59"), spenders("office", Budget.NONE, Budget.NONE));
    Reservation before = box.reserve("alice", 100, 0, "office");
    box.pass(Duration.ofSeconds(1));
    assertEquals(100, granted(before.attempt(spec)).reserved().micros());
    Reservation after = box.reserve("alice", 100, 0, "office");
    assertEquals(200, granted(after.attempt(spec)).reserved().micros());
    assertEquals(100, before.tariff(spec).cost(new Usage(100, 0, 0)).micros());
  }

  @Test
  void nameThatTheLedgerWritesPlainerIsTheSameClientsAfterARestart() throws Exception {
    LimitsFixture box = new LimitsFixture(NOON);
    box.publish(Optional.empty());
    box.ledger.add(
        new Spent("Alice_Miller", List.of("the_office"), Optional.empty(), "CHF", 1_000));
    box.publish(spenders("the office", Budget.NONE, budget("0.001", null)));
    refused(box, "Alice Miller", 1, "the office");
  }
}
