package dev.freehold.provider;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceException.Kind;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.webclient.api.HttpClientResponse;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Optional;

/**
 * Reads a provider's refusal. Only its status, its {@code Retry-After} and its error code are used,
 * the code only to be compared: providers repeat keys and prompts in their messages.
 */
final class OpenAiErrors {

  /** Bytes of an error's body that are looked at. */
  private static final int BODY_BYTES_MAX = 64 * 1024;

  private static final Duration RETRY_AFTER_MAX = Duration.ofHours(1);
  private static final HeaderName RETRY_AFTER_MS = HeaderNames.create("retry-after-ms");

  private OpenAiErrors() {}

  static InferenceException of(String provider, HttpClientResponse response, ObjectMapper json) {
    int status = response.status().code();
    return switch (status) {
      case 400, 413, 422 -> rejected(provider, status, errorCode(response, json));
      case 401, 402, 403 ->
          new InferenceException(
              Kind.PROVIDER_REFUSED,
              "Provider '%s' refused with status %d. The operator should check its credential."
                  .formatted(provider, status));
      case 429 ->
          new InferenceException(
              Kind.PROVIDER_REFUSED,
              "Provider '%s' refused with status 429: its limit is reached.".formatted(provider),
              retryAfter(response),
              null);
      case 503, 529 ->
          new InferenceException(
              Kind.PROVIDER_FAILED,
              "Provider '%s' is overloaded or down, status %d.".formatted(provider, status),
              retryAfter(response),
              null);
      case 404 ->
          new InferenceException(
              Kind.PROVIDER_FAILED,
              ("Provider '%s' knows no such model or path, status 404. The operator should "
                      + "check its url and model.")
                  .formatted(provider));
      default ->
          new InferenceException(
              Kind.PROVIDER_FAILED,
              "Provider '%s' failed with status %d.".formatted(provider, status));
    };
  }

  private static InferenceException rejected(String provider, int status, String code) {
    return code.equals("context_length_exceeded")
        ? new InferenceException(
            Kind.CONTEXT_TOO_LONG,
            ("The prompt and its limit do not fit the context of provider '%s'. Shorten the "
                    + "prompt or lower max_tokens.")
                .formatted(provider))
        : new InferenceException(
            Kind.INVALID_REQUEST,
            ("Provider '%s' does not accept the request, status %d. It may not support one of "
                    + "the request's options.")
                .formatted(provider, status));
  }

  private static String errorCode(HttpClientResponse response, ObjectMapper json) {
    try {
      byte[] body = response.inputStream().readNBytes(BODY_BYTES_MAX);
      return json.readTree(body).path("error").path("code").asText("");
    } catch (IOException | RuntimeException e) {
      return "";
    }
  }

  private static Optional<Duration> retryAfter(HttpClientResponse response) {
    Optional<Duration> wait =
        header(response, RETRY_AFTER_MS)
            .flatMap(OpenAiErrors::number)
            .map(Duration::ofMillis)
            .or(() -> header(response, HeaderNames.RETRY_AFTER).flatMap(OpenAiErrors::wait));
    return wait.map(d -> d.compareTo(RETRY_AFTER_MAX) > 0 ? RETRY_AFTER_MAX : d);
  }

  /** Seconds or a date, as RFC 9110, section 10.2.3 has it. */
  private static Optional<Duration> wait(String text) {
    Optional<Duration> seconds = number(text).map(Duration::ofSeconds);
    if (seconds.isPresent()) {
      return seconds;
    }
    try {
      Instant until = ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
      Duration wait = Duration.between(Instant.now(), until);
      return wait.isNegative() ? Optional.empty() : Optional.of(wait);
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }

  private static Optional<Long> number(String text) {
    return text.length() <= 10 && !text.isEmpty() && text.chars().allMatch(Character::isDigit)
        ? Optional.of(Long.parseLong(text))
        : Optional.empty();
  }

  private static Optional<String> header(HttpClientResponse response, HeaderName name) {
    return response.headers().contains(name)
        ? Optional.of(response.headers().get(name).get().strip())
        : Optional.empty();
  }
}
