package dev.freehold.bundle.uplink;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What a box says of itself to its controller. Everything in it may arrive twice.
 *
 * @param box its serial, which the controller compares with the certificate's
 * @param daemonVersion as {@code major.minor.patch}
 * @param bundleVersion the bundle in force, if there is one
 * @param receiptHead the newest head of its receipts, if it keeps any
 */
public record HeartbeatMessage(
    String box,
    String daemonVersion,
    OptionalLong bundleVersion,
    Optional<ReceiptHead> receiptHead,
    List<UsageBucket> usage,
    List<AbuseReport> abuse) {

  /** Buckets of one message; a box with more sends more messages. */
  public static final int BUCKETS_MAX = 500;

  /** Reports of one message. */
  public static final int REPORTS_MAX = 100;

  public static final int VERSION_CHARACTERS_MAX = 64;
  private static final int SERIAL_CHARACTERS_MAX = 63;

  public HeartbeatMessage {
    Names.requireSome(box, "box", SERIAL_CHARACTERS_MAX);
    Names.requireSome(daemonVersion, "daemonVersion", VERSION_CHARACTERS_MAX);
    if (bundleVersion.isPresent() && bundleVersion.getAsLong() < 0) {
      throw new IllegalArgumentException("expected a bundleVersion of 0 or more");
    }
    Objects.requireNonNull(receiptHead, "receiptHead");
    usage = List.copyOf(usage);
    abuse = List.copyOf(abuse);
    if (usage.size() > BUCKETS_MAX || abuse.size() > REPORTS_MAX) {
      throw new IllegalArgumentException(
          "expected at most %d usage buckets and %d abuse reports, found %d and %d"
              .formatted(BUCKETS_MAX, REPORTS_MAX, usage.size(), abuse.size()));
    }
    if (usage.stream().map(UsageBucket::key).distinct().count() < usage.size()) {
      throw new IllegalArgumentException("expected each usage bucket once, found one twice");
    }
    if (abuse.stream().map(AbuseReport::id).distinct().count() < abuse.size()) {
      throw new IllegalArgumentException("expected each abuse report once, found one twice");
    }
  }
}
