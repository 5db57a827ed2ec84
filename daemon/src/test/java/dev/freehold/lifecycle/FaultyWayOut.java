package dev.freehold.lifecycle;

import dev.freehold.bundle.policy.ProviderSpec;
import dev.freehold.locality.Permit;
import dev.freehold.provider.FakeTiming;
import dev.freehold.provider.remote.Outgoing;
import dev.freehold.provider.remote.RemoteTls;
import dev.freehold.provider.remote.Reply;
import dev.freehold.provider.remote.Transport;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import javax.net.ssl.SSLHandshakeException;

/**
 * The world outside the box as it is on a bad day: providers of every kind that refuse, hang, lie,
 * break off or answer, drawn at random. It keeps what each of them received.
 */
final class FaultyWayOut implements RemoteProviders.WayOut {

  /** What a provider does with a request. */
  enum Fault {
    NONE,
    REFUSES_CONNECTION,
    TLS_FAILS,
    HANGS,
    LIMITED,
    LIMITED_WITH_WAIT,
    SERVER_ERROR,
    MALFORMED,
    CUT,
    DRIPS,
    ECHOES_KEY
  }

  /** A request that arrived. */
  record Received(String provider, Fault fault, String body) {}

  private static final List<Fault> FAULTS =
      List.copyOf(EnumSet.complementOf(EnumSet.of(Fault.NONE)));

  /** The words of every good answer. */
  static final List<String> WORDS = List.of("one ", "two ", "three");

  private final FakeTiming timing;
  private final Random random;
  private final double calm;
  private final List<Received> received = new ArrayList<>();

  /**
   * @param calm the share of attempts without a fault
   */
  FaultyWayOut(FakeTiming timing, Random random, double calm) {
    this.timing = timing;
    this.random = random;
    this.calm = calm;
  }

  /** What arrived since the last time it was asked. */
  synchronized List<Received> take() {
    List<Received> all = List.copyOf(received);
    received.clear();
    return all;
  }

  @Override
  public Transport to(ProviderSpec spec, URI base, RemoteTls tls) {
    return new Transport() {
      @Override
      public Reply send(Permit permit, Outgoing request) throws IOException, InterruptedException {
        permit.requireFor(spec);
        return answer(spec, request);
      }

      @Override
      public void close() {}
    };
  }

  private Reply answer(ProviderSpec spec, Outgoing request)
      throws IOException, InterruptedException {
    Fault fault;
    synchronized (this) {
      fault = random.nextDouble() < calm ? Fault.NONE : FAULTS.get(random.nextInt(FAULTS.size()));
      if (fault != Fault.REFUSES_CONNECTION && fault != Fault.TLS_FAILS) {
        received.add(
            new Received(spec.name(), fault, new String(request.body(), StandardCharsets.UTF_8)));
      }
    }
    List<byte[]> good = SpokenAnswers.of(spec.kind(), WORDS);
    String type = SpokenAnswers.contentType(spec.kind());
    return switch (fault) {
      case NONE -> new Spoken(200, type, Map.of(), new Pieces(good, Duration.ofMillis(20)));
      case REFUSES_CONNECTION -> throw new ConnectException("refused");
      case TLS_FAILS -> throw new SSLHandshakeException("nobody we trust");
      case HANGS -> {
        timing.advance(spec.timeouts().firstToken().plusMillis(1));
        throw hung();
      }
      case LIMITED -> refused(429, Map.of());
      case LIMITED_WITH_WAIT -> refused(429, Map.of("retry-after", "2"));
      case SERVER_ERROR -> refused(500, Map.of());
      case MALFORMED ->
          new Spoken(200, type, Map.of(), new Pieces(broken(good), Duration.ofMillis(20)));
      case CUT ->
          new Spoken(
              200,
              type,
              Map.of(),
              new Pieces(good.subList(0, drawn(good.size() - 2)), Duration.ofMillis(20)));
      case DRIPS -> new Spoken(200, type, Map.of(), new Pieces(good, Duration.ofSeconds(20)));
      case ECHOES_KEY -> refused(401, Map.of());
    };
  }

  /** As a socket that is closed by who waited for it. */
  private static IOException hung() throws InterruptedException {
    new CountDownLatch(1).await();
    return new IOException("closed");
  }

  private synchronized int drawn(int bound) {
    return random.nextInt(bound);
  }

  private List<byte[]> broken(List<byte[]> good) {
    List<byte[]> pieces = new ArrayList<>(good);
    pieces.set(drawn(good.size() - 2), "data: {\"broken\n\n".getBytes(StandardCharsets.UTF_8));
    return pieces;
  }

  private static Reply refused(int status, Map<String, String> headers) {
    byte[] body =
        ("{\"error\":{\"message\":\"no, "
                + UnderFaultTest.KEY
                + "\",\"code\":\"x\"},\"message\":\""
                + UnderFaultTest.KEY
                + "\"}")
            .getBytes(StandardCharsets.UTF_8);
    return new Spoken(status, "application/json", headers, new java.io.ByteArrayInputStream(body));
  }

  private record Spoken(
      int status, String contentType, Map<String, String> headers, InputStream body)
      implements Reply {

    @Override
    public Optional<String> header(String name) {
      return name.equalsIgnoreCase("content-type")
          ? Optional.of(contentType)
          : Optional.ofNullable(headers.get(name.toLowerCase(java.util.Locale.ROOT)));
    }

    @Override
    public Optional<String> keySha256() {
      return Optional.empty();
    }

    @Override
    public void close() {
      // The last of it has been read, or nobody wants it.
    }
  }

  /** An answer that comes piece by piece, time passing before each. */
  private final class Pieces extends InputStream {

    private final List<byte[]> pieces;
    private final Duration gap;
    private int next;
    private byte[] current = {};
    private int position;

    Pieces(List<byte[]> pieces, Duration gap) {
      this.pieces = pieces;
      this.gap = gap;
    }

    @Override
    public int read() {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) {
      if (position == current.length) {
        if (next == pieces.size()) {
          return -1;
        }
        timing.advance(gap);
        current = pieces.get(next++);
        position = 0;
      }
      int count = Math.min(length, current.length - position);
      System.arraycopy(current, position, buffer, offset, count);
      position += count;
      return count;
    }
  }
}
