package dev.freehold.sync;

import java.net.http.HttpResponse.BodySubscriber;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;

/**
 * Reads a stream of server-sent events as far as it matters here: that something arrived, and that
 * an event did. What the event says is not used, since the conditional request is the truth; so
 * nothing of it needs to be trusted or kept. Called by the HTTP client's threads, one at a time.
 */
final class HintReader implements BodySubscriber<Void> {

  private static final byte[] DATA = {'d', 'a', 't', 'a', ':'};

  private final Runnable onSign;
  private final Runnable onHint;
  private final CompletableFuture<Void> done = new CompletableFuture<>();
  private Flow.Subscription subscription;
  private int matched;
  private boolean atLineStart = true;

  /**
   * A reader that reports and keeps nothing.
   *
   * @param onSign something arrived, a heartbeat perhaps
   * @param onHint an event arrived
   */
  HintReader(Runnable onSign, Runnable onHint) {
    this.onSign = onSign;
    this.onHint = onHint;
  }

  @Override
  public CompletionStage<Void> getBody() {
    return done;
  }

  @Override
  public void onSubscribe(Flow.Subscription subscription) {
    this.subscription = subscription;
    subscription.request(1);
  }

  @Override
  public void onNext(List<ByteBuffer> buffers) {
    onSign.run();
    boolean hint = false;
    for (ByteBuffer buffer : buffers) {
      while (buffer.hasRemaining()) {
        hint |= isDataLine(buffer.get());
      }
    }
    if (hint) {
      onHint.run();
    }
    subscription.request(1);
  }

  @Override
  public void onError(Throwable failure) {
    done.completeExceptionally(failure);
  }

  @Override
  public void onComplete() {
    done.complete(null);
  }

  /** Whether this byte completes the beginning of a data line, across buffers. */
  private boolean isDataLine(byte next) {
    if (next == '\n') {
      atLineStart = true;
      matched = 0;
      return false;
    }
    if (atLineStart && next == DATA[matched]) {
      matched++;
      if (matched == DATA.length) {
        atLineStart = false;
        return true;
      }
      return false;
    }
    atLineStart = false;
    return false;
  }
}
