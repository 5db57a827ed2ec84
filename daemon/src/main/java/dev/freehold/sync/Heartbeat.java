package dev.freehold.sync;

import dev.freehold.bundle.uplink.AbuseReport;
import dev.freehold.bundle.uplink.HeartbeatMessage;
import dev.freehold.bundle.uplink.ReceiptHead;
import dev.freehold.bundle.uplink.UsageBucket;
import dev.freehold.identity.Identity;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Tells the controller each minute how the box is.
 *
 * <p>The thread {@code heartbeat} owns everything here but {@link #lastAccepted}. Usage goes as
 * whole hours, from the first that the controller may not have all of; an hour counts as settled
 * once it has been over for {@link #LATE_MAX}, since a request belongs to the hour in which it
 * arrived and may end much later. The running hour goes too, and is replaced each time it grew.
 */
public final class Heartbeat implements AutoCloseable {

  /** No request ends so long after it arrived. */
  static final Duration LATE_MAX = Duration.ofHours(1);

  /** What is older is not reported: the controller does not take it. */
  static final Duration USAGE_AGE_MAX = Duration.ofDays(399);

  /** Hours that are read from the ledger at once. */
  static final int WINDOW_HOURS = 24;

  /** Windows of one report; after that others may use the uplink, and the rest follows soon. */
  static final int WINDOWS_MAX = 16;

  /** How long usage and abuse are kept back after the controller refused them. */
  static final Duration REFUSED_PAUSE = Duration.ofHours(1);

  private static final Logger LOGGER = System.getLogger(Heartbeat.class.getName());
  private static final Duration CLOSE_WAIT_MAX = Duration.ofSeconds(10);

  private final Identity identity;
  private final HeartbeatSources sources;
  private final HeartbeatSettings settings;
  private final HeartbeatPost post;
  private final AcknowledgedHour acknowledged;
  private final WakeUp wakeUp = new WakeUp();
  private final Thread thread;
  // What the controller has of the hours that are not settled.
  private final Map<UsageBucket.Key, UsageBucket> told = new HashMap<>();
  private Instant controllerTime = Instant.MAX;
  private Instant keptBackUntil = Instant.MIN;
  private boolean failing;
  private volatile Instant lastAccepted;
  private volatile boolean closing;

  private Heartbeat(
      Identity identity, Path file, HeartbeatSources sources, HeartbeatSettings settings) {
    this.identity = identity;
    this.sources = sources;
    this.settings = settings;
    this.post = new HeartbeatPost(identity, settings.clock()::instant);
    this.acknowledged = AcknowledgedHour.open(file);
    this.thread = Thread.ofVirtual().name("heartbeat").unstarted(this::run);
  }

  /**
   * Begins to report, and returns at once.
   *
   * @param file {@code reported-until} in the daemon's state folder
   */
  public static Heartbeat start(
      Identity identity, Path file, HeartbeatSources sources, HeartbeatSettings settings) {
    Heartbeat heartbeat = new Heartbeat(identity, file, sources, settings);
    heartbeat.thread.start();
    return heartbeat;
  }

  /** Reports now, for something that should not wait for the minute to end. */
  public void soon() {
    wakeUp.ring();
  }

  /** When the controller last took a report, if it did since the start. */
  public Optional<Instant> lastAccepted() {
    return Optional.ofNullable(lastAccepted);
  }

  @Override
  public void close() {
    closing = true;
    wakeUp.ring();
    post.close();
    thread.interrupt();
    try {
      thread.join(CLOSE_WAIT_MAX);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    Backoff backoff = new Backoff(settings.retryMin(), settings.retryMax());
    try {
      while (!closing) {
        Duration pause;
        try {
          boolean more = beat();
          backoff.succeeded();
          pause = more ? settings.retryMin() : Backoff.jittered(settings.every());
          failing = false;
        } catch (IOException | RuntimeException e) {
          pause = backoff.failed();
          logFailure(e);
        }
        wakeUp.await(pause);
      }
    } catch (InterruptedException e) {
      // Closing.
    }
  }

  /** Reports what there is, and whether there is more. */
  private boolean beat() throws IOException, InterruptedException {
    if (settings.clock().instant().isBefore(keptBackUntil)) {
      send(List.of(), List.of());
      return false;
    }
    try {
      return report();
    } catch (HeartbeatPost.Refused e) {
      LOGGER.log(
          Level.WARNING,
          "Usage and abuse are kept back for {0} min: {1}",
          REFUSED_PAUSE.toMinutes(),
          e.getMessage());
      keptBackUntil = settings.clock().instant().plus(REFUSED_PAUSE);
      // Without them, so that the controller still knows that the box lives.
      send(List.of(), List.of());
      return false;
    }
  }

  private boolean report() throws IOException, InterruptedException {
    List<AbuseReport> abuse = sources.quarantine().unreported(HeartbeatMessage.REPORTS_MAX);
    Instant hour = acknowledged.hour();
    for (int windows = 0; windows < WINDOWS_MAX; windows++) {
      List<UsageBucket> window = window(hour, abuse);
      List<UsageBucket> fresh = fresh(window);
      if (windows == 0) {
        // The first message goes in any case: it says that the box lives.
        List<UsageBucket> first =
            fresh.subList(0, Math.min(fresh.size(), HeartbeatMessage.BUCKETS_MAX));
        sendUsage(first, abuse);
        sources.quarantine().reported(abuse);
        fresh = fresh.subList(first.size(), fresh.size());
      }
      for (int from = 0; from < fresh.size(); from += HeartbeatMessage.BUCKETS_MAX) {
        int to = Math.min(fresh.size(), from + HeartbeatMessage.BUCKETS_MAX);
        sendUsage(fresh.subList(from, to), List.of());
      }
      Instant settled = settledBefore();
      if (window.stream().map(bucket -> bucket.key().hour()).distinct().count() < WINDOW_HOURS) {
        acknowledge(settled);
        return abuse.size() == HeartbeatMessage.REPORTS_MAX;
      }
      hour = window.getLast().key().hour().plus(1, ChronoUnit.HOURS);
      acknowledge(hour.isBefore(settled) ? hour : settled);
    }
    return true;
  }

  private List<UsageBucket> window(Instant hour, List<AbuseReport> abuse)
      throws IOException, InterruptedException {
    try {
      return sources.usage().from(hour, WINDOW_HOURS);
    } catch (RuntimeException e) {
      // A ledger that fails must not silence the rest.
      send(List.of(), abuse);
      sources.quarantine().reported(abuse);
      throw e;
    }
  }

  /** What the controller has not, and will take. */
  private List<UsageBucket> fresh(List<UsageBucket> window) {
    Instant now = now();
    List<UsageBucket> fresh = new ArrayList<>();
    for (UsageBucket bucket : window) {
      Instant hour = bucket.key().hour();
      // A clock that was wrong for a while leaves hours that the controller would refuse.
      boolean plausible = !hour.isAfter(now) && hour.isAfter(now.minus(USAGE_AGE_MAX));
      if (plausible && !bucket.equals(told.get(bucket.key()))) {
        fresh.add(bucket);
      }
    }
    return fresh;
  }

  private void sendUsage(List<UsageBucket> piece, List<AbuseReport> abuse)
      throws IOException, InterruptedException {
    send(piece, abuse);
    piece.forEach(bucket -> told.put(bucket.key(), bucket));
  }

  private void acknowledge(Instant before) throws IOException {
    acknowledged.advance(before);
    told.keySet().removeIf(key -> key.hour().isBefore(acknowledged.hour()));
  }

  private void send(List<UsageBucket> usage, List<AbuseReport> abuse)
      throws IOException, InterruptedException {
    OptionalLong version = sources.bundleVersion().get();
    Optional<ReceiptHead> head = sources.receiptHead().get();
    Optional<Instant> time =
        post.send(
            new HeartbeatMessage(
                identity.serial(), settings.daemonVersion(), version, head, usage, abuse));
    controllerTime = time.orElse(controllerTime);
    lastAccepted = settings.clock().instant();
  }

  /** The earlier of the two clocks: an hour is over when it is for both. */
  private Instant now() {
    Instant own = settings.clock().instant();
    return own.isBefore(controllerTime) ? own : controllerTime;
  }

  private Instant settledBefore() {
    return now().minus(LATE_MAX).truncatedTo(ChronoUnit.HOURS);
  }

  /** Once for each time the controller goes away, not once a try. */
  private void logFailure(Exception e) {
    if (closing) {
      return;
    }
    String reason =
        e instanceof IOException && e.getMessage() != null
            ? e.getMessage()
            : e.getClass().getName();
    LOGGER.log(
        failing ? Level.DEBUG : Level.WARNING,
        "The controller has not taken the heartbeat: {0}. The box serves on, and reports again.",
        reason);
    failing = true;
  }
}
