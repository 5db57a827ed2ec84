package dev.freehold.controller.api;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.freehold.bundle.policy.PolicyException;
import dev.freehold.bundle.policy.Problem;
import dev.freehold.controller.enrolment.EnrolmentRefused;
import dev.freehold.controller.fleet.HeartbeatRefused;
import dev.freehold.controller.publishing.PublicationRefused;
import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.HttpException;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;

/** The one place where a failure becomes a status and a message. */
final class HttpErrors {

  private static final Logger LOGGER = System.getLogger(HttpErrors.class.getName());

  /** What proves a box that has no certificate yet. */
  static final Header CHALLENGE =
      HeaderValues.create(HeaderNames.create("WWW-Authenticate"), "Basic realm=\"freehold\"");

  private static final Status UNPROCESSABLE = Status.create(422, "Unprocessable Content");

  private HttpErrors() {}

  static void register(HttpRouting.Builder routing) {
    routing.error(ApiException.class, (req, res, e) -> send(res, e.status(), e.getMessage()));
    routing.error(EnrolmentRefused.class, HttpErrors::refused);
    routing.error(PolicyException.class, HttpErrors::invalidPolicy);
    routing.error(
        PublicationRefused.class, (req, res, e) -> send(res, UNPROCESSABLE, e.getMessage()));
    routing.error(HeartbeatRefused.class, HttpErrors::refusedHeartbeat);
    routing.error(
        HttpException.class,
        (req, res, e) -> send(res, e.status(), "The request was refused: " + e.status().text()));
    routing.error(Throwable.class, HttpErrors::ours);
  }

  private static void refused(ServerRequest request, ServerResponse response, EnrolmentRefused e) {
    switch (e.kind()) {
      case NOT_AUTHENTICATED -> {
        response.header(CHALLENGE);
        send(response, Status.UNAUTHORIZED_401, e.getMessage());
      }
      case INVALID_REQUEST -> send(response, Status.BAD_REQUEST_400, e.getMessage());
    }
  }

  private static void refusedHeartbeat(
      ServerRequest request, ServerResponse response, HeartbeatRefused e) {
    switch (e.kind()) {
      case ANOTHERS -> send(response, Status.FORBIDDEN_403, e.getMessage());
      case OUT_OF_BOUNDS -> send(response, UNPROCESSABLE, e.getMessage());
      case BUSY -> {
        response.header(HeaderNames.RETRY_AFTER, "1");
        send(response, Status.TOO_MANY_REQUESTS_429, e.getMessage());
      }
    }
  }

  private static void invalidPolicy(
      ServerRequest request, ServerResponse response, PolicyException e) {
    ObjectNode body = body("The policy is not valid.");
    ArrayNode problems = body.putArray("problems");
    for (Problem problem : e.problems()) {
      problems
          .addObject()
          .put("line", problem.line())
          .put("column", problem.column())
          .put("message", problem.message());
    }
    Json.send(response, UNPROCESSABLE, body);
  }

  /** Our own defect: its class is logged with a trace, its message might hold what was sent. */
  private static void ours(ServerRequest request, ServerResponse response, Throwable failure) {
    StringBuilder trace = new StringBuilder(failure.getClass().getName());
    for (StackTraceElement element : failure.getStackTrace()) {
      trace.append("\n  at ").append(element);
    }
    LOGGER.log(Level.ERROR, "{0} failed: {1}", request.path().path(), trace);
    send(
        response,
        Status.INTERNAL_SERVER_ERROR_500,
        "The controller failed. Its log says where; nothing was changed half.");
  }

  static void send(ServerResponse response, Status status, String message) {
    Json.send(response, status, body(message));
  }

  private static ObjectNode body(String message) {
    ObjectNode body = Json.object();
    body.putObject("error").put("message", message);
    return body;
  }
}
