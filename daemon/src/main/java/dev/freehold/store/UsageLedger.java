package dev.freehold.store;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The record of every request.
 *
 * <p>{@link #record} only enqueues. One thread, the writer, takes what has gathered, commits it in
 * one transaction and syncs the file once for all of it: that takes milliseconds of a core, and
 * answers must not wait for it. What is still gathering when the process dies is recorded again by
 * the receipts, which are the journal of charges. A reader makes the writer hurry and waits until
 * everything recorded before is written, so that a client's own request is in its next query.
 *
 * <p>A record is kept once: one whose {@link UsageRecord#entryId} the ledger has is passed over, so
 * that whatever may have been lost in a crash can simply be recorded again, and nothing is charged
 * twice.
 */
public final class UsageLedger implements AutoCloseable {

  /** Later than any request: the end of what has none. */
  public static final Instant EVER = Instant.parse("9999-12-31T00:00:00Z");

  /** Records that wait for the writer; a full queue makes {@link #record} wait. */
  public static final int QUEUED_MAX = 8_192;

  /** Records of one commit. */
  static final int COMMIT_MAX = 512;

  /** Records of one answer to {@link #query}. */
  public static final int QUERY_MAX = 10_000;

  /** How many entries may be asked for at once. */
  public static final int KNOWN_MAX = COMMIT_MAX;

  /** Sums that the database may hand over for one {@link #report}. */
  public static final int SUMS_MAX = 100_000;

  /** How long the writer lets records gather if nobody reads and they are few. */
  private static final Duration GATHER = Duration.ofSeconds(1);

  /** With so many the writer waits no longer: the queue must not fill up. */
  private static final int GATHERED_MAX = QUEUED_MAX / 2;

  private static final Duration QUEUE_WAIT_MAX = Duration.ofSeconds(5);
  private static final Duration CLOSE_WAIT_MAX = Duration.ofSeconds(20);
  private static final Duration RETRY_PAUSE = Duration.ofMillis(200);
  private static final int WRITE_TRIES_MAX = 3;

  private static final Logger LOGGER = System.getLogger(UsageLedger.class.getName());

  private final Database database;
  private final UsageRows rows;
  // An empty entry ends the writer.
  private final BlockingQueue<Optional<UsageRecord>> queue = new ArrayBlockingQueue<>(QUEUED_MAX);
  private final AtomicLong accepted = new AtomicLong();
  private final AtomicLong lost = new AtomicLong();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition progress = lock.newCondition();
  private final Condition hurry = lock.newCondition();
  private long settled;
  private long wanted;
  private volatile boolean gathering;
  private volatile boolean closing;
  private final Thread writer;

  private UsageLedger(Database database) {
    this.database = database;
    this.rows = database.bean(UsageRows.class);
    this.writer = Thread.ofVirtual().name("usage-writer").unstarted(this::write);
  }

  /**
   * Opens the ledger in a folder, or makes it.
   *
   * @throws StoreException if it cannot be opened
   */
  public static UsageLedger open(Path folder) {
    UsageLedger ledger = new UsageLedger(Database.open(folder, "usage", Migration.ALL));
    ledger.writer.start();
    return ledger;
  }

  /**
   * Hands a record to the writer. It waits only while the queue is full, and then for a bounded
   * time: a disk that hangs must not take the service down, so what cannot be queued is counted as
   * lost and said in the log.
   */
  public void record(UsageRecord record) {
    Objects.requireNonNull(record, "record");
    if (closing) {
      lose(record, "the ledger is closed");
      return;
    }
    // Counted before it is queued: a reader that comes now waits for it.
    accepted.incrementAndGet();
    boolean queued = false;
    try {
      queued = queue.offer(Optional.of(record), QUEUE_WAIT_MAX.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      queued = queue.offer(Optional.of(record));
      Thread.currentThread().interrupt();
    }
    if (!queued) {
      settle(1);
      lose(record, "the queue stayed full");
    } else if (gathering && queue.size() >= GATHERED_MAX) {
      signalHurry();
    }
  }

  /**
   * The newest records first.
   *
   * @param since the oldest that is of interest
   * @param limit how many at most, no more than {@link #QUERY_MAX}
   */
  public List<UsageRecord> query(Instant since, int limit) throws InterruptedException {
    return query(since, EVER, limit);
  }

  /** As {@link #query(Instant, int)}, of requests that arrived before {@code until}. */
  public List<UsageRecord> query(Instant since, Instant until, int limit)
      throws InterruptedException {
    if (limit < 1 || limit > QUERY_MAX) {
      throw new IllegalArgumentException(
          "the limit must be between 1 and %d, found %d".formatted(QUERY_MAX, limit));
    }
    awaitWritten(accepted.get(), CLOSE_WAIT_MAX);
    return rows.newestBetween(since.toEpochMilli(), until.toEpochMilli(), limit).stream()
        .map(UsageRow::toRecord)
        .toList();
  }

  /** Those of these entries that are kept, once everything recorded so far is written. */
  public Set<String> known(List<String> entryIds) throws InterruptedException {
    if (entryIds.size() > KNOWN_MAX) {
      throw new IllegalArgumentException(
          "expected at most %d entries at once, found %d".formatted(KNOWN_MAX, entryIds.size()));
    }
    awaitWritten(accepted.get(), CLOSE_WAIT_MAX);
    return entryIds.isEmpty() ? Set.of() : Set.copyOf(rows.known(entryIds));
  }

  /**
   * Sums usage.
   *
   * @param by what to sum by, in the order of the keys; nothing gives the total alone
   * @param zone whose days and hours are meant
   * @throws UsageReportTooLong if there are more than {@link #SUMS_MAX} sums
   */
  public UsageReport report(List<UsageDimension> by, Instant since, Instant until, ZoneId zone)
      throws InterruptedException {
    awaitWritten(accepted.get(), CLOSE_WAIT_MAX);
    return new UsageSums(by, zone, SUMS_MAX).read(database, since, until);
  }

  /**
   * Sums the first hours (UTC) that have any usage, from that which holds {@code from} on. Each
   * hour is whole, the oldest comes first.
   *
   * @param max how many hours at most
   * @throws UsageReportTooLong if there are more than {@link #SUMS_MAX} sums
   */
  public List<HourUsage> hours(Instant from, int max) throws InterruptedException {
    awaitWritten(accepted.get(), CLOSE_WAIT_MAX);
    return UsageHours.read(database, from, max, SUMS_MAX);
  }

  /** What requests that arrived at that time or later cost, for the budgets that still run. */
  public List<Spent> spentSince(Instant from) throws InterruptedException {
    awaitWritten(accepted.get(), CLOSE_WAIT_MAX);
    return database.withConnection(connection -> UsageSums.spentSince(connection, from));
  }

  /** Records that could not be kept since this ledger was opened. */
  public long lost() {
    return lost.get();
  }

  /** Writes what is queued and closes the file. */
  @Override
  public void close() {
    if (closing) {
      return;
    }
    closing = true;
    signalHurry();
    try {
      queue.offer(Optional.empty(), CLOSE_WAIT_MAX.toMillis(), TimeUnit.MILLISECONDS);
      writer.join(CLOSE_WAIT_MAX);
      queue.forEach(left -> left.ifPresent(one -> lose(one, "the ledger closed")));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      database.close();
    }
  }

  private void write() {
    List<UsageRecord> batch = new ArrayList<>(COMMIT_MAX);
    boolean open = true;
    try {
      while (open) {
        Optional<UsageRecord> next = queue.take();
        gather();
        while (next != null && next.isPresent()) {
          batch.add(next.get());
          next = batch.size() < COMMIT_MAX ? queue.poll() : null;
        }
        open = next == null;
        if (!batch.isEmpty()) {
          commit(batch);
          batch.clear();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Records that come close together share one commit and one sync, which is what costs. */
  private void gather() throws InterruptedException {
    long nanos = GATHER.toNanos();
    gathering = true;
    lock.lockInterruptibly();
    try {
      while (nanos > 0 && !closing && wanted <= settled && queue.size() < COMMIT_MAX) {
        nanos = hurry.awaitNanos(nanos);
      }
    } finally {
      gathering = false;
      lock.unlock();
    }
  }

  private void commit(List<UsageRecord> batch) {
    boolean saved = false;
    for (int attempt = 1; ; attempt++) {
      try {
        if (!saved) {
          save(batch);
          saved = true;
        }
        database.checkpoint();
        break;
      } catch (RuntimeException e) {
        if (attempt == WRITE_TRIES_MAX) {
          LOGGER.log(
              Level.ERROR,
              "{0} usage records could not be {1}: {2}. Check the disk.",
              batch.size(),
              saved ? "synced to the disk" : "written and are lost",
              e.getClass().getName());
          lost.addAndGet(saved ? 0 : batch.size());
          break;
        }
        pause();
      }
    }
    settle(batch.size());
  }

  /**
   * Almost always all are new; looking first whether they are would cost as much as writing them.
   * Where the table has one nevertheless (the answer of a commit was lost), it refuses them all,
   * and only the others are written.
   */
  private void save(List<UsageRecord> batch) {
    try {
      rows.saveAll(batch.stream().map(UsageRow::of).toList());
      return;
    } catch (RuntimeException e) {
      LOGGER.log(Level.DEBUG, "A batch of usage records was refused: {0}", e.getClass());
    }
    rows.saveAll(unknown(batch));
  }

  /** The rows of a batch that the table has not; no one else writes it. */
  private List<UsageRow> unknown(List<UsageRecord> batch) {
    Map<String, UsageRecord> once = new LinkedHashMap<>();
    batch.forEach(record -> once.putIfAbsent(record.entryId(), record));
    once.keySet().removeAll(Set.copyOf(rows.known(List.copyOf(once.keySet()))));
    return once.values().stream().map(UsageRow::of).toList();
  }

  private static void pause() {
    try {
      // A full disk or a busy file says nothing when it recovers: it is tried again.
      Thread.sleep(RETRY_PAUSE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void signalHurry() {
    lock.lock();
    try {
      hurry.signal();
    } finally {
      lock.unlock();
    }
  }

  private void settle(int count) {
    lock.lock();
    try {
      settled += count;
      progress.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void awaitWritten(long target, Duration max) throws InterruptedException {
    long nanos = max.toNanos();
    lock.lockInterruptibly();
    try {
      wanted = Math.max(wanted, target);
      hurry.signal();
      while (settled < target && nanos > 0) {
        nanos = progress.awaitNanos(nanos);
      }
    } finally {
      lock.unlock();
    }
  }

  private void lose(UsageRecord record, String why) {
    lost.incrementAndGet();
    LOGGER.log(
        Level.ERROR, "The usage record of request {0} is lost: {1}.", record.requestId(), why);
  }
}
