package dev.freehold.controller.api;

import dev.freehold.bundle.uplink.HeartbeatFormat;
import dev.freehold.controller.fleet.HeartbeatRefused;
import dev.freehold.controller.fleet.Heartbeats;
import dev.freehold.controller.store.Box;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.security.cert.X509Certificate;

/** Where boxes report. 204 says that all of it is kept, and that the box may forget it. */
final class HeartbeatRoutes implements HttpService {

  private final Heartbeats heartbeats;
  private final Callers callers;

  HeartbeatRoutes(Heartbeats heartbeats, Callers callers) {
    this.heartbeats = heartbeats;
    this.callers = callers;
  }

  @Override
  public void routing(HttpRules rules) {
    rules.post("/heartbeat", this::heartbeat);
  }

  private void heartbeat(ServerRequest request, ServerResponse response) throws HeartbeatRefused {
    Box box = callers.requireBox(request);
    X509Certificate certificate = callers.certificate(request).orElseThrow();
    heartbeats.take(box, certificate, Json.bytes(request, HeartbeatFormat.BYTES_MAX));
    response.status(Status.NO_CONTENT_204).send();
  }
}
