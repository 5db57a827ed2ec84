package dev.freehold.limits;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RateStatusTest {

  @ParameterizedTest
  @CsvSource({
    "0, 0s",
    "1, 1ms",
    "999, 999ms",
    "1000, 1s",
    "8640, 8.64s",
    "59999, 59.999s",
    "60000, 1m0s",
    "360000, 6m0s",
    "3600000, 1h0m0s",
    "3661001, 1h1m1.001s",
    "86400000, 24h0m0s",
  })
  void durationIsWrittenAsOpenAiDoes(long millis, String text) {
    assertEquals(text, RateStatus.text(Duration.ofMillis(millis)));
  }

  @Test
  void partOfAMillisecondIsAWholeOne() {
    assertEquals("1ms", RateStatus.text(Duration.ofNanos(1)));
    assertEquals("1s", RateStatus.text(Duration.ofNanos(999_000_001)));
  }

  @Test
  void headersAreThoseOfOpenAi() {
    RateStatus status =
        new RateStatus(
            Optional.of(new RateStatus.Rate(60, 59, Duration.ofSeconds(1))),
            Optional.of(new RateStatus.Rate(150_000, 149_984, Duration.ofMinutes(6))));
    assertEquals(
        List.of(
            "x-ratelimit-limit-requests=60",
            "x-ratelimit-limit-tokens=150000",
            "x-ratelimit-remaining-requests=59",
            "x-ratelimit-remaining-tokens=149984",
            "x-ratelimit-reset-requests=1s",
            "x-ratelimit-reset-tokens=6m0s"),
        status.headers().entrySet().stream().map(Object::toString).toList());
  }
}
