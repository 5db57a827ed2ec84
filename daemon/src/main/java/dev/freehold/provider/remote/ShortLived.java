package dev.freehold.provider.remote;

import dev.freehold.inference.InferenceException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Keeps one short-lived credential until shortly before it ends. It is fetched by one thread at a
 * time, and again as soon as the secret that it was had for is another. Of that secret only a
 * digest is kept.
 */
public final class ShortLived<T> {

  /** It is fetched anew this long before its end, or after three quarters of a shorter life. */
  static final Duration MARGIN_MAX = Duration.ofMinutes(2);

  /** However long it is said to live. */
  static final Duration LIFE_MAX = Duration.ofHours(12);

  private final InstantSource clock;
  private final ReentrantLock fetching = new ReentrantLock();
  private volatile Kept<T> kept;

  public ShortLived(InstantSource clock) {
    this.clock = clock;
  }

  /** What a fetch brings. */
  public record Fetched<T>(T value, Duration life) {}

  /** Gets a new one. */
  @FunctionalInterface
  public interface Fetch<T> {
    Fetched<T> fetch() throws IOException, InferenceException, InterruptedException;
  }

  /** The credential kept, or a new one. Whoever waits for another's fetch takes what it brought. */
  public T get(String secret, Fetch<T> fetch)
      throws IOException, InferenceException, InterruptedException {
    byte[] digest = digest(secret);
    Kept<T> now = kept;
    if (isGood(now, digest)) {
      return now.value();
    }
    fetching.lockInterruptibly();
    try {
      now = kept;
      if (isGood(now, digest)) {
        return now.value();
      }
      Instant asked = clock.instant();
      Fetched<T> fetched = fetch.fetch();
      kept = new Kept<>(fetched.value(), asked.plus(usable(fetched.life())), digest);
      return fetched.value();
    } finally {
      fetching.unlock();
    }
  }

  /** Forgets it. */
  public void forget() {
    kept = null;
  }

  private boolean isGood(Kept<T> candidate, byte[] digest) {
    return candidate != null
        && clock.instant().isBefore(candidate.until())
        && Arrays.equals(candidate.digest(), digest);
  }

  private static Duration usable(Duration life) {
    Duration bounded = life.compareTo(LIFE_MAX) > 0 ? LIFE_MAX : life;
    Duration quarter = bounded.dividedBy(4);
    return bounded.minus(quarter.compareTo(MARGIN_MAX) < 0 ? quarter : MARGIN_MAX);
  }

  private static byte[] digest(String secret) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(secret.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  @Override
  public String toString() {
    return "ShortLived[]";
  }

  @SuppressWarnings("ArrayRecordComponent")
  private record Kept<T>(T value, Instant until, byte[] digest) {}
}
