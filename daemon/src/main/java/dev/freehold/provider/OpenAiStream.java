package dev.freehold.provider;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.freehold.bundle.policy.ProviderSpec;
import dev.freehold.inference.FinishReason;
import dev.freehold.inference.InferenceEvent;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceException.Kind;
import dev.freehold.inference.InferenceStream;
import dev.freehold.inference.Usage;
import io.helidon.common.media.type.MediaType;
import io.helidon.common.media.type.MediaTypes;
import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webclient.api.HttpClientRequest;
import io.helidon.webclient.api.HttpClientResponse;
import io.helidon.webclient.api.WebClient;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * One upstream answer.
 *
 * <p>A virtual thread of its own, the pump, makes the request and reads the answer into a bounded
 * queue; whoever reads the stream takes from that queue with a time limit. So every limit holds at
 * every stage (resolving, connecting, TLS, waiting, reading), and {@link #close} ends each of them
 * at once by interrupting the pump, which closes its socket.
 */
final class OpenAiStream implements InferenceStream {

  /** Events read ahead of the client; a full queue slows the provider down. */
  static final int EVENTS_AHEAD_MAX = 256;

  private static final int NESTING_MAX = 64;

  private static final ObjectMapper JSON =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(NESTING_MAX)
                          .maxStringLength(OpenAiEvents.EVENT_BYTES_MAX)
                          .build())
                  .build())
          .build();

  private final ProviderSpec spec;
  private final Instant firstEventDeadline;
  private final Instant deadline;
  private final BlockingQueue<Step> steps = new ArrayBlockingQueue<>(EVENTS_AHEAD_MAX);
  private final OpenAiChunks chunks;

  /** Null for an answer of text. */
  private final OpenAiVectors vectors;

  private Thread pump;
  private volatile boolean closed;
  private boolean answered;

  /** What the pump hands over. */
  private sealed interface Step {
    record Event(InferenceEvent event) implements Step {}

    record Broken(InferenceException exception) implements Step {}
  }

  OpenAiStream(ProviderSpec spec, Attempt attempt) {
    this.spec = spec;
    Instant now = Instant.now();
    this.deadline = earlier(attempt.deadline(), now.plus(spec.timeouts().total()));
    this.firstEventDeadline = earlier(deadline, now.plus(spec.timeouts().firstToken()));
    int promptTokens = attempt.prepared().map(PreparedPrompt::tokens).orElse(0);
    this.chunks = new OpenAiChunks(promptTokens);
    this.vectors =
        OpenAiVectors.areAsked(attempt.request())
            ? OpenAiVectors.of(spec.name(), attempt.request(), promptTokens)
            : null;
  }

  void start(WebClient client, String url, Optional<String> credential, byte[] body) {
    pump =
        Thread.ofVirtual()
            .name("provider-" + spec.name())
            .start(() -> run(client, url, credential, body));
  }

  @Override
  public InferenceEvent next() throws InferenceException, InterruptedException {
    Instant until = answered ? deadline : firstEventDeadline;
    Step step =
        closed
            ? null
            : steps.poll(
                Math.max(0, Duration.between(Instant.now(), until).toNanos()),
                TimeUnit.NANOSECONDS);
    if (closed) {
      throw new InferenceException(Kind.CANCELLED, "The request was cancelled.");
    }
    return switch (step) {
      case null -> {
        close();
        throw new InferenceException(
            Kind.TIMED_OUT,
            answered
                ? "Provider '%s' did not finish in time.".formatted(spec.name())
                : "Provider '%s' did not begin to answer in time.".formatted(spec.name()));
      }
      case Step.Event(InferenceEvent event) -> {
        answered = true;
        yield event;
      }
      case Step.Broken(InferenceException exception) -> throw exception;
    };
  }

  @Override
  public Usage usageSoFar() {
    return vectors == null ? chunks.usage() : vectors.usage();
  }

  @Override
  public void close() {
    closed = true;
    pump.interrupt();
    // Wakes a reader; if the queue is full, none is waiting.
    steps.offer(
        new Step.Broken(new InferenceException(Kind.CANCELLED, "The request was cancelled.")));
  }

  private void run(WebClient client, String url, Optional<String> credential, byte[] body) {
    try {
      try {
        exchange(client, url, credential, body);
      } catch (InferenceException e) {
        steps.put(new Step.Broken(e));
      } catch (IOException | RuntimeException e) {
        // The cause stays out of sight: its text may hold what the provider echoed.
        steps.put(new Step.Broken(failed("could not be reached or broke off")));
      }
    } catch (InterruptedException e) {
      // Closed: nobody reads any more.
      Thread.currentThread().interrupt();
    }
  }

  private void exchange(WebClient client, String url, Optional<String> credential, byte[] body)
      throws IOException, InferenceException, InterruptedException {
    HttpClientRequest request =
        client.post(url).contentType(MediaTypes.APPLICATION_JSON).accept(accepted());
    credential.ifPresent(key -> request.header(HeaderNames.AUTHORIZATION, "Bearer " + key));
    try (HttpClientResponse response = request.submit(body)) {
      if (!Status.OK_200.equals(response.status())) {
        throw OpenAiErrors.of(spec.name(), response, JSON);
      }
      if (vectors != null) {
        requireType(response, "application/json", "JSON");
        vectors.read(
            response.inputStream(),
            JSON.getFactory().streamReadConstraints(),
            event -> steps.put(new Step.Event(event)));
        return;
      }
      requireType(response, "text/event-stream", "an event stream");
      read(new OpenAiEvents(response.inputStream()));
    }
  }

  /** A refusal is JSON in any case. */
  private MediaType[] accepted() {
    return vectors == null
        ? new MediaType[] {MediaTypes.TEXT_EVENT_STREAM, MediaTypes.APPLICATION_JSON}
        : new MediaType[] {MediaTypes.APPLICATION_JSON};
  }

  private void requireType(HttpClientResponse response, String type, String inWords)
      throws InferenceException {
    boolean expected =
        response
            .headers()
            .contentType()
            .filter(found -> found.mediaType().text().equals(type))
            .isPresent();
    if (!expected) {
      throw failed("answered with something other than " + inWords);
    }
  }

  private void read(OpenAiEvents events)
      throws IOException, InferenceException, InterruptedException {
    while (events.advance()) {
      if (isDone(events)) {
        finish(true);
        return;
      }
      JsonNode chunk;
      try {
        chunk = JSON.readTree(events.data(), 0, events.length());
      } catch (JacksonException e) {
        throw failed("sent something other than JSON");
      }
      if (chunk == null || !chunk.isObject()) {
        throw failed("sent something other than a JSON object");
      }
      if (chunk.hasNonNull("error")) {
        throw failed("broke off with an error");
      }
      for (InferenceEvent event : chunks.read(chunk)) {
        steps.put(new Step.Event(event));
      }
    }
    finish(false);
  }

  /** Some servers end without {@code [DONE]}, but none ends well without a reason before it. */
  private void finish(boolean done) throws InferenceException, InterruptedException {
    Optional<FinishReason> reason = chunks.finishReason();
    if (reason.isEmpty() && !done) {
      throw failed("broke off before the end of its answer");
    }
    steps.put(
        new Step.Event(
            new InferenceEvent.Finished(reason.orElse(FinishReason.STOP), chunks.usage())));
  }

  private static boolean isDone(OpenAiEvents events) {
    byte[] data = events.data();
    return events.length() == 6
        && data[0] == '['
        && data[1] == 'D'
        && data[2] == 'O'
        && data[3] == 'N'
        && data[4] == 'E'
        && data[5] == ']';
  }

  private InferenceException failed(String what) {
    return new InferenceException(
        Kind.PROVIDER_FAILED, "Provider '%s' %s.".formatted(spec.name(), what));
  }

  private static Instant earlier(Instant a, Instant b) {
    return a.isBefore(b) ? a : b;
  }
}
