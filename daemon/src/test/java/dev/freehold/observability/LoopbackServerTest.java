package dev.freehold.observability;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.freehold.observability.LoopbackServer.Readiness;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class LoopbackServerTest {

  private static final InetSocketAddress ANYWHERE =
      new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);

  private static HttpResponse<String> get(LoopbackServer server, String path)
      throws IOException, InterruptedException {
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client.send(
          HttpRequest.newBuilder(
                  URI.create("http://127.0.0.1:" + server.address().getPort() + path))
              .build(),
          HttpResponse.BodyHandlers.ofString());
    }
  }

  @Test
  void readinessFollowsItsSupplierAndLivenessDoesNot() throws Exception {
    AtomicInteger ready = new AtomicInteger();
    try (RequestMetrics metrics = RequestMetrics.create(EngineGauges.none());
        LoopbackServer server =
            LoopbackServer.start(
                ANYWHERE, () -> new Readiness(ready.get() == 1, "loading the model"), metrics)) {
      HttpResponse<String> waiting = get(server, "/health/ready");
      assertEquals(503, waiting.statusCode());
      assertTrue(waiting.body().contains("loading the model"));
      assertEquals(200, get(server, "/health/live").statusCode());
      ready.set(1);
      assertEquals(200, get(server, "/health/ready").statusCode());
    }
  }

  @Test
  void metricsShowSlotsQueueRequestsTokensAndTimes() throws Exception {
    AtomicInteger busy = new AtomicInteger(3);
    try (RequestMetrics metrics =
            RequestMetrics.create(new EngineGauges(() -> 8, busy::get, () -> 2));
        LoopbackServer server =
            LoopbackServer.start(ANYWHERE, () -> new Readiness(true, ""), metrics)) {
      metrics.request(
          "local",
          "assistant",
          "public",
          "completed",
          Duration.ofMillis(120),
          Optional.of(Duration.ofMillis(15)));
      metrics.request("none", "none", "none", "refused", Duration.ofMillis(1), Optional.empty());
      metrics.tokens(100, 40, 7);
      String text = get(server, "/metrics").body();
      assertEquals(8.0, value(text, "freehold_slots_total"));
      assertEquals(3.0, value(text, "freehold_slots_busy"));
      assertEquals(2.0, value(text, "freehold_queue_depth"));
      assertEquals(1.0, value(text, "freehold_requests_total", "provider=\"local\""));
      assertEquals(1.0, value(text, "freehold_requests_total", "outcome=\"refused\""));
      assertEquals(100.0, value(text, "freehold_tokens_total", "kind=\"prompt\""));
      assertEquals(40.0, value(text, "freehold_tokens_total", "kind=\"cached\""));
      assertEquals(7.0, value(text, "freehold_tokens_total", "kind=\"completion\""));
      assertEquals(
          1.0,
          value(
              text,
              "gen_ai_server_request_duration_seconds_bucket",
              "gen_ai_provider_name=\"local\"",
              "le=\"0.16\""));
      assertEquals(0.015, value(text, "gen_ai_server_time_to_first_token_seconds_sum"), 0.0001);
      assertFalse(text.contains("quantile"), "a histogram has buckets only");
      busy.set(0);
      assertEquals(0.0, value(get(server, "/metrics").body(), "freehold_slots_busy"));
    }
  }

  @Test
  void addressThatOthersReachIsRefused() {
    InetSocketAddress everywhere = new InetSocketAddress("0.0.0.0", 0);
    try (RequestMetrics metrics = RequestMetrics.create(EngineGauges.none())) {
      assertThrows(
          IllegalArgumentException.class,
          () -> LoopbackServer.start(everywhere, () -> new Readiness(true, ""), metrics));
    }
  }

  private static double value(String text, String name, String... labels) {
    for (String line : text.lines().toList()) {
      boolean matches = line.startsWith(name + "{") || line.startsWith(name + " ");
      for (String label : labels) {
        matches &= line.contains(label);
      }
      if (matches) {
        return Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1));
      }
    }
    throw new AssertionError(name + " is not among the metrics:\n" + text);
  }
}
