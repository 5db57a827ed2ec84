package dev.freehold.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.freehold.bundle.policy.Label;
import dev.freehold.inference.InferenceEvent;
import dev.freehold.inference.InferenceException;
import dev.freehold.routing.Caller;
import dev.freehold.routing.Inquiry;
import dev.freehold.routing.RoutedRequest;
import dev.freehold.routing.Router;
import dev.freehold.routing.Tally;
import dev.freehold.store.Outcome;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Optional;

/**
 * Answers {@code POST /v1/chat/completions}, {@code /v1/completions}, {@code /v1/responses}, {@code
 * /v1/messages}, {@code /v1/embeddings} and {@code /v1/rerank}.
 *
 * <p>Nothing is sent before the first real output is there: until then a failure is an ordinary
 * HTTP error, or another provider's turn. After it, a failure ends the stream with an error event
 * and without the surface's mark of a complete answer.
 */
final class InferenceEndpoint implements ApiHandler.Endpoint {

  static final HeaderName LABEL_HEADER = HeaderNames.create("Freehold-Label");

  private final Surface surface;
  private final Router router;
  private final Sightings sightings;
  private final RunningAnswers running;
  private final HangUpWatch hangUps;
  private final int bodyBytesMax;

  InferenceEndpoint(
      Surface surface,
      Router router,
      Sightings sightings,
      RunningAnswers running,
      HangUpWatch hangUps,
      int bodyBytesMax) {
    this.surface = surface;
    this.router = router;
    this.sightings = sightings;
    this.running = running;
    this.hangUps = hangUps;
    this.bodyBytesMax = bodyBytesMax;
  }

  @Override
  public void answer(Exchange exchange)
      throws ApiException, InferenceException, IOException, InterruptedException {
    Asked read = read(exchange, surface::read, router, bodyBytesMax);
    ApiRequest asked = read.request();
    try (RoutedRequest routed = router.decide(read.inquiry())) {
      exchange.decision(routed.decision());
      admit(exchange, routed, read.inquiry().caller(), asked.shape().answers());
      sightings.admitted(exchange, read.inquiry(), routed.decision());
      try (Answers answers = open(routed, asked);
          RunningAnswers.Running _ = running.add(answers::end);
          HangUpWatch.Watched watched = hangUps.watch(Connections.current(), answers::end)) {
        answer(exchange, asked, answers, watched);
      }
    }
  }

  /** The client is told what it has left, whether it was admitted or not. */
  private void admit(Exchange exchange, RoutedRequest routed, Caller caller, int answers)
      throws InferenceException {
    try {
      Tally tally = routed.admit(exchange.entryId(), exchange.arrival(), answers);
      exchange.tally(tally);
      exchange.rates(tally.rates());
    } catch (InferenceException e) {
      exchange.rates(router.rates(caller));
      sightings.limited(exchange, e);
      throw e;
    }
  }

  private static Answers open(RoutedRequest routed, ApiRequest asked) throws InferenceException {
    return asked.shape().answers() == 1
        ? Answers.one(routed.open())
        : new SeveralAnswers(routed, asked.shape().answers());
  }

  /** What a client asked, and the question of where that may go. */
  record Asked(ApiRequest request, Inquiry inquiry) {

    /** The same, recognisable by its content to who has the box's key. */
    Asked withContent(String digest) {
      return new Asked(request, inquiry.withContent(digest));
    }
  }

  /** Reads a body's JSON into the neutral form. */
  interface BodyReader {
    ApiRequest read(String id, ObjectNode body) throws ApiException;
  }

  /** Reads a request, its headers first: a body that is not wanted is not read. */
  static Asked read(Exchange exchange, BodyReader reader, Router router, int bodyBytesMax)
      throws ApiException, IOException, InterruptedException {
    requireJson(exchange.request());
    Optional<Label> declared = declaredLabel(exchange.request());
    byte[] bytes = exchange.body().read(bodyBytesMax);
    Asked asked =
        asked(
                exchange.id(),
                Json.object(bytes),
                reader,
                router,
                exchange.caller().orElseThrow(),
                declared)
            .withContent(router.digest(bytes));
    router
        .table()
        .model(asked.request().request().model())
        .ifPresent(model -> exchange.model(model.name()));
    return asked;
  }

  /** Turns a body into a request, whether it is to be answered, counted or only explained. */
  static Asked asked(
      String id,
      ObjectNode body,
      BodyReader reader,
      Router router,
      Caller caller,
      Optional<Label> declared)
      throws ApiException {
    ApiRequest read = reader.read(id, body).orOf(router.table().firstModel());
    return new Asked(read, new Inquiry(caller, read.request(), declared, read.needsReasoning()));
  }

  private void answer(
      Exchange exchange, ApiRequest asked, Answers answers, HangUpWatch.Watched watched)
      throws InferenceException, IOException, InterruptedException {
    try {
      Answers.Step first = next(exchange, answers, watched);
      exchange.firstOutput();
      exchange.candidate(answers.candidate());
      exchange
          .response()
          .header(Exchange.PROVIDER_HEADER, answers.candidate().orElseThrow().name());
      if (asked.shape() instanceof AnswerShape.Streamable shape && shape.stream()) {
        AnswerFrames frames = shape.frames(exchange, asked.request(), answers.usageSoFar());
        stream(exchange, frames, shape.answers(), answers, first, watched);
      } else {
        whole(exchange, asked, answers, first, watched);
      }
    } finally {
      // Whatever happened, what was used has been used.
      exchange.candidate(answers.candidate());
      exchange.usage(answers.usageSoFar());
    }
  }

  private void whole(
      Exchange exchange,
      ApiRequest asked,
      Answers answers,
      Answers.Step first,
      HangUpWatch.Watched watched)
      throws InferenceException, IOException, InterruptedException {
    AnswerBody answer = asked.shape().whole(asked.request());
    Answers.Step step = first;
    int unfinished = asked.shape().answers();
    while (true) {
      answer.add(step.choice(), step.event());
      if (step.event() instanceof InferenceEvent.Finished && --unfinished == 0) {
        break;
      }
      step = next(exchange, answers, watched);
    }
    AnswerBody.Ready ready =
        answer.ready(exchange.id(), asked.request().model(), exchange.arrival());
    exchange.response().header(HeaderValues.CONTENT_TYPE_JSON);
    exchange.committed();
    ready.send(exchange.response(), watched::close);
  }

  private void stream(
      Exchange exchange,
      AnswerFrames frames,
      int count,
      Answers answers,
      Answers.Step first,
      HangUpWatch.Watched watched)
      throws IOException, InterruptedException {
    ServerResponse response = exchange.response();
    response.header(HeaderNames.CONTENT_TYPE, "text/event-stream");
    response.header(HeaderNames.CACHE_CONTROL, "no-cache");
    exchange.committed();
    OutputStream out = response.outputStream();
    Answers.Step step = first;
    int unfinished = count;
    try {
      while (true) {
        frames.event(step.choice(), step.event());
        if (step.event() instanceof InferenceEvent.Finished && --unfinished == 0) {
          break;
        }
        send(out, frames);
        step = next(exchange, answers, watched);
      }
    } catch (InferenceException e) {
      if (e.kind() == InferenceException.Kind.INTERNAL) {
        ApiHandler.logDefect(exchange, e);
      }
      ApiError error = ApiErrors.of(e);
      Outcome outcome =
          e.kind() == InferenceException.Kind.CANCELLED ? Outcome.STOPPED : Outcome.FAILED;
      exchange.ended(outcome, 200, Optional.of(error.word()));
      frames.error(error);
    }
    watched.close();
    send(out, frames);
    out.close();
  }

  /** The server holds a first piece back until it is flushed or a second one comes. */
  private static void send(OutputStream out, AnswerFrames frames) throws IOException {
    if (frames.buffer().length() == 0) {
      return;
    }
    out.write(frames.buffer().array(), 0, frames.buffer().length());
    out.flush();
    frames.reset();
  }

  /** A stream that ended because its client had gone is no failure of the provider. */
  private static Answers.Step next(Exchange exchange, Answers answers, HangUpWatch.Watched watched)
      throws InferenceException, InterruptedException {
    try {
      return answers.next();
    } catch (InferenceException e) {
      if (watched.isGone()) {
        exchange.ended(Outcome.CLIENT_GONE, ApiErrors.CLIENT_GONE, Optional.of("client_gone"));
        throw new CloseConnectionException("the client has gone");
      }
      throw e;
    }
  }

  static void requireJson(ServerRequest request) throws ApiException {
    boolean json =
        request
            .headers()
            .contentType()
            .filter(type -> type.mediaType().text().equals("application/json"))
            .isPresent();
    if (!json) {
      throw ApiErrors.wrongMediaType();
    }
  }

  /** Of several labels the highest counts; an unknown one is refused, never passed over. */
  static Optional<Label> declaredLabel(ServerRequest request) throws ApiException {
    if (!request.headers().contains(LABEL_HEADER)) {
      return Optional.empty();
    }
    Optional<Label> highest = Optional.empty();
    for (String value : request.headers().get(LABEL_HEADER).allValues()) {
      for (String text : value.split(",", -1)) {
        Label label = label(text.strip());
        highest = Optional.of(highest.map(label::atLeast).orElse(label));
      }
    }
    return highest;
  }

  static Label label(String text) throws ApiException {
    try {
      return Label.of(text);
    } catch (IllegalArgumentException e) {
      throw ApiErrors.wrongParam(
          LABEL_HEADER.defaultCase(),
          "The label must be one of public, internal, confidential, restricted, found something"
              + " else.");
    }
  }
}
