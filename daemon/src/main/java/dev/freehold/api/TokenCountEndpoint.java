package dev.freehold.api;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.freehold.inference.InferenceException;
import dev.freehold.limits.Reservation;
import dev.freehold.routing.RoutedRequest;
import dev.freehold.routing.Router;
import io.helidon.http.HeaderValues;
import java.io.ByteArrayOutputStream;
import java.io.IOException;

/**
 * Answers {@code POST /v1/messages/count_tokens}: the local model's own tokens of a prompt.
 *
 * <p>The request is decided as any other, so that who may not ask may not count, and it is never
 * sent.
 */
final class TokenCountEndpoint implements ApiHandler.Endpoint {

  private final Router router;
  private final HangUpWatch hangUps;
  private final int bodyBytesMax;

  TokenCountEndpoint(Router router, HangUpWatch hangUps, int bodyBytesMax) {
    this.router = router;
    this.hangUps = hangUps;
    this.bodyBytesMax = bodyBytesMax;
  }

  @Override
  public void answer(Exchange exchange)
      throws ApiException, InferenceException, IOException, InterruptedException {
    InferenceEndpoint.Asked asked =
        InferenceEndpoint.read(exchange, MessageRequests::readUnlimited, router, bodyBytesMax);
    int tokens;
    try (Reservation _ = router.countOnly(asked.inquiry().caller(), exchange.arrival());
        RoutedRequest routed = router.decide(asked.inquiry())) {
      exchange.decision(routed.decision());
      tokens = count(routed);
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(64);
    try (JsonGenerator json = Json.FACTORY.createGenerator(bytes)) {
      json.writeStartObject();
      json.writeNumberField("input_tokens", tokens);
      json.writeEndObject();
    }
    exchange.response().header(HeaderValues.CONTENT_TYPE_JSON);
    exchange.response().send(bytes.toByteArray());
  }

  /** A model that must be loaded first is waited for only as long as the client waits. */
  private int count(RoutedRequest routed) throws InferenceException, InterruptedException {
    Thread reader = Thread.currentThread();
    try (HangUpWatch.Watched _ = hangUps.watch(Connections.current(), reader::interrupt)) {
      return router.countTokens(routed);
    }
  }
}
