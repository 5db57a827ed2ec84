package dev.freehold.controller.api;

import dev.freehold.controller.publishing.PublicationHints;
import dev.freehold.controller.publishing.Publisher;
import dev.freehold.controller.store.Box;
import dev.freehold.controller.store.ControllerStore;
import dev.freehold.controller.store.SealedBundle;
import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.Semaphore;

/**
 * A box's bundle. The conditional GET is the truth; the events only say that it is worth asking
 * now.
 */
final class BundleRoutes implements HttpService {

  /** Boxes that may listen for hints at once; others poll. */
  static final int SUBSCRIBERS_MAX = 20_000;

  /** Shorter than what firewalls and routers forget an idle connection after. */
  private static final Duration HEARTBEAT = Duration.ofSeconds(15);

  /** A subscription ends then and the box comes back, with whatever certificate it has by then. */
  private static final Duration SUBSCRIPTION_MAX = Duration.ofHours(1);

  private static final byte[] HEARTBEAT_COMMENT = ":\n\n".getBytes(StandardCharsets.UTF_8);

  private final Publisher publisher;
  private final PublicationHints hints;
  private final ControllerStore store;
  private final Callers callers;
  private final Clock clock;
  private final Semaphore subscribers = new Semaphore(SUBSCRIBERS_MAX);

  BundleRoutes(
      Publisher publisher,
      PublicationHints hints,
      ControllerStore store,
      Callers callers,
      Clock clock) {
    this.publisher = publisher;
    this.hints = hints;
    this.store = store;
    this.callers = callers;
    this.clock = clock;
  }

  @Override
  public void routing(HttpRules rules) {
    rules.get("/bundle", this::bundle).get("/bundle/events", this::events);
  }

  private void bundle(ServerRequest request, ServerResponse response) {
    Box box = callers.requireBox(request);
    Optional<SealedBundle> bundle = publisher.bundleFor(box);
    if (bundle.isEmpty()) {
      throw new ApiException(
          Status.NOT_FOUND_404,
          "No policy was published yet. An operator does so: freeholdctl policy publish FILE");
    }
    String tag = "\"" + bundle.get().version() + "\"";
    response.header(HeaderNames.ETAG, tag);
    response.header(HeaderNames.CACHE_CONTROL, "no-store");
    if (tag.equals(request.headers().first(HeaderNames.IF_NONE_MATCH).orElse(""))) {
      // The box says that it has this version: that is when the registry learns it.
      if (box.fetchedVersion() != bundle.get().version()) {
        store.boxFetched(box.serial(), bundle.get().version(), clock.instant());
      }
      response.status(Status.NOT_MODIFIED_304).send();
      return;
    }
    response.header(HeaderNames.CONTENT_TYPE, "application/pkcs7-mime");
    response.send(bundle.get().cms());
  }

  private void events(ServerRequest request, ServerResponse response) {
    callers.requireBox(request);
    if (!subscribers.tryAcquire()) {
      response.header(HeaderNames.RETRY_AFTER, "60");
      throw new ApiException(
          Status.SERVICE_UNAVAILABLE_503, "Too many boxes listen for hints. Poll instead.");
    }
    response.header(HeaderNames.CONTENT_TYPE, "text/event-stream");
    response.header(HeaderNames.CACHE_CONTROL, "no-store");
    try (OutputStream out = response.outputStream()) {
      sendHints(request, out);
    } catch (IOException e) {
      // The box hung up; it comes back when it wants to.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      subscribers.release();
    }
  }

  private void sendHints(ServerRequest request, OutputStream out)
      throws IOException, InterruptedException {
    Instant end = clock.instant().plus(SUBSCRIPTION_MAX);
    long seen = 0;
    // At once, so that the box knows the subscription stands.
    out.write(HEARTBEAT_COMMENT);
    out.flush();
    while (clock.instant().isBefore(end) && callers.isStillValid(request)) {
      switch (hints.await(seen, HEARTBEAT)) {
        case NEWER -> {
          seen = hints.newest();
          out.write(
              ("event: bundle\ndata: {\"version\":" + seen + "}\n\n")
                  .getBytes(StandardCharsets.UTF_8));
        }
        case TIMED_OUT -> out.write(HEARTBEAT_COMMENT);
        case CLOSED -> {
          return;
        }
      }
      out.flush();
    }
  }
}
