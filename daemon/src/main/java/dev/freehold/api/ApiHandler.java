package dev.freehold.api;

import dev.freehold.inference.InferenceException;
import dev.freehold.store.Outcome;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Status;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * What every path of the API has around it: the request's id, the client's admission, failures
 * turned into error objects, and the settlement when all is over.
 */
final class ApiHandler implements Handler {

  private static final Logger LOGGER = System.getLogger(ApiHandler.class.getName());

  /** The part that differs from path to path. */
  interface Endpoint {
    void answer(Exchange exchange)
        throws ApiException, InferenceException, IOException, InterruptedException;
  }

  private final ClientAdmission admission;
  private final Function<ServerRequest, RequestBody> bodies;
  private final BooleanSupplier stopping;
  private final Consumer<Exchange> settlement;
  private final Dialect dialect;
  private final Endpoint endpoint;

  ApiHandler(
      ClientAdmission admission,
      Function<ServerRequest, RequestBody> bodies,
      BooleanSupplier stopping,
      Consumer<Exchange> settlement,
      Dialect dialect,
      Endpoint endpoint) {
    this.admission = admission;
    this.bodies = bodies;
    this.stopping = stopping;
    this.settlement = settlement;
    this.dialect = dialect;
    this.endpoint = endpoint;
  }

  @Override
  public void handle(ServerRequest request, ServerResponse response) {
    try (RequestBody body = bodies.apply(request)) {
      handle(new Exchange(request, response, dialect, body));
    }
    // The server repeats the header and then reads on: ending the connection is left to us.
    if (request.headers().containsToken(HeaderValues.CONNECTION_CLOSE)) {
      throw new CloseConnectionException("the client asked for one answer only");
    }
  }

  private void handle(Exchange exchange) {
    try {
      answer(exchange);
    } catch (CloseConnectionException e) {
      gone(exchange);
      throw e;
    } catch (IOException | UncheckedIOException e) {
      gone(exchange);
      throw new CloseConnectionException("the client has gone", e);
    } catch (Error e) {
      exchange.ended(Outcome.FAILED, 500, Optional.of("internal_error"));
      throw e;
    } finally {
      settlement.accept(exchange);
    }
  }

  private void answer(Exchange exchange) throws IOException {
    try {
      Optional<ClientAdmission.Admitted> admitted = admission.admit(exchange.request());
      if (admitted.isEmpty()) {
        refuse(exchange, ApiErrors.certificateInvalid(), Outcome.REFUSED, true);
        return;
      }
      exchange.admitted(admitted.get());
      if (stopping.getAsBoolean()) {
        refuse(exchange, ApiErrors.stopping(), Outcome.REFUSED, true);
        return;
      }
      Optional<InferenceException> shutOut = admission.refusal(admitted.get());
      if (shutOut.isPresent()) {
        throw shutOut.get();
      }
      endpoint.answer(exchange);
    } catch (ApiException e) {
      refuse(exchange, e.error(), Outcome.REFUSED, false);
    } catch (InferenceException e) {
      Outcome outcome = exchange.candidate().isPresent() ? Outcome.FAILED : Outcome.REFUSED;
      if (e.kind() == InferenceException.Kind.INTERNAL) {
        logDefect(exchange, e);
      }
      refuse(exchange, ApiErrors.of(e), outcome, false);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CloseConnectionException("the server is stopping", e);
    } catch (CloseConnectionException | UncheckedIOException e) {
      throw e;
    } catch (RuntimeException e) {
      logDefect(exchange, e);
      refuse(exchange, ApiErrors.internal(), Outcome.FAILED, false);
    }
  }

  private static void refuse(
      Exchange exchange, ApiError error, Outcome outcome, boolean closeConnection) {
    exchange.ended(outcome, error.status(), Optional.of(error.word()));
    ServerResponse response = exchange.response();
    if (exchange.isCommitted()) {
      throw new CloseConnectionException("the answer broke off after it had begun");
    }
    exchange.nameInHeaders();
    response.header(
        Exchange.PROVIDER_HEADER,
        exchange.candidate().map(candidate -> candidate.name()).orElse(Exchange.NO_PROVIDER));
    exchange.body().drainIfShort();
    boolean unread = !exchange.body().isRead();
    if (unread || closeConnection) {
      response.header(HeaderValues.CONNECTION_CLOSE);
    }
    error
        .retryAfter()
        .ifPresent(
            wait ->
                response.header(
                    HeaderNames.RETRY_AFTER, Long.toString(Math.max(1, wait.toSeconds()))));
    response.header(HeaderValues.CONTENT_TYPE_JSON);
    response.status(Status.create(error.status()));
    response.send(exchange.dialect().json(error, exchange.id()));
    if (unread || closeConnection) {
      exchange.body().drain();
      throw new CloseConnectionException("refused, and nothing more is read");
    }
  }

  private static void gone(Exchange exchange) {
    if (exchange.outcome() == Outcome.COMPLETED) {
      exchange.ended(Outcome.CLIENT_GONE, ApiErrors.CLIENT_GONE, Optional.of("client_gone"));
    }
  }

  /** Where, not what: the text of an unexpected exception may hold anything. */
  static void logDefect(Exchange exchange, Throwable defect) {
    StringBuilder where = new StringBuilder();
    for (Throwable cause = defect; cause != null; cause = cause.getCause()) {
      where.append(cause.getClass().getName());
      StackTraceElement[] frames = cause.getStackTrace();
      for (int i = 0; i < Math.min(frames.length, 12); i++) {
        where.append("\n    at ").append(frames[i]);
      }
      where.append('\n');
    }
    LOGGER.log(Level.ERROR, "Request {0} met a defect: {1}", exchange.id(), where);
  }
}
