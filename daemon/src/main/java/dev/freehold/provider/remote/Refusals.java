package dev.freehold.provider.remote;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceException.Kind;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Optional;

/**
 * Reads a provider's refusal. Only its status, its {@code Retry-After} and its error code are used,
 * the code only to be compared: providers repeat keys and prompts in their messages.
 */
final class Refusals {

  /** Bytes of an error's body that are looked at. */
  private static final int BODY_BYTES_MAX = 64 * 1024;

  private static final Duration RETRY_AFTER_MAX = Duration.ofHours(1);

  private Refusals() {}

  static InferenceException of(
      String provider, Reply reply, Protocol protocol, InstantSource clock) {
    int status = reply.status();
    return switch (status) {
      case 400, 413, 422 -> rejected(provider, status, protocol.rejection(body(reply)));
      case 401, 402, 403 ->
          new InferenceException(
              Kind.PROVIDER_REFUSED,
              "Provider '%s' refused with status %d. The operator should check its credential."
                  .formatted(provider, status));
      case 429 -> limited(provider, reply, protocol, clock);
      case 501 ->
          new InferenceException(
              Kind.UNSUPPORTED,
              "Provider '%s' cannot do what the request needs, status 501.".formatted(provider));
      case 503, 529 ->
          new InferenceException(
              Kind.PROVIDER_FAILED,
              "Provider '%s' is overloaded or down, status %d.".formatted(provider, status),
              retryAfter(reply, protocol.retryAfter(body(reply)), clock),
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

  private static InferenceException limited(
      String provider, Reply reply, Protocol protocol, InstantSource clock) {
    JsonNode body = body(reply);
    if (protocol.isQuotaUsedUp(body)) {
      return new InferenceException(
          Kind.PROVIDER_REFUSED,
          "The quota at provider '%s' is used up, status 429. The operator should raise it."
              .formatted(provider));
    }
    return new InferenceException(
        Kind.PROVIDER_LIMITED,
        "Provider '%s' refused with status 429: its limit is reached.".formatted(provider),
        retryAfter(reply, protocol.retryAfter(body), clock),
        null);
  }

  private static InferenceException rejected(
      String provider, int status, Protocol.Rejection rejection) {
    return switch (rejection) {
      case CONTEXT_TOO_LONG ->
          new InferenceException(
              Kind.CONTEXT_TOO_LONG,
              ("The prompt and its limit do not fit the context of provider '%s'. Shorten the "
                      + "prompt or lower max_tokens.")
                  .formatted(provider));
      case CONTENT_REFUSED ->
          new InferenceException(
              Kind.PROVIDER_REFUSED,
              "Provider '%s' refuses this content, status %d.".formatted(provider, status));
      case ACCOUNT ->
          new InferenceException(
              Kind.PROVIDER_REFUSED,
              ("Provider '%s' refused with status %d. The operator should check its credential "
                      + "and its credit.")
                  .formatted(provider, status));
      case OTHER ->
          new InferenceException(
              Kind.INVALID_REQUEST,
              ("Provider '%s' does not accept the request, status %d. It may not support one of "
                      + "the request's options.")
                  .formatted(provider, status));
    };
  }

  /** Empty where it is no JSON. */
  private static JsonNode body(Reply reply) {
    try {
      JsonNode read = RemoteJson.MAPPER.readTree(reply.body().readNBytes(BODY_BYTES_MAX));
      return read == null ? MissingNode.getInstance() : read;
    } catch (IOException | RuntimeException e) {
      return MissingNode.getInstance();
    }
  }

  static Optional<Duration> retryAfter(Reply reply, InstantSource clock) {
    return retryAfter(reply, Optional.empty(), clock);
  }

  private static Optional<Duration> retryAfter(
      Reply reply, Optional<Duration> said, InstantSource clock) {
    Optional<Duration> wait =
        reply
            .header("retry-after-ms")
            .flatMap(Refusals::number)
            .map(Duration::ofMillis)
            .or(() -> reply.header("Retry-After").flatMap(text -> wait(text, clock)))
            .or(() -> said);
    return wait.map(d -> d.compareTo(RETRY_AFTER_MAX) > 0 ? RETRY_AFTER_MAX : d);
  }

  /** Seconds or a date, as RFC 9110, section 10.2.3 has it. */
  private static Optional<Duration> wait(String text, InstantSource clock) {
    Optional<Duration> seconds = number(text).map(Duration::ofSeconds);
    if (seconds.isPresent()) {
      return seconds;
    }
    try {
      Instant until = ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
      Duration wait = Duration.between(clock.instant(), until);
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
}
