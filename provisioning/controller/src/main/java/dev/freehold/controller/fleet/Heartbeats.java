package dev.freehold.controller.fleet;

import dev.freehold.bundle.uplink.AbuseReport;
import dev.freehold.bundle.uplink.HeartbeatFormat;
import dev.freehold.bundle.uplink.HeartbeatMessage;
import dev.freehold.bundle.uplink.UsageBucket;
import dev.freehold.controller.fleet.HeartbeatRefused.Kind;
import dev.freehold.controller.store.Alert;
import dev.freehold.controller.store.AuditEntry;
import dev.freehold.controller.store.Box;
import dev.freehold.controller.store.ControllerStore;
import dev.freehold.controller.store.FleetStore;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Takes what boxes report. Safe for use from any thread that may block. */
public final class Heartbeats {

  /** Usage that is older is no longer taken. */
  public static final Duration USAGE_AGE_MAX = Duration.ofDays(400);

  /** How far a box's clock may be ahead. */
  public static final Duration CLOCK_AHEAD_MAX = Duration.ofHours(1);

  private final ControllerStore store;
  private final FleetStore fleet;
  private final HeadWatch heads;
  private final Clock clock;
  private final Set<String> taking = ConcurrentHashMap.newKeySet();

  public Heartbeats(ControllerStore store, Clock clock) {
    this.store = store;
    this.fleet = store.fleet();
    this.clock = clock;
    this.heads = new HeadWatch(fleet, clock);
  }

  /**
   * Takes a report; when this returns all of it is kept.
   *
   * @param box who sends it, as TLS says
   * @param presented the certificate it came with
   */
  public void take(Box box, X509Certificate presented, byte[] body) throws HeartbeatRefused {
    HeartbeatMessage message = read(body);
    if (!message.box().equals(box.serial())) {
      throw new HeartbeatRefused(
          Kind.ANOTHERS,
          "Expected the heartbeat of the box that the certificate names, "
              + box.serial()
              + ", found another's. A box reports for itself only.");
    }
    if (!taking.add(box.serial())) {
      throw new HeartbeatRefused(Kind.BUSY, "The last heartbeat of this box is still being taken.");
    }
    try {
      check(box, message);
      keep(box, presented, message);
    } finally {
      taking.remove(box.serial());
    }
  }

  private static HeartbeatMessage read(byte[] body) throws HeartbeatRefused {
    try {
      return HeartbeatFormat.read(body);
    } catch (IllegalArgumentException e) {
      throw new HeartbeatRefused(
          Kind.OUT_OF_BOUNDS, "The heartbeat is not taken: " + e.getMessage() + ".");
    }
  }

  private void check(Box box, HeartbeatMessage message) throws HeartbeatRefused {
    Instant newest = clock.instant().plus(CLOCK_AHEAD_MAX);
    Instant oldest = clock.instant().minus(USAGE_AGE_MAX);
    for (UsageBucket bucket : message.usage()) {
      Instant hour = bucket.key().hour();
      if (hour.isAfter(newest) || hour.isBefore(oldest)) {
        throw new HeartbeatRefused(
            Kind.OUT_OF_BOUNDS,
            ("The heartbeat is not taken: expected usage of the last %d days, found the hour %s."
                    + " Check the box's clock.")
                .formatted(USAGE_AGE_MAX.toDays(), hour));
      }
    }
    if (!fleet.hasRoomFor(box.serial(), message.usage())) {
      throw new HeartbeatRefused(
          Kind.OUT_OF_BOUNDS,
          "The heartbeat is not taken: expected at most "
              + FleetStore.BUCKETS_PER_HOUR_MAX
              + " usage buckets of an hour, found more.");
    }
  }

  private void keep(Box box, X509Certificate presented, HeartbeatMessage message) {
    Instant now = clock.instant();
    fleet.heard(box.serial(), message.daemonVersion(), message.bundleVersion().orElse(0), now);
    message
        .receiptHead()
        .flatMap(head -> heads.receive(box, presented, head))
        .ifPresent(found -> raise(found.occasion(), found.alert()));
    for (Instant hour : fleet.keepUsage(box.serial(), message.usage())) {
      raise(hour.toString(), shrunk(box, hour, now));
    }
    for (AbuseReport report : message.abuse()) {
      raise(report.id(), reported(box, report, now));
    }
  }

  private void raise(String occasion, Alert alert) {
    if (fleet.raise(occasion, alert)) {
      store.audit(
          new AuditEntry(
              clock.instant(), alert.box(), "alert." + alert.kind().text(), alert.subject()));
    }
  }

  private static Alert shrunk(Box box, Instant hour, Instant now) {
    return new Alert(
        box.serial(),
        Alert.Kind.USAGE_SHRANK,
        hour.toString(),
        "The box reports less for an hour than before: its ledger was lost, restored or changed."
            + " What was reported first is kept.",
        now,
        now,
        Optional.empty());
  }

  private static Alert reported(Box box, AbuseReport report, Instant now) {
    return new Alert(
        box.serial(),
        report.quarantined() ? Alert.Kind.QUARANTINED : Alert.Kind.NOTICED,
        report.subject(),
        report.rule() + ": " + report.reason(),
        // A box's clock that is ahead must not keep its alert on top of the list.
        report.since().isAfter(now) ? now : report.since(),
        now,
        report.quarantined() ? Optional.of(report.until()) : Optional.empty());
  }
}
