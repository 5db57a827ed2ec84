package dev.freehold.controller.api;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.freehold.bundle.uplink.ReceiptHead;
import dev.freehold.controller.store.Alert;
import dev.freehold.controller.store.ControllerStore;
import dev.freehold.controller.store.FleetStore;
import dev.freehold.controller.store.HeldHead;
import dev.freehold.controller.store.UsageDimension;
import dev.freehold.controller.store.UsageSum;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** What an operator asks about what boxes reported. */
final class FleetRoutes implements HttpService {

  private static final Duration DEFAULT_SINCE = Duration.ofDays(30);

  private final ControllerStore store;
  private final Callers callers;
  private final Clock clock;

  FleetRoutes(ControllerStore store, Callers callers, Clock clock) {
    this.store = store;
    this.callers = callers;
    this.clock = clock;
  }

  @Override
  public void routing(HttpRules rules) {
    rules
        .get("/usage", this::usage)
        .get("/alerts", this::alerts)
        .get("/receipts/{serial}", this::receiptHeads);
  }

  private void usage(ServerRequest request, ServerResponse response) {
    callers.requireOperator(request);
    UsageDimension by =
        UsageDimension.of(request.query().first("by").orElse(UsageDimension.GROUP.text()))
            .orElseThrow(
                () ->
                    new ApiException(
                        Status.BAD_REQUEST_400,
                        "Expected \"by\" to be one of "
                            + Arrays.stream(UsageDimension.values())
                                .map(UsageDimension::text)
                                .collect(Collectors.joining(", "))
                            + "."));
    Instant now = clock.instant();
    Instant since = time(request, "since", now.minus(DEFAULT_SINCE));
    // The running hour included, also of a box whose clock is a little ahead.
    Instant until = time(request, "until", now.plus(Duration.ofHours(2)));
    ObjectNode answer =
        Json.object()
            .put("by", by.text())
            .put("since", since.toString())
            .put("until", until.toString());
    List<UsageSum> found = store.fleet().usage(by, since, until);
    answer.put("complete", found.size() < FleetStore.SUMS_MAX);
    ArrayNode sums = answer.putArray("usage");
    for (UsageSum sum : found) {
      sums.addObject()
          .put("name", sum.name())
          .put("currency", sum.currency())
          .put("requests", sum.requests())
          .put("promptTokens", sum.promptTokens())
          .put("cachedTokens", sum.cachedTokens())
          .put("completionTokens", sum.completionTokens())
          .put("costMicros", sum.costMicros());
    }
    Json.send(response, Status.OK_200, answer);
  }

  private void alerts(ServerRequest request, ServerResponse response) {
    callers.requireOperator(request);
    ObjectNode answer = Json.object();
    ArrayNode alerts = answer.putArray("alerts");
    for (Alert alert : store.fleet().alerts()) {
      alerts
          .addObject()
          .put("box", alert.box())
          .put("kind", alert.kind().text())
          .put("subject", alert.subject())
          .put("detail", alert.detail())
          .put("raised", alert.raised().toString())
          .put("seen", alert.seen().toString())
          .put("until", alert.until().map(Instant::toString).orElse(null));
    }
    Json.send(response, Status.OK_200, answer);
  }

  private void receiptHeads(ServerRequest request, ServerResponse response) {
    callers.requireOperator(request);
    String serial = request.path().pathParameters().get("serial");
    if (store.box(serial).isEmpty()) {
      throw new ApiException(
          Status.NOT_FOUND_404, "There is no box of this serial. See: freeholdctl box list");
    }
    List<HeldHead> held = store.fleet().heads(serial);
    ObjectNode answer = Json.object().put("box", serial);
    ArrayNode heads = answer.putArray("heads");
    for (HeldHead each : held) {
      ReceiptHead head = each.head();
      heads
          .addObject()
          .put("line", each.line())
          .put("verified", each.verified())
          .put("received", each.received().toString())
          .putObject("head")
          .put("sequence", head.sequence())
          .put("hash", head.hash())
          .put("time", head.time().toString())
          .put("certificateSha256", head.certificateSha256())
          // What a verifier reads; the rest is for people.
          .put("jws", head.jws());
    }
    Json.send(response, Status.OK_200, answer);
  }

  private static Instant time(ServerRequest request, String field, Instant otherwise) {
    try {
      return request.query().first(field).map(Instant::parse).orElse(otherwise);
    } catch (DateTimeException e) {
      throw new ApiException(
          Status.BAD_REQUEST_400,
          "Expected a time such as 2026-01-31T08:00:00Z as \"" + field + "\".");
    }
  }
}
