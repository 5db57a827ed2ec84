package dev.freehold.sync;

import dev.freehold.bundle.BundleContent;
import dev.freehold.bundle.BundleException;
import dev.freehold.bundle.BundleOpener;
import dev.freehold.bundle.Expectation;
import dev.freehold.bundle.OpenedBundle;
import dev.freehold.bundle.VersionFloor;
import dev.freehold.identity.Identity;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Keeps the newest good bundle in force.
 *
 * <p>The thread {@code bundle-sync} owns the store and calls the listener: it asks the controller
 * whether there is something newer, verifies it, stages it, has it applied, and only then makes it
 * the current one. The thread {@code bundle-hints} holds the stream of events open and rings the
 * first one's bell. If hints fail, polling goes on; if the controller is away, the kept bundle
 * stays in force.
 */
public final class BundleSync implements AutoCloseable {

  private static final Logger LOGGER = System.getLogger(BundleSync.class.getName());
  private static final Duration CLOSE_WAIT_MAX = Duration.ofSeconds(10);

  private final Identity identity;
  private final BundleStore store;
  private final BundleListener listener;
  private final SyncSettings settings;
  private final BundleSource source;
  private final WakeUp wakeUp = new WakeUp();
  private final CountDownLatch first = new CountDownLatch(1);
  private final Thread syncing;
  private final Thread hints;
  private volatile OpenedBundle inForce;
  private volatile Instant lastContact;
  private volatile Instant controllerTime = Instant.EPOCH;
  private volatile boolean closing;

  private BundleSync(
      Identity identity, BundleStore store, BundleListener listener, SyncSettings settings) {
    this.identity = identity;
    this.store = store;
    this.listener = listener;
    this.settings = settings;
    this.source = new BundleSource(identity, this::time);
    this.syncing = Thread.ofVirtual().name("bundle-sync").unstarted(this::sync);
    this.hints = Thread.ofVirtual().name("bundle-hints").unstarted(this::listen);
  }

  /** As {@link #start(Identity, Path, BundleListener, SyncSettings)}, with the defaults. */
  public static BundleSync start(Identity identity, Path folder, BundleListener listener)
      throws IOException, InterruptedException {
    return start(identity, folder, listener, SyncSettings.defaults());
  }

  /**
   * Puts the kept bundle, if there is one, into force before it returns, without asking the
   * controller; then keeps in touch until it is closed.
   *
   * @param folder {@code bundle} in the daemon's state folder
   * @throws IOException if the folder cannot be used, or its version floor cannot be read
   */
  public static BundleSync start(
      Identity identity, Path folder, BundleListener listener, SyncSettings settings)
      throws IOException, InterruptedException {
    BundleSync sync = new BundleSync(identity, BundleStore.open(folder), listener, settings);
    try {
      sync.applyKept();
    } catch (IOException | InterruptedException | RuntimeException e) {
      sync.source.close();
      throw e;
    }
    sync.syncing.start();
    sync.hints.start();
    return sync;
  }

  /** The bundle in force, or none before the first. It may have expired since it came. */
  public Optional<BundleContent> currentBundle() {
    return Optional.ofNullable(inForce).map(OpenedBundle::content);
  }

  /** Waits for the first bundle, if there is none yet. */
  public Optional<BundleContent> awaitBundle(Duration patience) throws InterruptedException {
    first.await(patience.toNanos(), TimeUnit.NANOSECONDS);
    return currentBundle();
  }

  /** When the controller last answered, if it did since the start. */
  public Optional<Instant> lastContact() {
    return Optional.ofNullable(lastContact);
  }

  @Override
  public void close() {
    closing = true;
    wakeUp.ring();
    source.close();
    hints.interrupt();
    syncing.interrupt();
    try {
      hints.join(CLOSE_WAIT_MAX);
      syncing.join(CLOSE_WAIT_MAX);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * The kept bundle was accepted before, so its expiry does not stop it. If it is damaged, or
   * cannot run here, the one before it is tried: a box that serves an older policy of its own
   * serves, and the controller's answer follows.
   */
  private void applyKept() throws IOException, InterruptedException {
    Optional<byte[]> current = store.current();
    if (current.isPresent() && applyKept(current.get(), store.floor(), "current")) {
      store.raiseFloor(inForce.floor());
      return;
    }
    Optional<byte[]> previous = store.previous();
    if (previous.isPresent()) {
      applyKept(previous.get(), VersionFloor.NONE, "previous");
    }
  }

  private boolean applyKept(byte[] sealed, VersionFloor floor, String name)
      throws InterruptedException {
    try {
      OpenedBundle opened =
          BundleOpener.openKept(
              sealed, identity.encryptionKeys(), identity.roots(), expectation(floor));
      listener.apply(opened.content());
      enforce(opened);
      return true;
    } catch (BundleException | BundleRejected | RuntimeException e) {
      LOGGER.log(Level.WARNING, "The {0} bundle in {1} was refused: {2}", name, store, describe(e));
      return false;
    }
  }

  private void sync() {
    Backoff backoff = new Backoff(settings.retryMin(), settings.retryMax());
    try {
      while (!closing) {
        Duration pause;
        try {
          boolean changed = fetch();
          backoff.succeeded();
          // Asked once more at once, the controller learns which version is in force here.
          pause = changed ? Duration.ZERO : Backoff.jittered(settings.poll());
        } catch (IOException | BundleException | BundleRejected | RuntimeException e) {
          pause = backoff.failed();
          if (!closing) {
            LOGGER.log(
                Level.WARNING,
                "No newer bundle: {0}. The box goes on with {1} and asks again in {2} s.",
                describe(e),
                inForce == null ? "none" : "version " + inForce.content().version(),
                Math.max(1, pause.toSeconds()));
          }
        }
        wakeUp.await(pause);
      }
    } catch (InterruptedException e) {
      // Closing.
    }
  }

  /** Whether another bundle is in force now. */
  private boolean fetch()
      throws IOException, InterruptedException, BundleException, BundleRejected {
    OpenedBundle before = inForce;
    BundleSource.Answer answer =
        source.fetch(
            before == null ? OptionalLong.empty() : OptionalLong.of(before.content().version()));
    lastContact = settings.clock().instant();
    answer.time().ifPresent(time -> controllerTime = time);
    Optional<byte[]> sealed = answer.sealed();
    if (sealed.isEmpty()) {
      return false;
    }
    OpenedBundle opened =
        BundleOpener.open(
            sealed.get(), identity.encryptionKeys(), identity.roots(), expectation(store.floor()));
    if (before != null && opened.floor().equals(before.floor())) {
      return false;
    }
    Path staged = store.stage(sealed.get());
    try {
      listener.apply(opened.content());
    } catch (BundleRejected | InterruptedException | RuntimeException e) {
      store.discard(staged);
      throw e;
    }
    // In force first: if the disk fails now, the box runs the new one and fetches it again.
    enforce(opened);
    store.commit(staged, opened.floor());
    return true;
  }

  private void enforce(OpenedBundle opened) {
    inForce = opened;
    first.countDown();
  }

  /** Holds the stream of hints open. It ends after an hour, or when a middle box forgets it. */
  private void listen() {
    Backoff backoff = new Backoff(settings.retryMin(), settings.retryMax());
    try {
      while (!closing) {
        if (listenOnce()) {
          backoff.succeeded();
        }
        // The pause before the next connection, so that boxes do not storm a controller.
        Thread.sleep(backoff.failed());
      }
    } catch (InterruptedException e) {
      // Closing.
    }
  }

  /** Whether anything arrived before the stream ended. */
  private boolean listenOnce() throws InterruptedException {
    WakeUp sign = new WakeUp();
    AtomicBoolean heard = new AtomicBoolean();
    CompletableFuture<HttpResponse<Void>> stream =
        source.listen(
            () -> {
              heard.set(true);
              sign.ring();
            },
            wakeUp::ring);
    CompletableFuture<Void> _ =
        stream.handle(
            (response, failure) -> {
              sign.ring();
              return null;
            });
    try {
      while (!stream.isDone()) {
        if (!sign.await(settings.silenceMax())) {
          LOGGER.log(Level.DEBUG, "The hints went silent and are opened again.");
          break;
        }
      }
      return heard.get();
    } finally {
      stream.cancel(true);
    }
  }

  private Expectation expectation(VersionFloor floor) {
    return new Expectation(
        identity.tenant(),
        identity.serial(),
        floor,
        settings.daemonVersion(),
        settings.clock().instant(),
        timeFloor());
  }

  /**
   * The latest time the controller has vouched for, in a certificate, a bundle or an answer over
   * its TLS: whatever this box's clock says, it is past. A box whose clock starts in 1970 lives by
   * it.
   */
  private Instant timeFloor() {
    Instant floor = later(identity.certificate().getNotBefore().toInstant(), controllerTime);
    OpenedBundle bundle = inForce;
    return bundle == null ? floor : later(floor, bundle.content().notBefore());
  }

  private static Instant later(Instant one, Instant other) {
    return one.isBefore(other) ? other : one;
  }

  /**
   * The clock, but never before what the controller vouched for: what its certificates are judged
   * at.
   */
  public Instant time() {
    return later(settings.clock().instant(), timeFloor());
  }

  /** Refusals speak for themselves; an unexpected failure shows its kind only. */
  private static String describe(Exception e) {
    boolean known =
        e instanceof BundleException || e instanceof BundleRejected || e instanceof IOException;
    if (known && e.getMessage() != null) {
      return e.getMessage();
    }
    return e instanceof IOException
        ? "the controller was not reached (" + e.getClass().getSimpleName() + ")"
        : e.getClass().getName();
  }
}
