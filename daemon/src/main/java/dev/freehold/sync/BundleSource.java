package dev.freehold.sync;

import dev.freehold.bundle.uplink.ControllerTls;
import dev.freehold.identity.Identity;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/** The controller, as far as bundles go. Every answer is bounded in size and in time. */
final class BundleSource implements AutoCloseable {

  /** The envelope's own bound, with room to see that it was passed. */
  private static final int BUNDLE_BYTES_MAX = 4_194_304 + 1;

  /** For a whole answer: one that trickles in is given up. */
  private static final Duration FETCH_TIMEOUT = Duration.ofSeconds(60);

  private static final Duration HEADERS_TIMEOUT = Duration.ofSeconds(15);

  private final HttpClient http;
  private final URI base;

  BundleSource(Identity identity, Supplier<Instant> time) {
    this.http = ControllerTls.client(identity.pin(), Optional.of(identity.uplink()), time);
    this.base = identity.controller();
  }

  /**
   * What the controller answered.
   *
   * @param sealed the bundle, or none when the box has the newest
   * @param time the controller's clock, as sure as its TLS
   */
  record Answer(Optional<byte[]> sealed, Optional<Instant> time) {}

  /**
   * Asks for a bundle.
   *
   * @param version what the box has, if any
   */
  Answer fetch(OptionalLong version) throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(base.resolve("/v1/bundle")).timeout(HEADERS_TIMEOUT);
    if (version.isPresent()) {
      request.header("If-None-Match", "\"" + version.getAsLong() + "\"");
    }
    HttpResponse<byte[]> response =
        await(
            http.sendAsync(
                request.build(),
                BodyHandlers.limiting(BodyHandlers.ofByteArray(), BUNDLE_BYTES_MAX)));
    return switch (response.statusCode()) {
      case 200 -> new Answer(Optional.of(response.body()), time(response));
      case 304 -> new Answer(Optional.empty(), time(response));
      case 404 -> throw new IOException("the controller has no policy published for this box yet");
      default -> throw new IOException("the controller answered " + response.statusCode());
    };
  }

  /** Opens the stream of hints; the future ends when the stream does. */
  CompletableFuture<HttpResponse<Void>> listen(Runnable onSign, Runnable onHint) {
    HttpRequest request = HttpRequest.newBuilder(base.resolve("/v1/bundle/events")).build();
    // This future itself, and not one that depends on it: cancelling it closes the connection.
    return http.sendAsync(
        request,
        info ->
            info.statusCode() == 200
                ? new HintReader(onSign, onHint)
                : HttpResponse.BodySubscribers.replacing(null));
  }

  /** The controller's clock, as an answer of its tells it. */
  static Optional<Instant> time(HttpResponse<?> response) {
    try {
      return response
          .headers()
          .firstValue("Date")
          .map(date -> Instant.from(DateTimeFormatter.RFC_1123_DATE_TIME.parse(date)));
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }

  /** Waits for a whole answer, and for no longer than {@link #FETCH_TIMEOUT}. */
  static <T> T await(CompletableFuture<T> answer) throws IOException, InterruptedException {
    try {
      return answer.get(FETCH_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw new IOException("the controller took longer than " + FETCH_TIMEOUT.toSeconds() + " s");
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException known) {
        throw known;
      }
      throw new IOException("the controller's answer cannot be read", e.getCause());
    } finally {
      // Ends what may still be running; nothing happens to an answer that is complete.
      answer.cancel(true);
    }
  }

  @Override
  public void close() {
    http.shutdownNow();
  }
}
