package dev.freehold.limits;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * How much of its rates a client has left: of all limits that apply to it, the one of requests and
 * the one of tokens that leave least. The headers are those of OpenAI's API ("Rate limits in
 * headers" of its guide), which its SDKs and many others read.
 */
public record RateStatus(Optional<Rate> requests, Optional<Rate> tokens) {

  public static final RateStatus NONE = new RateStatus(Optional.empty(), Optional.empty());

  public RateStatus {
    Objects.requireNonNull(requests, "requests");
    Objects.requireNonNull(tokens, "tokens");
  }

  /**
   * One rate.
   *
   * @param limit how much in a minute
   * @param remaining how much of it at once, now
   * @param reset how long until all of it is there again, if nothing is used
   */
  public record Rate(long limit, long remaining, Duration reset) {

    public Rate {
      Objects.requireNonNull(reset, "reset");
    }

    static Optional<Rate> tightest(Stream<Optional<Rate>> rates) {
      return rates.flatMap(Optional::stream).reduce((a, b) -> b.remaining < a.remaining ? b : a);
    }
  }

  /** The response headers that say it, in the order they are to be sent; none for no limit. */
  public Map<String, String> headers() {
    Map<String, String> headers = new LinkedHashMap<>();
    requests.ifPresent(
        rate -> headers.put("x-ratelimit-limit-requests", Long.toString(rate.limit)));
    tokens.ifPresent(rate -> headers.put("x-ratelimit-limit-tokens", Long.toString(rate.limit)));
    requests.ifPresent(
        rate -> headers.put("x-ratelimit-remaining-requests", Long.toString(rate.remaining)));
    tokens.ifPresent(
        rate -> headers.put("x-ratelimit-remaining-tokens", Long.toString(rate.remaining)));
    requests.ifPresent(rate -> headers.put("x-ratelimit-reset-requests", text(rate.reset)));
    tokens.ifPresent(rate -> headers.put("x-ratelimit-reset-tokens", text(rate.reset)));
    return headers;
  }

  /** A duration as OpenAI writes it: {@code 20ms}, {@code 1s}, {@code 8.64s}, {@code 6m0s}. */
  static String text(Duration duration) {
    long millis = duration.plusNanos(999_999).toMillis();
    if (millis < 1_000) {
      return millis == 0 ? "0s" : millis + "ms";
    }
    long hours = millis / 3_600_000;
    long minutes = millis / 60_000 % 60;
    StringBuilder text = new StringBuilder();
    if (hours > 0) {
      text.append(hours).append('h');
    }
    if (hours > 0 || minutes > 0) {
      text.append(minutes).append('m');
    }
    text.append(millis / 1_000 % 60);
    if (millis % 1_000 != 0) {
      text.append('.').append("%03d".formatted(millis % 1_000).replaceFirst("0+$", ""));
    }
    return text.append('s').toString();
  }
}
