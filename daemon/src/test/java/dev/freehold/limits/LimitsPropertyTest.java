package dev.freehold.limits;

import static dev.freehold.limits.LimitsFixture.budget;
import static dev.freehold.limits.LimitsFixture.group;
import static dev.freehold.limits.LimitsFixture.microATokenSince;
import static dev.freehold.limits.LimitsFixture.provider;
import static dev.freehold.limits.LimitsFixture.rates;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.freehold.bundle.policy.ClientGroup;
import dev.freehold.bundle.policy.ProviderSpec;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.Usage;
import java.time.Duration;
import java.time.Instant;
import java.time.YearMonth;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.RepeatedTest;

/**
 * Random requests of random clients over days of random pauses, against a model that keeps every
 * request and recounts everything each time.
 */
class LimitsPropertyTest {

  private static final Duration MINUTE = Duration.ofMinutes(1);
  private static final int REQUESTS_MAX = 12;
  private static final int TOKENS_MAX = 2_000;
  private static final int STREAMS_MAX = 4;
  private static final int EACH_REQUESTS_MAX = 6;
  private static final int EACH_TOKENS_MAX = 900;
  private static final long DAY_MICROS_MAX = 20_000;
  private static final long MONTH_MICROS_MAX = 250_000;

  /** A request as the model remembers it. */
  private static final class Asked {
    private final String client;
    private final Instant arrival;
    private final long nanos;
    private long tokens;
    private final Reservation reservation;
    private Charge charge;
    private long micros;
    private boolean open = true;

    private Asked(String client, Instant arrival, long nanos, long tokens, Reservation request) {
      this.client = client;
      this.arrival = arrival;
      this.nanos = nanos;
      this.tokens = tokens;
      this.reservation = request;
    }
  }

  private final long seed = System.nanoTime();
  private final Random random = new Random(seed);
  private final List<Asked> admitted = new ArrayList<>();
  private final LimitsFixture box =
      new LimitsFixture(
          Instant.parse("2026-10-20T12:00:00Z").plus(Duration.ofHours(random.nextInt(260))),
          groups());
  private final ProviderSpec paid =
      provider(
          "helvet",
          microATokenSince("2026-01-01"),
          dev.freehold.bundle.policy.Limits.NONE,
          budget(null, "0.25"));

  private static ClientGroup groups() {
    return group(
        "office",
        rates(REQUESTS_MAX, TOKENS_MAX, STREAMS_MAX),
        budget("0.02", null),
        rates(EACH_REQUESTS_MAX, EACH_TOKENS_MAX, -1),
        budget("0.012", null));
  }

  @RepeatedTest(8)
  void noMinuteDayOrMonthHasMoreThanItsLimitAndNothingIsLost() throws Exception {
    System.out.println("seed " + seed);
    int refused = 0;
    for (int step = 0; step < 6_000; step++) {
      switch (random.nextInt(8)) {
        case 0, 1, 2 -> box.pass(Duration.ofNanos(random.nextLong(8_000_000_000L)));
        case 3 -> end();
        case 4 -> {
          if (random.nextInt(40) == 0) {
            box.pass(Duration.ofHours(random.nextInt(10)));
          }
        }
        default -> refused += ask() ? 0 : 1;
      }
    }
    assertTrue(refused > 100 && admitted.size() > 500, refused + " of " + admitted.size());
    admitted.stream().filter(asked -> asked.open).forEach(this::close);
    checkConserved();
    box.pass(MINUTE);
    RateStatus status = box.limits.rates("a", List.of("office"));
    assertEquals(EACH_REQUESTS_MAX, status.requests().orElseThrow().remaining());
    assertEquals(EACH_TOKENS_MAX, status.tokens().orElseThrow().remaining());
    assertEquals(Duration.ZERO, status.tokens().orElseThrow().reset());
  }

  private boolean ask() throws InferenceException {
    String client = List.of("a", "b", "c").get(random.nextInt(3));
    int prompt = 1 + random.nextInt(200);
    int completion = 1 + random.nextInt(250);
    Reservation request;
    try {
      request = box.reserve(client, prompt, completion, "office");
    } catch (InferenceException e) {
      checkWait(client, prompt, completion, e);
      return false;
    }
    Asked asked = new Asked(client, box.now(), box.nanos(), prompt + completion, request);
    admitted.add(asked);
    checkRates();
    switch (request.attempt(paid)) {
      case ProviderAdmission.Granted granted -> {
        asked.charge = granted.charge();
        asked.micros = asked.tokens;
        checkBudgets();
      }
      case ProviderAdmission.PassedOver passed -> {}
    }
    return true;
  }

  /** The wait that is named is enough, if nothing else happens, and a nanosecond less is not. */
  private void checkWait(String client, int prompt, int completion, InferenceException refusal)
      throws InferenceException {
    assertEquals(InferenceException.Kind.OVERLOADED, refusal.kind());
    if (running() >= STREAMS_MAX || random.nextInt(4) != 0) {
      return;
    }
    box.pass(refusal.retryAfter().orElseThrow().minusNanos(1));
    try {
      box.reserve(client, prompt, completion, "office");
      throw new AssertionError("a nanosecond less was enough, seed " + seed);
    } catch (InferenceException e) {
      assertEquals(Duration.ofNanos(1), e.retryAfter().orElseThrow());
    }
    box.pass(Duration.ofNanos(1));
    box.reserve(client, prompt, completion, "office").close();
    // The model has no such request: it is over, took nothing, and leaves with this minute.
    box.pass(MINUTE);
  }

  private long running() {
    return admitted.stream().filter(asked -> asked.open).count();
  }

  private void end() {
    List<Asked> open = admitted.stream().filter(asked -> asked.open).toList();
    if (!open.isEmpty()) {
      close(open.get(random.nextInt(open.size())));
    }
  }

  /** Ends a request in one of the ways that requests end, within its estimate. */
  private void close(Asked asked) {
    int prompt = asked.reservation.estimate().promptTokens();
    int written = random.nextInt(asked.reservation.estimate().completionTokens() + 1);
    long real = asked.tokens;
    asked.open = false;
    if (asked.charge == null) {
      real = 0;
    } else {
      switch (random.nextInt(4)) {
        case 0 -> {
          asked.charge.release();
          real = 0;
        }
        case 1 -> {
          asked.charge.observe(new Usage(prompt, 0, written));
          real = (long) prompt + written;
        }
        case 2 -> {
          asked.charge.settle(new Usage(prompt, 0, written));
          asked.charge.settle(new Usage(1, 0, 1));
          asked.charge.release();
          real = (long) prompt + written;
        }
        default -> {}
      }
      asked.micros = real;
    }
    asked.reservation.close();
    asked.reservation.close();
    // Only what still counts is given back; the model's past is what counted then.
    if (box.nanos() - asked.nanos < MINUTE.toNanos()) {
      asked.tokens = real;
    }
    assertEquals(
        asked.charge == null ? 0 : asked.micros, asked.reservation.cost().micros(), "seed " + seed);
  }

  /** The minute that ends now is the only one that can be new; older ones were checked before. */
  private void checkRates() {
    long requests = 0;
    long tokens = 0;
    Map<String, Long> eachRequests = new TreeMap<>();
    Map<String, Long> eachTokens = new TreeMap<>();
    for (Asked asked : admitted) {
      if (box.nanos() - asked.nanos < MINUTE.toNanos()) {
        requests++;
        tokens += asked.tokens;
        eachRequests.merge(asked.client, 1L, Long::sum);
        eachTokens.merge(asked.client, asked.tokens, Long::sum);
      }
    }
    assertTrue(requests <= REQUESTS_MAX, "seed " + seed);
    assertTrue(tokens <= TOKENS_MAX, "seed " + seed);
    assertTrue(running() <= STREAMS_MAX, "seed " + seed);
    eachRequests.values().forEach(n -> assertTrue(n <= EACH_REQUESTS_MAX, "seed " + seed));
    eachTokens.values().forEach(n -> assertTrue(n <= EACH_TOKENS_MAX, "seed " + seed));
  }

  private void checkBudgets() {
    long day = 0;
    long month = 0;
    for (Asked asked : admitted) {
      var then = asked.arrival.atZone(LimitsFixture.ZURICH).toLocalDate();
      var today = box.now().atZone(LimitsFixture.ZURICH).toLocalDate();
      day += then.equals(today) ? asked.micros : 0;
      month += YearMonth.from(then).equals(YearMonth.from(today)) ? asked.micros : 0;
    }
    assertTrue(day <= DAY_MICROS_MAX, "seed " + seed);
    assertTrue(month <= MONTH_MICROS_MAX, "seed " + seed);
  }

  /** After everything has ended, exactly what was spent today is gone from today's budget. */
  private void checkConserved() throws InferenceException {
    var today = box.now().atZone(LimitsFixture.ZURICH).toLocalDate();
    long day =
        admitted.stream()
            .filter(asked -> asked.arrival.atZone(LimitsFixture.ZURICH).toLocalDate().equals(today))
            .mapToLong(asked -> asked.micros)
            .sum();
    box.publish(
        group(
            "office",
            dev.freehold.bundle.policy.Limits.NONE,
            budget("1", null),
            dev.freehold.bundle.policy.Limits.NONE,
            budget(null, null)));
    ProviderSpec unbounded = LimitsFixture.paid("other");
    long left = 1_000_000 - day;
    try (Reservation request = box.reserve("d", Math.toIntExact(left), 1, "office")) {
      LimitsFixture.passedOver(request.attempt(unbounded));
      Estimate exactly = new Estimate(Math.toIntExact(left), 0, true);
      LimitsFixture.granted(request.attempt(unbounded, exactly)).release();
    }
    box.publish(groups());
  }
}
