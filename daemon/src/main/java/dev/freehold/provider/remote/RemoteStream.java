package dev.freehold.provider.remote;

import dev.freehold.bundle.policy.ProviderSpec;
import dev.freehold.inference.InferenceEvent;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceException.Kind;
import dev.freehold.inference.InferenceStream;
import dev.freehold.inference.Traffic;
import dev.freehold.inference.Usage;
import dev.freehold.provider.Attempt;
import dev.freehold.provider.Timing;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/**
 * One upstream answer.
 *
 * <p>A virtual thread of its own, the pump, makes the request and reads the answer into a bounded
 * queue; whoever reads the stream takes from that queue with a time limit. So every limit holds at
 * every stage (resolving, connecting, TLS, waiting, reading), and {@link #close} ends each of them
 * at once by interrupting the pump, which closes its socket. The last event is handed over once the
 * connection is free for the next request, or will not be.
 */
final class RemoteStream implements InferenceStream {

  /** Events read ahead of the client; a full queue slows the provider down. */
  static final int EVENTS_AHEAD_MAX = 256;

  /** A stream is not called slow before it had this long. */
  static final Duration SLOW_GRACE = Duration.ofSeconds(10);

  /** What may follow the last event, and how long it may take. */
  private static final int REST_BYTES_MAX = 64 * 1024;

  private static final int REST_PIECE_BYTES = 256;

  private static final Duration REST_TIME_MAX = Duration.ofMillis(50);

  private static final Logger LOGGER = System.getLogger(RemoteStream.class.getName());

  private final ProviderSpec spec;
  private final Attempt attempt;
  private final Protocol protocol;
  private final Protocol.Reading reading;
  private final Timing timing;
  private final Instant firstEventDeadline;
  private final Instant deadline;
  private final BlockingQueue<Step> steps = new ArrayBlockingQueue<>(EVENTS_AHEAD_MAX);

  private Thread pump;
  private long bytesOut;
  private String host;
  private volatile Optional<String> keySha256 = Optional.empty();
  private volatile long bytesIn;
  private volatile boolean closed;

  // The pump's own.
  private InferenceEvent.Finished finished;

  // The reader's own.
  private Instant firstEvent;
  private Instant lastEvent;
  private int pieces;

  /** What the pump hands over. */
  private sealed interface Step {
    record Event(InferenceEvent event) implements Step {}

    record Broken(InferenceException exception) implements Step {}

    /** Nobody reads any more. */
    record Closed() implements Step {}
  }

  RemoteStream(
      ProviderSpec spec,
      Attempt attempt,
      Protocol protocol,
      Protocol.Reading reading,
      Timing timing) {
    this.spec = spec;
    this.attempt = attempt;
    this.protocol = protocol;
    this.reading = reading;
    this.timing = timing;
    Instant now = timing.instant();
    this.deadline = earlier(attempt.deadline(), now.plus(spec.timeouts().total()));
    this.firstEventDeadline = earlier(deadline, now.plus(spec.timeouts().firstToken()));
  }

  void start(Transport transport, Authorizer authorizer, Outgoing outgoing) {
    bytesOut = outgoing.body().length;
    host = outgoing.uri().getHost();
    pump =
        Thread.ofVirtual()
            .name("provider-" + spec.name())
            .start(() -> run(transport, authorizer, outgoing));
  }

  @Override
  public InferenceEvent next() throws InferenceException, InterruptedException {
    Instant until = nextDeadline();
    Step step = closed ? null : timing.poll(steps, until);
    if (closed) {
      throw cancelled();
    }
    return switch (step) {
      case null -> {
        close();
        throw late();
      }
      case Step.Event(InferenceEvent event) -> {
        lastEvent = timing.instant();
        firstEvent = firstEvent == null ? lastEvent : firstEvent;
        pieces++;
        yield event;
      }
      case Step.Broken(InferenceException exception) -> throw exception;
      case Step.Closed() -> throw cancelled();
    };
  }

  @Override
  public Usage usageSoFar() {
    return reading.usage();
  }

  @Override
  public Traffic traffic() {
    return new Traffic(bytesOut, bytesIn, Optional.of(host), keySha256);
  }

  @Override
  public void close() {
    closed = true;
    pump.interrupt();
    // Wakes a reader; if the queue is full, none is waiting.
    steps.offer(new Step.Closed());
  }

  private Instant nextDeadline() {
    if (firstEvent == null) {
      return firstEventDeadline;
    }
    Instant until = earlier(deadline, lastEvent.plus(spec.timeouts().idle()));
    if (spec.tokensPerSecondMin().isEmpty()) {
      return until;
    }
    // A piece is a token or more of them: an answer of long pieces gets more time than it needs.
    double seconds = pieces / spec.tokensPerSecondMin().getAsDouble();
    Duration allowed = Duration.ofMillis((long) (seconds * 1000)).plus(SLOW_GRACE);
    return earlier(until, firstEvent.plus(allowed));
  }

  private InferenceException late() {
    String what =
        firstEvent == null
            ? "did not begin to answer in time"
            : timing.instant().isBefore(deadline) ? "answers too slowly" : "did not finish in time";
    return new InferenceException(Kind.TIMED_OUT, "Provider '%s' %s.".formatted(spec.name(), what));
  }

  private void run(Transport transport, Authorizer authorizer, Outgoing outgoing) {
    try {
      try {
        exchange(transport, authorizer, outgoing);
      } catch (InferenceException e) {
        steps.put(new Step.Broken(e));
      } catch (BrokenAnswer e) {
        steps.put(new Step.Broken(failed(e.kind(), e.getMessage())));
      } catch (IOException | RuntimeException e) {
        // The cause stays out of sight: its text may hold what the provider echoed.
        steps.put(new Step.Broken(failed("could not be reached or broke off")));
      }
    } catch (InterruptedException e) {
      // Closed: nobody reads any more.
      Thread.currentThread().interrupt();
    }
  }

  private void exchange(Transport transport, Authorizer authorizer, Outgoing outgoing)
      throws IOException, InferenceException, BrokenAnswer, InterruptedException {
    Outgoing authorized = authorizer.authorize(attempt.permit(), outgoing);
    try (Reply reply = new Counted(transport.send(attempt.permit(), authorized))) {
      keySha256 = reply.keySha256();
      if (reply.status() == 401 || reply.status() == 403) {
        authorizer.refused(reply.status());
      }
      if (reply.status() != 200) {
        throw Refusals.of(spec.name(), reply, protocol, timing);
      }
      String type = reply.header("Content-Type").orElse("").split(";", 2)[0].strip();
      if (!type.equalsIgnoreCase(reading.contentType())) {
        throw failed("answered with something other than " + reading.contentType());
      }
      reading.read(reply, this::put);
      if (finished == null) {
        throw failed("broke off before the end of its answer");
      }
      readRest(reply);
    }
    steps.put(new Step.Event(finished));
  }

  private void put(InferenceEvent event) throws InterruptedException {
    if (event instanceof InferenceEvent.Finished last) {
      finished = last;
    } else {
      steps.put(new Step.Event(event));
    }
  }

  /** The connection can be used again only if nothing is left on it. */
  private void readRest(Reply reply) {
    Timing.Alarm alarm = timing.at(timing.instant().plus(REST_TIME_MAX), reply::close);
    try {
      byte[] rest = new byte[REST_PIECE_BYTES];
      int left = REST_BYTES_MAX;
      for (int read = 0; read >= 0 && left > 0; left -= read) {
        read = reply.body().read(rest);
      }
    } catch (IOException | RuntimeException e) {
      // The answer is whole; only its connection is lost.
      LOGGER.log(Level.DEBUG, "The connection to provider {0} is not used again", spec.name());
    } finally {
      alarm.cancel();
    }
  }

  private InferenceException failed(String what) {
    return failed(Kind.PROVIDER_FAILED, what);
  }

  private InferenceException failed(Kind kind, String what) {
    return new InferenceException(kind, "Provider '%s' %s.".formatted(spec.name(), what));
  }

  private static InferenceException cancelled() {
    return new InferenceException(Kind.CANCELLED, "The request was cancelled.");
  }

  private static Instant earlier(Instant a, Instant b) {
    return a.isBefore(b) ? a : b;
  }

  /** Counts what is read of a reply. */
  private final class Counted implements Reply {

    private final Reply reply;
    private InputStream body;

    Counted(Reply reply) {
      this.reply = reply;
    }

    @Override
    public int status() {
      return reply.status();
    }

    @Override
    public Optional<String> header(String name) {
      return reply.header(name);
    }

    @Override
    public Optional<String> keySha256() {
      return reply.keySha256();
    }

    @Override
    public InputStream body() throws IOException {
      if (body == null) {
        body = new CountedStream(reply.body());
      }
      return body;
    }

    @Override
    public void close() {
      reply.close();
    }
  }

  /** Only the pump writes the count. */
  @SuppressWarnings("NonAtomicVolatileUpdate")
  private final class CountedStream extends FilterInputStream {

    CountedStream(InputStream in) {
      super(in);
    }

    @Override
    public int read() throws IOException {
      int b = super.read();
      bytesIn += b < 0 ? 0 : 1;
      return b;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
      int read = super.read(buffer, offset, length);
      bytesIn += Math.max(0, read);
      return read;
    }
  }
}
