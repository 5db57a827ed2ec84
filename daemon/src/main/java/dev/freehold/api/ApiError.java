package dev.freehold.api;

import java.time.Duration;
import java.util.Objects;
import java.util.Optional;

/**
 * What a client is told about a failure, in OpenAI's terms.
 *
 * @param status the HTTP status
 * @param type OpenAI's class of error
 * @param code what a program can compare
 * @param param the request's field that is wrong
 * @param message what was expected, what was found and what to do
 * @param retryAfter when it is worth trying again
 * @param word one word for the usage record
 */
record ApiError(
    int status,
    String type,
    Optional<String> code,
    Optional<String> param,
    String message,
    Optional<Duration> retryAfter,
    String word) {

  ApiError {
    Objects.requireNonNull(type, "type");
    Objects.requireNonNull(code, "code");
    Objects.requireNonNull(param, "param");
    Objects.requireNonNull(message, "message");
    Objects.requireNonNull(retryAfter, "retryAfter");
    Objects.requireNonNull(word, "word");
  }
}
