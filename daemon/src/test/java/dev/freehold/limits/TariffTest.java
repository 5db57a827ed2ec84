package dev.freehold.limits;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.freehold.bundle.policy.Prices;
import dev.freehold.inference.Usage;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.LocalDate;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TariffTest {

  private static final Optional<String> CHF = Optional.of("CHF");

  private static Prices.Price price(String from, String in, String cachedIn, String out) {
    return new Prices.Price(
        LocalDate.parse(from), new BigDecimal(in), new BigDecimal(cachedIn), new BigDecimal(out));
  }

  private static final Prices CLAUDE =
      new Prices(
          List.of(price("2026-01-01", "3", "0.3", "15"), price("2026-07-01", "2", "0.2", "10")));

  private static Tariff claude(String day) {
    return Tariff.of(CLAUDE, CHF, LocalDate.parse(day));
  }

  @Test
  void priceIsThatOfTheDayAndBeforeTheFirstThereIsNone() {
    Usage usage = new Usage(1_000, 0, 100);
    assertEquals(Cost.NONE, claude("2025-12-31").cost(usage));
    assertEquals(new Cost(4_500, CHF), claude("2026-06-30").cost(usage));
    assertEquals(new Cost(3_000, CHF), claude("2026-07-01").cost(usage));
    assertEquals(new BigDecimal("0.003000"), claude("2026-07-01").cost(usage).amount());
    assertEquals("0.003 CHF", claude("2026-07-01").cost(usage).toString());
  }

  @Test
  void cachedPromptTokensHaveTheirOwnPrice() {
    assertEquals(
        3 * 200 + 240 + 1_500, claude("2026-01-01").cost(new Usage(1_000, 800, 100)).micros());
    // A provider that reports more cached tokens than the prompt has is not believed.
    assertEquals(300, claude("2026-01-01").cost(new Usage(1_000, 5_000, 0)).micros());
  }

  @Test
  void halfAMicroIsRoundedUpOnceARequest() {
    Tariff tariff =
        Tariff.of(
            new Prices(List.of(price("2026-01-01", "0.25", "0.25", "0.25"))),
            CHF,
            LocalDate.parse("2026-01-01"));
    assertEquals(0, tariff.cost(new Usage(1, 0, 0)).micros());
    assertEquals(1, tariff.cost(new Usage(1, 0, 1)).micros());
    assertEquals(1, tariff.cost(new Usage(2, 1, 1)).micros());
    assertEquals(1, tariff.cost(new Usage(3, 1, 2)).micros());
    assertEquals(2, tariff.cost(new Usage(3, 1, 3)).micros());
  }

  @Test
  void estimateIsNeverLessThanWhatItBoundsAndSumsDoNotDrift() {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    BigDecimal exact = BigDecimal.ZERO;
    Cost sum = Cost.NONE;
    int requests = 20_000;
    for (int i = 0; i < requests; i++) {
      BigDecimal in = BigDecimal.valueOf(random.nextInt(100_000), 4);
      BigDecimal cachedIn = BigDecimal.valueOf(random.nextInt(100_000), 4);
      BigDecimal out = BigDecimal.valueOf(random.nextInt(1_000_000), 4);
      LocalDate day = LocalDate.parse("2026-01-01");
      Tariff tariff =
          Tariff.of(new Prices(List.of(new Prices.Price(day, in, cachedIn, out))), CHF, day);
      Estimate estimate = Estimate.of(random.nextInt(9_000), OptionalInt.of(random.nextInt(900)));
      int prompt = estimate.promptTokens();
      int cached = random.nextInt(prompt + 1);
      int completion = random.nextInt(estimate.completionTokens() + 1);
      Cost cost = tariff.cost(new Usage(prompt, cached, completion));
      BigDecimal real =
          in.multiply(BigDecimal.valueOf(prompt - cached))
              .add(cachedIn.multiply(BigDecimal.valueOf(cached)))
              .add(out.multiply(BigDecimal.valueOf(completion)));
      assertEquals(real.setScale(0, RoundingMode.HALF_UP).longValueExact(), cost.micros());
      assertEquals(
          Math.max(cost.micros(), tariff.cost(estimate).micros()), tariff.cost(estimate).micros());
      exact = exact.add(real);
      sum = sum.plus(cost);
    }
    // Half a micro a request at most, and in the mean nothing: a sum of roundings, not of errors.
    BigDecimal difference = exact.subtract(BigDecimal.valueOf(sum.micros())).abs();
    assertEquals(
        -1, difference.compareTo(BigDecimal.valueOf(requests / 100)), difference.toString());
  }

  @Test
  void priceBeyondReasonIsBoundedAndNotNegative() {
    Tariff tariff =
        Tariff.of(
            new Prices(List.of(price("2026-01-01", "1e12", "1e12", "1e12"))),
            CHF,
            LocalDate.parse("2026-01-01"));
    assertEquals(
        1_000_000_000_000_000L,
        tariff.cost(new Usage(Integer.MAX_VALUE, 0, Integer.MAX_VALUE)).micros());
  }

  @Test
  void costsOfTwoCurrenciesAreNotAdded() {
    Cost euro = new Cost(1, Optional.of("EUR"));
    assertThrows(IllegalArgumentException.class, () -> new Cost(1, CHF).plus(euro));
    assertEquals(euro, Cost.NONE.plus(euro).plus(Cost.NONE));
    assertEquals("5", Cost.text(5_000_000));
    assertEquals("20", Cost.text(20_000_000));
    assertEquals("0", Cost.text(0));
  }
}
