package dev.freehold.receipts;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Clock;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The end of the chain: puts entries in their order, refuses what cannot follow, and knows what is
 * not synced and not signed yet.
 *
 * <p>It owns the innermost lock of the log, {@code lock}, under which its {@link SegmentWriter} and
 * its {@link OpenCharges} are used as well, and takes no other while it holds it. It has no thread;
 * the {@link Keeper}'s waits here for {@linkplain #awaitDue work}.
 */
final class ReceiptChain {

  private static final Logger LOG = System.getLogger(ReceiptChain.class.getName());

  private final Path folder;
  private final Clock clock;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition work = lock.newCondition();
  private final MessageDigest sha256 = LineFormat.sha256();
  private final SegmentWriter segment;
  private final OpenCharges open;
  private long sequence;
  private String hash;
  private Instant time;
  private Optional<String> certificate;
  private long newestUnsigned;
  private long syncDueNanos;
  private long headDueNanos;
  private boolean dirty;
  private boolean closed;
  private IOException failure;

  ReceiptChain(Path folder, Clock clock, Resume resume, SegmentWriter segment) {
    this.folder = folder;
    this.clock = clock;
    this.segment = segment;
    open = resume.open();
    certificate = resume.certificate();
    sequence = resume.last().map(Receipt::sequence).orElse(0L);
    hash = resume.last().map(Receipt::hash).orElse(LineFormat.NO_HASH);
    time = resume.last().map(Receipt::time).orElse(Instant.EPOCH);
  }

  /** What a head may be signed over. */
  record Unsigned(long sequence, String hash, Instant now) {}

  /** What the keeper has to do. */
  enum Due {
    SYNC,
    HEAD,
    /** No more: the log closes, or nothing can be written any more. */
    NOTHING
  }

  /** What is written before the first request: what happened, who signs, and that it is signed. */
  void begin(Optional<Entry.Recovered> recovered, Entry.Certificate signer)
      throws ReceiptException {
    lock.lock();
    try {
      if (recovered.isPresent()) {
        LOG.log(
            Level.WARNING,
            "the receipts ended in {0} bytes that are no whole line, as after a power cut; they"
                + " are in {1}",
            recovered.get().bytesDropped(),
            folder.resolve(recovered.get().movedTo()));
        write(recovered.get());
      }
      if (!certificate.equals(Optional.of(signer.sha256()))) {
        write(signer);
      }
      List<Outcome> interrupted = open.interrupted();
      for (Outcome outcome : interrupted) {
        write(outcome);
      }
      if (!interrupted.isEmpty()) {
        LOG.log(
            Level.WARNING,
            "{0} requests were interrupted when the daemon ended; they are charged as reserved",
            interrupted.size());
      }
      // So that every start is signed, also one that found nothing to say.
      newestUnsigned = sequence;
    } finally {
      lock.unlock();
    }
  }

  /** As {@link ReceiptLog#append}. */
  long append(Entry.RequestEntry entry) throws ReceiptException {
    String body = LineFormat.body(entry);
    lock.lock();
    try {
      open.check(entry);
      return write(entry, body, now());
    } finally {
      lock.unlock();
    }
  }

  void append(Entry.Certificate renewed) throws ReceiptException {
    lock.lock();
    try {
      write(renewed);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Appends a head.
   *
   * @return false if so much was appended since it was signed that a verifier would not find its
   *     line any more
   */
  boolean append(SignedHead head) throws ReceiptException {
    lock.lock();
    try {
      if (sequence - head.sequence() >= ReceiptLog.HEAD_LAG_MAX) {
        return false;
      }
      boolean current = newestUnsigned <= head.sequence();
      // The line has the head's own time: so the signature vouches for that, too.
      Entry.Head entry = new Entry.Head(head.jws());
      write(entry, LineFormat.body(entry), head.time());
      newestUnsigned = current ? 0 : newestUnsigned;
      headDueNanos = System.nanoTime() + ReceiptLog.HEAD_EVERY.toNanos();
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** The number of the last line. */
  long last() {
    lock.lock();
    try {
      return sequence;
    } finally {
      lock.unlock();
    }
  }

  int openRequests() {
    lock.lock();
    try {
      return open.size();
    } finally {
      lock.unlock();
    }
  }

  /** The end of the chain, if a line is there that no head covers. */
  Optional<Unsigned> unsigned() {
    lock.lock();
    try {
      return newestUnsigned == 0
          ? Optional.empty()
          : Optional.of(new Unsigned(sequence, hash, now()));
    } finally {
      lock.unlock();
    }
  }

  /** Whoever takes it syncs it, and closes what is retired; or says that it {@link #failed}. */
  SegmentWriter.Unsynced takeUnsynced() {
    lock.lock();
    try {
      dirty = false;
      return segment.takeUnsynced();
    } finally {
      lock.unlock();
    }
  }

  /** Nothing can be written from now on. The first reason stays. */
  void failed(IOException reason) {
    lock.lock();
    try {
      failure = failure == null ? reason : failure;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Puts the next head off, since this one could not be written.
   *
   * @return false if there can be no next one
   */
  boolean postponeHead() {
    lock.lock();
    try {
      if (failure != null) {
        return false;
      }
      headDueNanos = System.nanoTime() + ReceiptLog.HEAD_EVERY.toNanos();
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Waits for something to sync or to sign. */
  Due awaitDue() throws InterruptedException {
    lock.lock();
    try {
      long wait = nanosUntilWork();
      while (wait > 0 && !closed) {
        work.awaitNanos(wait);
        wait = nanosUntilWork();
      }
      if (closed || failure != null) {
        return Due.NOTHING;
      }
      return newestUnsigned > 0 && headDueNanos - System.nanoTime() <= 0 ? Due.HEAD : Due.SYNC;
    } finally {
      lock.unlock();
    }
  }

  private long nanosUntilWork() {
    long now = System.nanoTime();
    long wait = Long.MAX_VALUE;
    if (dirty) {
      wait = syncDueNanos - now;
    }
    if (newestUnsigned > 0) {
      wait = Math.min(wait, headDueNanos - now);
    }
    return wait;
  }

  /**
   * Takes nothing any more but a last head.
   *
   * @return false if that was so already
   */
  boolean stop() {
    lock.lock();
    try {
      if (closed) {
        return false;
      }
      closed = true;
      work.signalAll();
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Closes the file. The caller holds off syncs. */
  void closeFile() throws IOException {
    lock.lock();
    try {
      failure = new ReceiptException("The log of receipts is closed.");
      segment.close();
    } finally {
      lock.unlock();
    }
  }

  private void write(Entry entry) throws ReceiptException {
    write(entry, LineFormat.body(entry), now());
  }

  private Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.MICROS);
  }

  /** Writes a line and takes its meaning in. The lock is held. */
  private long write(Entry entry, String body, Instant now) throws ReceiptException {
    boolean head = entry instanceof Entry.Head;
    if (failure != null || (closed && !head)) {
      throw new ReceiptException(
          "No receipt can be written: "
              + (failure == null ? "the log is closing." : failure.getMessage()),
          failure);
    }
    try {
      if (now.isBefore(time.minus(ReceiptLog.CLOCK_TOLERANCE))) {
        put(now, "clock-set-back", LineFormat.body(new Entry.ClockSetBack(time)));
      }
      rotateIfDue(now, head);
      put(now, entry.kind(), body);
    } catch (IOException e) {
      throw new ReceiptException(
          "A receipt cannot be written to "
              + folder
              + ": "
              + e.getMessage()
              + ". Nothing leaves this box until it can: check the disk.",
          e);
    }
    switch (entry) {
      case Entry.RequestEntry request -> open.add(sequence, request);
      case Entry.Certificate stored -> certificate = Optional.of(stored.sha256());
      case Entry.Segment _, Entry.Head _, Entry.Recovered _, Entry.ClockSetBack _ -> {
        // The log itself knows.
      }
    }
    if (!head) {
      if (newestUnsigned == 0) {
        headDueNanos = System.nanoTime() + ReceiptLog.HEAD_EVERY.toNanos();
        work.signalAll();
      }
      newestUnsigned = sequence;
    }
    return sequence;
  }

  /** A head never begins a file: it would be the last line's, and that is in the file before. */
  private void rotateIfDue(Instant now, boolean head) throws IOException {
    LocalDate day = LocalDate.ofInstant(now, ZoneOffset.UTC);
    if (head ? !segment.isOpen() : segment.isFull(day)) {
      segment.begin(sequence + 1, day);
    }
    if (segment.isEmpty()) {
      put(now, "segment", LineFormat.body(new Entry.Segment(open.oldest(), certificate)));
    }
  }

  private void put(Instant now, String kind, String body) throws IOException {
    byte[] line = LineFormat.line(sequence + 1, now, hash, kind, body);
    if (line.length > LineFormat.LINE_BYTES_MAX) {
      throw new ReceiptException(
          "expected a receipt of at most "
              + LineFormat.LINE_BYTES_MAX
              + " bytes, found "
              + line.length);
    }
    try {
      segment.write(line);
    } catch (IOException e) {
      if (segment.isTorn()) {
        failure = e;
      }
      throw e;
    }
    sequence++;
    hash = HexFormat.of().formatHex(sha256.digest(line));
    time = now;
    if (!dirty) {
      dirty = true;
      syncDueNanos = System.nanoTime() + ReceiptLog.SYNC_EVERY.toNanos();
      work.signalAll();
    }
  }
}
