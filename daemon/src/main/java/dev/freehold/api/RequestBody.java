package dev.freehold.api;

import dev.freehold.provider.Timing;
import io.helidon.common.buffers.DataReader;
import io.helidon.http.HeaderValues;
import io.helidon.http.media.ReadableEntity;
import io.helidon.webserver.http.ServerRequest;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Duration;

/**
 * A request's body, read within a bound. Helidon hands out the stream of a body once, so what reads
 * it for its content and what reads on after a refusal share one of these.
 */
final class RequestBody implements AutoCloseable {

  /** Bytes of an unwanted body that are read so that the client gets to read our answer. */
  private static final long DRAIN_BYTES_MAX = 128 << 20;

  private static final long SHORT_BYTES_MAX = 64 * 1024;

  private static final Duration DRAIN_TIME_MAX = Duration.ofSeconds(5);

  private final ServerRequest request;
  private final BodyMemory memory;
  private final Duration timeMax;
  private InputStream opened;
  private BodyMemory.Share share;

  /**
   * A body that is not read yet.
   *
   * @param memory where room for it is taken until it is closed
   * @param timeMax a client that takes longer to send it is cut off
   */
  RequestBody(ServerRequest request, BodyMemory memory, Duration timeMax) {
    this.request = request;
    this.memory = memory;
    this.timeMax = timeMax;
  }

  byte[] read(int bytesMax) throws ApiException, IOException, InterruptedException {
    ReadableEntity content = request.content();
    if (!content.hasEntity()) {
      throw ApiErrors.malformed("The body is empty: send a JSON object.");
    }
    long length = request.headers().contentLength().orElse(-1);
    if (length > bytesMax) {
      throw ApiErrors.bodyTooLarge(bytesMax);
    }
    int most = length >= 0 ? (int) length : bytesMax;
    share = memory.take(most);
    CutOff cutOff = new CutOff(Thread.currentThread());
    Timing.Alarm alarm = Timing.SYSTEM.at(Timing.SYSTEM.instant().plus(timeMax), cutOff);
    try {
      InputStream in = stream();
      byte[] body = in.readNBytes(most);
      // Reading up to the end also tells the server that nothing is left.
      if (in.read() >= 0) {
        throw ApiErrors.bodyTooLarge(bytesMax);
      }
      share.shrinkTo(body.length);
      return body;
    } catch (DataReader.InsufficientDataAvailableException e) {
      throw new IOException("the client stopped sending", e);
    } finally {
      alarm.cancel();
      cutOff.end();
    }
  }

  /**
   * Ends the reading of a body, and its connection: whoever sends nothing keeps the thread in a
   * read, which only an interrupt ends. None comes once the reading has ended.
   */
  private static final class CutOff implements Runnable {

    private final Thread reader;
    private boolean ended;

    CutOff(Thread reader) {
      this.reader = reader;
    }

    @Override
    public synchronized void run() {
      if (!ended) {
        reader.interrupt();
      }
    }

    synchronized void end() {
      ended = true;
    }
  }

  /** Gives the memory back: nothing is made of the body any more. */
  @Override
  public void close() {
    if (share != null) {
      share.close();
    }
  }

  /** Reads a short body that nobody wants, so that the connection can go on. */
  void drainIfShort() {
    long length = request.headers().contentLength().orElse(Long.MAX_VALUE);
    if (length <= SHORT_BYTES_MAX) {
      drain();
    }
  }

  /** Whether nothing of the body is left to read. */
  boolean isRead() {
    return !request.content().hasEntity() || request.content().consumed();
  }

  /**
   * Reads on for a bounded while. A connection that is closed with unread bytes is reset, and the
   * reset can overtake the answer.
   */
  void drain() {
    if (isRead()
        || (request.headers().containsToken(HeaderValues.EXPECT_100) && !request.continueSent())) {
      return;
    }
    long until = System.nanoTime() + DRAIN_TIME_MAX.toNanos();
    byte[] scrap = new byte[64 * 1024];
    long total = 0;
    try {
      InputStream in = stream();
      int read = 0;
      while (read >= 0 && total < DRAIN_BYTES_MAX && System.nanoTime() - until < 0) {
        read = in.read(scrap);
        total += Math.max(0, read);
      }
    } catch (IOException | UncheckedIOException | DataReader.InsufficientDataAvailableException e) {
      // The client stopped sending: it has what it wants.
    }
  }

  private InputStream stream() {
    if (opened == null) {
      opened = request.content().inputStream();
    }
    return opened;
  }
}
