package dev.freehold.api;

import dev.freehold.abuse.Suspect;
import dev.freehold.inference.Usage;
import dev.freehold.limits.RateStatus;
import dev.freehold.routing.Caller;
import dev.freehold.routing.Candidate;
import dev.freehold.routing.Decision;
import dev.freehold.routing.Tally;
import dev.freehold.store.Outcome;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.time.Instant;
import java.util.Optional;

/**
 * One request on its way through the API, and what became known about it so far. It belongs to the
 * connection's thread.
 */
final class Exchange {

  static final HeaderName PROVIDER_HEADER = HeaderNames.create("Freehold-Provider");
  static final String NO_PROVIDER = "none";

  private final ServerRequest request;
  private final RequestBody body;
  private final ServerResponse response;
  private final Dialect dialect;
  private final String id;
  private final String entryId;
  private final Instant arrival = Instant.now();
  private final long arrivalNanos = System.nanoTime();

  private Optional<ClientAdmission.Admitted> admitted = Optional.empty();
  private Optional<Decision> decision = Optional.empty();
  private Optional<Tally> tally = Optional.empty();
  private Optional<String> model = Optional.empty();
  private Optional<Candidate> candidate = Optional.empty();
  private Usage usage = Usage.NONE;
  private long firstOutputNanos;
  private int status = 200;
  private Outcome outcome = Outcome.COMPLETED;
  private Optional<String> errorWord = Optional.empty();
  private boolean committed;

  Exchange(ServerRequest request, ServerResponse response, Dialect dialect, RequestBody body) {
    this.request = request;
    this.body = body;
    this.response = response;
    this.dialect = dialect;
    Optional<String> given = RequestIds.given(request.headers());
    this.entryId = RequestIds.fresh();
    this.id = given.orElse(entryId);
    nameInHeaders();
    response.header(PROVIDER_HEADER, NO_PROVIDER);
  }

  /** Tells the client the request's id. */
  void nameInHeaders() {
    dialect.idHeaders().forEach(header -> response.header(header, id));
  }

  ServerRequest request() {
    return request;
  }

  RequestBody body() {
    return body;
  }

  ServerResponse response() {
    return response;
  }

  Dialect dialect() {
    return dialect;
  }

  /**
   * The id that the box itself gave the request, by which receipts know it; {@link #id} is the same
   * unless the client chose one.
   */
  String entryId() {
    return entryId;
  }

  String id() {
    return id;
  }

  Instant arrival() {
    return arrival;
  }

  long nanosSinceArrival() {
    return System.nanoTime() - arrivalNanos;
  }

  void admitted(ClientAdmission.Admitted known) {
    admitted = Optional.of(known);
  }

  Optional<Caller> caller() {
    return admitted.map(ClientAdmission.Admitted::caller);
  }

  /** The caller as one who may be shut out, if it is one. */
  Optional<Suspect.Client> client() {
    return admitted.flatMap(ClientAdmission.Admitted::client);
  }

  /** Only a model that the policy names: a record must not hold what a client made up. */
  void model(String known) {
    model = Optional.of(known);
  }

  Optional<String> model() {
    return model;
  }

  void decision(Decision made) {
    decision = Optional.of(made);
  }

  /** The request was admitted: its account is settled with it. */
  void tally(Tally admitted) {
    tally = Optional.of(admitted);
  }

  /** What the client has left, which its answer tells it. */
  void rates(RateStatus left) {
    left.headers().forEach((name, value) -> response.header(HeaderNames.create(name), value));
  }

  Optional<Tally> tally() {
    return tally;
  }

  Optional<Decision> decision() {
    return decision;
  }

  void candidate(Optional<Candidate> asked) {
    candidate = asked;
  }

  Optional<Candidate> candidate() {
    return candidate;
  }

  void usage(Usage counted) {
    usage = counted;
  }

  Usage usage() {
    return usage;
  }

  void firstOutput() {
    firstOutputNanos = nanosSinceArrival();
  }

  /** Zero if there was none. */
  long firstOutputNanos() {
    return firstOutputNanos;
  }

  void ended(Outcome how, int sentStatus, Optional<String> word) {
    outcome = how;
    status = sentStatus;
    errorWord = word;
  }

  /** From here on the status is sent and cannot be changed. */
  void committed() {
    committed = true;
  }

  boolean isCommitted() {
    return committed;
  }

  Outcome outcome() {
    return outcome;
  }

  int status() {
    return status;
  }

  Optional<String> errorWord() {
    return errorWord;
  }
}
