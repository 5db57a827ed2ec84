package dev.freehold.limits;

import static dev.freehold.limits.LimitsFixture.granted;
import static dev.freehold.limits.LimitsFixture.group;
import static dev.freehold.limits.LimitsFixture.paid;
import static dev.freehold.limits.LimitsFixture.passedOver;
import static dev.freehold.limits.LimitsFixture.provider;
import static dev.freehold.limits.LimitsFixture.rates;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.freehold.bundle.policy.Budget;
import dev.freehold.bundle.policy.Limits;
import dev.freehold.bundle.policy.Prices;
import dev.freehold.bundle.policy.ProviderSpec;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.Usage;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

/** Requests and tokens a minute, and requests at once. */
class RatesTest {

  private static final Instant NOON = Instant.parse("2026-03-02T11:00:00Z");

  private static InferenceException refused(
      LimitsFixture box, String client, int prompt, int completion, String... groups) {
    return assertThrows(
        InferenceException.class, () -> box.reserve(client, prompt, completion, groups));
  }

  private static void assertWait(Duration expected, InferenceException refusal) {
    assertEquals(InferenceException.Kind.OVERLOADED, refusal.kind(), refusal.getMessage());
    assertEquals(Optional.of(expected), refusal.retryAfter(), refusal.getMessage());
  }

  private static ProviderSpec free(Limits limits) {
    return provider("local", Prices.NONE, limits, Budget.NONE);
  }

  @Test
  void requestOverTheLimitWaitsExactlyUntilTheOldestLeaves() throws Exception {
    LimitsFixture box = new LimitsFixture(NOON, group("office", Limits.NONE, rates(2, -1, -1)));
    box.reserve("alice", 1, 1, "office").close();
    box.pass(Duration.ofMillis(1_234));
    box.reserve("alice", 1, 1, "office").close();
    InferenceException refusal = refused(box, "alice", 1, 1, "office");
    assertWait(Duration.ofMillis(58_766), refusal);
    assertEquals(
        "A client of group 'office' may begin 2 requests in a minute and has begun 2: try again in"
            + " 58.766s.",
        refusal.getMessage());
    box.reserve("bob", 1, 1, "office").close();
    box.pass(Duration.ofMillis(58_766).minusNanos(1));
    assertWait(Duration.ofNanos(1), refused(box, "alice", 1, 1, "office"));
    box.pass(Duration.ofNanos(1));
    box.reserve("alice", 1, 1, "office").close();
    refused(box, "alice", 1, 1, "office");
  }

  @Test
  void groupTogetherIsLimitedWhoeverOfItAsks() throws Exception {
    LimitsFixture box = new LimitsFixture(NOON, group("office", rates(2, -1, -1), Limits.NONE));
    box.reserve("alice", 1, 1, "office").close();
    box.reserve("bob", 1, 1, "office").close();
    InferenceException refusal = refused(box, "carol", 1, 1, "office");
    assertTrue(refusal.getMessage().startsWith("Group 'office' may begin 2"), refusal.toString());
  }

  @Test
  void refusedRequestLeavesNothingBehindInAnyOfItsLimits() throws Exception {
    LimitsFixture box =
        new LimitsFixture(
            NOON,
            group("wide", rates(10, 1_000, 10), rates(10, 1_000, 10)),
            group("narrow", rates(1, -1, -1), Limits.NONE));
    Reservation first = box.reserve("alice", 10, 10, "wide", "narrow");
    for (int i = 0; i < 5; i++) {
      refused(box, "bob", 10, 10, "wide", "narrow");
    }
    assertEquals(
        Map.of("x-ratelimit-remaining-requests", "9", "x-ratelimit-remaining-tokens", "980"),
        remaining(box, "alice", "wide"));
    assertEquals("1000", remaining(box, "bob", "wide2").getOrDefault("none", "1000"));
    first.close();
    Reservation second = box.reserve("bob", 10, 10, "wide");
    assertEquals(8, second.rates().requests().orElseThrow().remaining());
  }

  private static Map<String, String> remaining(LimitsFixture box, String client, String group) {
    Map<String, String> headers = box.limits.rates(client, List.of(group)).headers();
    headers.keySet().removeIf(name -> !name.contains("remaining"));
    return headers;
  }

  @Test
  void waitIsThatOfTheLimitThatIsFreeLast() throws Exception {
    LimitsFixture box =
        new LimitsFixture(
            NOON,
            group("a", rates(1, -1, -1), Limits.NONE),
            group("b", Limits.NONE, rates(-1, 100, -1)));
    box.reserve("alice", 1, 1, "a").close();
    box.pass(Duration.ofSeconds(10));
    box.limits.reserve("alice", List.of("b"), new Estimate(50, 50, true), box.now());
    InferenceException refusal = refused(box, "alice", 50, 50, "a", "b");
    assertWait(Duration.ofMinutes(1), refusal);
    assertTrue(refusal.getMessage().contains("100 tokens in a minute"), refusal.getMessage());
  }

  @Test
  void tokensThatWereReservedAndNotUsedAreGivenBackAtOnce() throws Exception {
    LimitsFixture box = new LimitsFixture(NOON, group("office", rates(-1, 1_000, -1), Limits.NONE));
    Reservation request = box.reserve("alice", 100, 800, "office");
    assertWait(Duration.ofMinutes(1), refused(box, "bob", 100, 50, "office"));
    Charge charge = granted(request.attempt(free(Limits.NONE)));
    charge.settle(new Usage(100, 0, 20));
    request.close();
    assertEquals(
        880, box.limits.rates("bob", List.of("office")).tokens().orElseThrow().remaining());
    box.reserve("bob", 100, 780, "office");
  }

  @Test
  void tokensBeyondTheEstimateCountFromWhenTheyAreKnown() throws Exception {
    LimitsFixture box = new LimitsFixture(NOON, group("office", rates(-1, 1_000, -1), Limits.NONE));
    Reservation request = box.reserve("alice", 100, 100, "office");
    box.pass(Duration.ofSeconds(50));
    request.settle(new Usage(100, 0, 1_500));
    RateStatus.Rate rate = box.limits.rates("bob", List.of("office")).tokens().orElseThrow();
    assertEquals(0, rate.remaining());
    assertEquals(Duration.ofMinutes(1), rate.reset());
    InferenceException refusal = refused(box, "bob", 1, 1, "office");
    assertWait(Duration.ofMinutes(1), refusal);
    box.pass(Duration.ofMinutes(1));
    box.reserve("bob", 500, 500, "office");
  }

  @Test
  void requestLargerThanTheWholeLimitIsRefusedForGoodWithTheNumbers() {
    LimitsFixture box = new LimitsFixture(NOON, group("office", Limits.NONE, rates(-1, 500, -1)));
    InferenceException refusal = refused(box, "alice", 200, 301, "office");
    assertEquals(InferenceException.Kind.INVALID_REQUEST, refusal.kind());
    assertEquals(Optional.empty(), refusal.retryAfter());
    for (String number : List.of("500", "501", "200", "301")) {
      assertTrue(refusal.getMessage().contains(number), refusal.getMessage());
    }
  }

  @Test
  void guessedLengthOfAnAnswerIsMadeToFit() throws Exception {
    LimitsFixture box = new LimitsFixture(NOON, group("office", Limits.NONE, rates(-1, 500, -1)));
    Estimate guess = Estimate.of(200, OptionalInt.empty());
    assertEquals(Estimate.COMPLETION_TOKENS_DEFAULT, guess.completionTokens());
    Reservation request = box.limits.reserve("alice", List.of("office"), guess, box.now());
    assertEquals(300, request.estimate().completionTokens());
    Estimate whole = Estimate.of(500, OptionalInt.empty());
    assertEquals(
        InferenceException.Kind.INVALID_REQUEST,
        assertThrows(
                InferenceException.class,
                () -> box.limits.reserve("bob", List.of("office"), whole, box.now()))
            .kind());
  }

  @Test
  void placeAmongTheRunningIsFreeWhenTheRequestEndsHoweverOften() throws Exception {
    LimitsFixture box = new LimitsFixture(NOON, group("office", Limits.NONE, rates(-1, -1, 2)));
    Reservation first = box.reserve("alice", 1, 1, "office");
    box.reserve("alice", 1, 1, "office");
    InferenceException refusal = refused(box, "alice", 1, 1, "office");
    assertWait(Duration.ofSeconds(1), refusal);
    assertTrue(refusal.getMessage().contains("2 requests running"), refusal.getMessage());
    first.close();
    first.settle(Usage.NONE);
    first.close();
    box.reserve("alice", 1, 1, "office");
    refused(box, "alice", 1, 1, "office");
  }

  @Test
  void publishingKeepsWhatIsUsedAndALaterLimitKnowsIt() throws Exception {
    LimitsFixture box = new LimitsFixture(NOON, group("office", rates(5, -1, -1), Limits.NONE));
    for (int i = 0; i < 3; i++) {
      box.reserve("alice", 1, 1, "office");
    }
    box.publish(group("other", rates(1, -1, -1), Limits.NONE));
    box.publish(group("office", rates(4, 100, 4), rates(-1, -1, 3)));
    RateStatus status = box.limits.rates("alice", List.of("office"));
    assertEquals(1, status.requests().orElseThrow().remaining());
    assertEquals(94, status.tokens().orElseThrow().remaining());
    assertTrue(refused(box, "alice", 1, 1, "office").getMessage().contains("3 requests running"));
    box.reserve("bob", 1, 1, "office");
    refused(box, "bob", 1, 1, "office");
  }

  @Test
  void providerWhoseLimitIsUsedUpIsPassedOverWithAReasonAndNothingIsReserved() throws Exception {
    LimitsFixture box = new LimitsFixture(NOON, group("office", Limits.NONE, Limits.NONE));
    ProviderSpec spec = free(rates(2, 100, 1));
    Reservation request = box.reserve("alice", 10, 10, "office");
    Charge running = granted(request.attempt(spec));
    assertTrue(
        passedOver(request.attempt(spec)).reason().startsWith("Provider 'local' may have 1"));
    running.settle(new Usage(10, 0, 10));
    box.pass(Duration.ofSeconds(20));
    granted(request.attempt(spec)).release();
    ProviderAdmission.PassedOver passed = passedOver(request.attempt(spec));
    assertEquals(Optional.of(Duration.ofSeconds(40)), passed.retryAfter());
    assertEquals(InferenceException.Kind.OVERLOADED, passed.refusal().kind());
    assertEquals(
        "Provider 'local' may begin 2 requests in a minute and has begun 2: try again in 40s.",
        passed.reason());
  }

  @Test
  void requestLargerThanAProvidersWholeLimitPassesItOver() throws Exception {
    LimitsFixture box = new LimitsFixture(NOON, group("office", Limits.NONE, Limits.NONE));
    Reservation request = box.reserve("alice", 10, 100, "office");
    ProviderAdmission.PassedOver passed = passedOver(request.attempt(free(rates(-1, 100, -1))));
    assertEquals(Optional.empty(), passed.retryAfter());
    assertTrue(passed.reason().contains("may take 110"), passed.reason());
  }

  @Test
  void attemptThatFailedBeforeItCostGivesItsTokensBack() throws Exception {
    LimitsFixture box = new LimitsFixture(NOON, group("office", rates(-1, 100, -1), Limits.NONE));
    ProviderSpec spec = free(rates(-1, 100, 1));
    Reservation request = box.reserve("alice", 50, 50, "office");
    granted(request.attempt(spec)).release();
    granted(request.attempt(spec)).release();
    request.close();
    assertEquals(
        100, box.limits.rates("alice", List.of("office")).tokens().orElseThrow().remaining());
  }

  @Test
  void hangUpSettlesWhatTheStreamHadSaid() throws Exception {
    LimitsFixture box = new LimitsFixture(NOON, group("office", rates(-1, 1_000, -1), Limits.NONE));
    Reservation request = box.reserve("alice", 100, 700, "office");
    Charge charge = granted(request.attempt(paid("helvet")));
    charge.observe(new Usage(0, 0, 30));
    request.close();
    // The stream had not said how long the prompt was: the estimate stands for it.
    assertEquals(130, request.cost().micros());
    assertEquals(
        870, box.limits.rates("alice", List.of("office")).tokens().orElseThrow().remaining());
    assertEquals(130, charge.settle(new Usage(100, 0, 700)).micros());
  }

  @Test
  void crashOfAnAttemptOfWhichNothingIsKnownChargesTheEstimate() throws Exception {
    LimitsFixture box = new LimitsFixture(NOON, group("office", rates(-1, 1_000, -1), Limits.NONE));
    Reservation request = box.reserve("alice", 100, 700, "office");
    granted(request.attempt(paid("helvet"))).close();
    request.close();
    assertEquals(800, request.cost().micros());
    assertEquals(
        200, box.limits.rates("alice", List.of("office")).tokens().orElseThrow().remaining());
  }

  @Test
  void requestThatNeverReachedAProviderTakesNoTokensAndStaysCounted() throws Exception {
    LimitsFixture box = new LimitsFixture(NOON, group("office", rates(3, 1_000, -1), Limits.NONE));
    box.reserve("alice", 100, 700, "office").close();
    RateStatus status = box.limits.rates("alice", List.of("office"));
    assertEquals(1_000, status.tokens().orElseThrow().remaining());
    assertEquals(2, status.requests().orElseThrow().remaining());
  }

  @Test
  void twoAttemptsSideBySideTakeTheLargersTokensAndBothCosts() throws Exception {
    LimitsFixture box = new LimitsFixture(NOON, group("office", rates(-1, 1_000, -1), Limits.NONE));
    Reservation request = box.reserve("alice", 100, 200, "office");
    Charge first = granted(request.attempt(paid("helvet")));
    Charge hedge = granted(request.attempt(paid("claude")));
    assertEquals(600, request.cost().micros());
    first.observe(new Usage(100, 0, 5));
    first.close();
    assertEquals(new Cost(150, Optional.of("CHF")), hedge.settle(new Usage(100, 0, 50)));
    request.close();
    assertEquals(255, request.cost().micros());
    assertEquals(
        850, box.limits.rates("alice", List.of("office")).tokens().orElseThrow().remaining());
  }

  @Test
  void idleClientGivesWayAndOneInDebtDoesNot() throws Exception {
    LimitsFixture box = new LimitsFixture(NOON, 2, group("office", Limits.NONE, rates(1, -1, -1)));
    box.reserve("alice", 1, 1, "office").close();
    box.reserve("bob", 1, 1, "office").close();
    assertWait(Duration.ofMinutes(1), refused(box, "carol", 1, 1, "office"));
    box.pass(Duration.ofMinutes(1));
    Reservation running = box.reserve("bob", 1, 1, "office");
    granted(running.attempt(paid("helvet"))).settle(new Usage(5, 0, 5));
    running.close();
    box.pass(Duration.ofMinutes(1));
    box.reserve("carol", 1, 1, "office").close();
    // Bob spent money this month: Carol gives way before him, once she is idle.
    refused(box, "dave", 1, 1, "office");
    box.pass(Duration.ofMinutes(1));
    box.reserve("dave", 1, 1, "office").close();
  }

  @Test
  void clientOfNoKnownGroupHasNoHeaders() {
    LimitsFixture box = new LimitsFixture(NOON, group("office", rates(1, 1, 1), Limits.NONE));
    assertEquals(RateStatus.NONE, box.limits.rates("alice", List.of("nobody")));
    assertEquals(Map.of(), RateStatus.NONE.headers());
  }
}
