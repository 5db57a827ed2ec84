package dev.freehold.controller.store;

import dev.freehold.bundle.uplink.UsageBucket;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * What boxes report of themselves: usage, heads of receipts, alerts. Everything may be reported
 * twice and is kept once. Safe for use from any thread that may block, for one box by one at a
 * time.
 */
public final class FleetStore {

  /** Buckets kept of one hour of one box: no policy has as many groups, models and providers. */
  public static final int BUCKETS_PER_HOUR_MAX = 2_000;

  /** Alerts kept of one box; what comes after is only counted as too many. */
  public static final int ALERTS_PER_BOX_MAX = 5_000;

  /** Lines of a summary. */
  public static final int SUMS_MAX = 10_000;

  /** Heads kept of one box's receipts, one for each time they went backwards. */
  public static final int LINES_MAX = 64;

  private static final int ALERTS_MAX = 1_000;
  private static final int SUBJECT_CHARACTERS_MAX = 256;
  private static final int DETAIL_CHARACTERS_MAX = 2_048;

  private final Database database;
  private final BoxRows boxes;
  private final UsageBucketRows usage;
  private final ReceiptHeadRows heads;
  private final AlertRows alerts;

  FleetStore(Database database) {
    this.database = database;
    this.boxes = database.repository(BoxRows.class);
    this.usage = database.repository(UsageBucketRows.class);
    this.heads = database.repository(ReceiptHeadRows.class);
    this.alerts = database.repository(AlertRows.class);
  }

  /**
   * Remembers that a box was in touch.
   *
   * @param bundleVersion what it has in force, 0 if it did not say
   */
  public void heard(String serial, String daemonVersion, long bundleVersion, Instant now) {
    boxes.heard(serial, daemonVersion, bundleVersion, now.toEpochMilli());
  }

  /**
   * Whether these buckets would leave any hour of the box within {@link #BUCKETS_PER_HOUR_MAX}.
   * Asked before {@link #keepUsage}.
   */
  public boolean hasRoomFor(String serial, List<UsageBucket> buckets) {
    Map<String, UsageBucketRow> known = known(serial, buckets);
    Map<Long, Long> fresh =
        buckets.stream()
            .map(bucket -> UsageBucketRow.of(serial, bucket))
            .filter(row -> !known.containsKey(row.id()))
            .collect(Collectors.groupingBy(UsageBucketRow::hourMillis, Collectors.counting()));
    return fresh.entrySet().stream()
        .allMatch(
            hour ->
                usage.countOfHour(serial, hour.getKey()) + hour.getValue() <= BUCKETS_PER_HOUR_MAX);
  }

  /**
   * Keeps buckets, each in the place of an earlier one of the same key. When this returns they are
   * on the disk. A bucket that would take back what was reported is not kept.
   *
   * @return the hours in which that happened
   */
  public Set<Instant> keepUsage(String serial, List<UsageBucket> buckets) {
    Set<Instant> shrunk = new TreeSet<>();
    if (buckets.isEmpty()) {
      return shrunk;
    }
    Map<String, UsageBucketRow> known = known(serial, buckets);
    List<UsageBucketRow> fresh = new ArrayList<>();
    List<UsageBucketRow> changed = new ArrayList<>();
    for (UsageBucket bucket : buckets) {
      UsageBucketRow row = UsageBucketRow.of(serial, bucket);
      UsageBucketRow before = known.get(row.id());
      if (before == null) {
        fresh.add(row);
      } else if (!row.covers(before)) {
        shrunk.add(bucket.key().hour());
      } else if (!row.equals(before)) {
        changed.add(row);
      }
    }
    if (!fresh.isEmpty()) {
      usage.saveAll(fresh);
    }
    if (!changed.isEmpty()) {
      usage.updateAll(changed);
    }
    if (!fresh.isEmpty() || !changed.isEmpty()) {
      // The box forgets what was acknowledged.
      database.sync();
    }
    return shrunk;
  }

  /** Sums of the hours from {@code since} on and before {@code until}. */
  public List<UsageSum> usage(UsageDimension by, Instant since, Instant until) {
    return usage.sums(by.text(), since.toEpochMilli(), until.toEpochMilli(), SUMS_MAX).stream()
        .map(row -> sum(by, row))
        .toList();
  }

  /** The heads held of a box, that of the newest line first. */
  public List<HeldHead> heads(String serial) {
    return heads.newest(serial, LINES_MAX).stream().map(ReceiptHeadRow::toHeld).toList();
  }

  /** Keeps a head in the place of its line's, or as a new line's. */
  public void keepHead(String serial, HeldHead held) {
    ReceiptHeadRow row = ReceiptHeadRow.of(serial, held);
    if (heads.existsById(row.id())) {
      heads.update(row);
    } else {
      heads.save(row);
    }
  }

  /**
   * Raises an alert, or refreshes one that stands: whether it is new. A box that has too many has
   * one more that says so, and no others.
   *
   * @param occasion what tells this alert from others of its kind and box
   */
  public boolean raise(String occasion, Alert alert) {
    String id = Ids.of(alert.box(), alert.kind().text(), occasion);
    Optional<AlertRow> before = alerts.findById(id);
    AlertRow row =
        new AlertRow(
            id,
            alert.box(),
            alert.kind().text(),
            cut(alert.subject(), SUBJECT_CHARACTERS_MAX),
            cut(alert.detail(), DETAIL_CHARACTERS_MAX),
            before.map(AlertRow::raisedMillis).orElse(alert.raised().toEpochMilli()),
            alert.seen().toEpochMilli(),
            alert.until().map(Instant::toEpochMilli).orElse(null));
    if (before.isPresent()) {
      alerts.update(row);
      return false;
    }
    if (alert.kind() != Alert.Kind.TOO_MANY
        && alerts.countOfBox(alert.box()) >= ALERTS_PER_BOX_MAX) {
      raise("", tooMany(alert));
      return false;
    }
    alerts.save(row);
    database.sync();
    return true;
  }

  private static Alert tooMany(Alert last) {
    return new Alert(
        last.box(),
        Alert.Kind.TOO_MANY,
        last.box(),
        "The box has raised more than " + ALERTS_PER_BOX_MAX + " alerts; further ones are dropped.",
        last.seen(),
        last.seen(),
        Optional.empty());
  }

  /** The newest alerts first. */
  public List<Alert> alerts() {
    return alerts.newest(ALERTS_MAX).stream()
        .map(
            row ->
                new Alert(
                    row.serial(),
                    Alert.Kind.of(row.kind()),
                    row.subject(),
                    row.detail(),
                    Instant.ofEpochMilli(row.raisedMillis()),
                    Instant.ofEpochMilli(row.seenMillis()),
                    Optional.ofNullable(row.untilMillis()).map(Instant::ofEpochMilli)))
        .toList();
  }

  private Map<String, UsageBucketRow> known(String serial, List<UsageBucket> buckets) {
    Map<String, UsageBucketRow> known = new HashMap<>();
    if (!buckets.isEmpty()) {
      List<String> ids =
          buckets.stream().map(bucket -> UsageBucketRow.of(serial, bucket).id()).toList();
      usage.findByIdIn(ids).forEach(row -> known.put(row.id(), row));
    }
    return known;
  }

  private static UsageSum sum(UsageDimension by, UsageSumRow row) {
    String name =
        switch (by) {
          case GROUP, PROVIDER, BOX, MODEL -> row.dimension();
          case DAY -> begin(row).toString().substring(0, "2026-01-31".length());
          case HOUR -> begin(row).toString();
        };
    return new UsageSum(
        name,
        row.currency(),
        row.requests(),
        row.promptTokens(),
        row.cachedTokens(),
        row.completionTokens(),
        row.costMicros());
  }

  private static Instant begin(UsageSumRow row) {
    return Instant.ofEpochMilli(Long.parseLong(row.dimension()));
  }

  private static String cut(String text, int charactersMax) {
    return text.substring(0, Math.min(text.length(), charactersMax));
  }
}
