package dev.freehold.api;

import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.Headers;
import java.util.HexFormat;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/** Ids of requests. */
final class RequestIds {

  static final HeaderName HEADER = HeaderNames.create("x-request-id");
  static final int CHARACTERS_MAX = 128;

  private RequestIds() {}

  /** The client's own, if it sent a plain one. */
  static Optional<String> given(Headers headers) {
    return headers.contains(HEADER)
        ? Optional.of(headers.get(HEADER).get()).filter(RequestIds::isWellFormed)
        : Optional.empty();
  }

  /** An id is a name to find records by and no secret, so a quick generator will do. */
  static String fresh() {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    HexFormat hex = HexFormat.of();
    return "req-" + hex.toHexDigits(random.nextLong()) + hex.toHexDigits(random.nextLong());
  }

  private static boolean isWellFormed(String id) {
    return !id.isEmpty()
        && id.length() <= CHARACTERS_MAX
        && id.chars()
            .allMatch(
                c ->
                    (c >= 'a' && c <= 'z')
                        || (c >= 'A' && c <= 'Z')
                        || (c >= '0' && c <= '9')
                        || c == '.'
                        || c == '_'
                        || c == '-');
  }
}
