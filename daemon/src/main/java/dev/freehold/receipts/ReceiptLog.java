package dev.freehold.receipts;

import dev.freehold.bundle.files.DurableFiles;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The append-only log of receipts, which is also the journal of charges.
 *
 * <p>{@link #append} makes one write to the page cache under a lock, and waits for nothing else: a
 * process that is killed loses nothing that was appended, a power cut at most what the last {@link
 * #SYNC_EVERY} brought. One thread, {@code receipts-sync}, syncs the file and signs heads. It is a
 * platform thread, since a sync would hold the carrier of a virtual one. Only the first line of a
 * new file waits for the disk, once a day or every {@link #SEGMENT_BYTES_MAX}.
 *
 * <p>Files are written by {@link RandomAccessFile}: a {@link FileChannel} would be closed for good
 * if the thread of one request were interrupted while it writes.
 *
 * <p>Three locks, taken in this order: {@code headLock} (one head at a time), {@code syncLock} (one
 * sync at a time, and no file is closed meanwhile), {@code lock} (the end of the chain).
 */
public final class ReceiptLog implements AutoCloseable {

  /** At most this much is lost by a power cut. */
  public static final Duration SYNC_EVERY = Duration.ofMillis(100);

  /** How long a line may stay without a signed head over it. */
  public static final Duration HEAD_EVERY = Duration.ofSeconds(1);

  /** A file that has grown to this is followed by another; so is yesterday's (UTC). */
  public static final long SEGMENT_BYTES_MAX = 67_108_864;

  /** A clock may go back this far without a line that says so. */
  public static final Duration CLOCK_TOLERANCE = Duration.ofMinutes(5);

  /** A head is in the log at most this many lines after the line that it covers. */
  static final int HEAD_LAG_MAX = 16_384;

  static final FileAttribute<Set<PosixFilePermission>> OWNER_ONLY =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

  private static final Logger LOG = System.getLogger(ReceiptLog.class.getName());
  private static final Duration CLOSE_WAIT_MAX = Duration.ofSeconds(20);

  private final Path folder;
  private final Clock clock;
  private final long segmentBytesMax;
  private final FileChannel lockFile;

  private final ReentrantLock headLock = new ReentrantLock();
  private DeviceSigner signer;
  private volatile SignedHead signed;

  private final ReentrantLock syncLock = new ReentrantLock();

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition work = lock.newCondition();
  private final MessageDigest sha256 = LineFormat.sha256();
  private final List<RandomAccessFile> retired = new ArrayList<>();
  private final OpenCharges open;
  private RandomAccessFile file;
  private Path path;
  private long length;
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

  private final Thread keeper =
      Thread.ofPlatform().daemon().name("receipts-sync").unstarted(this::keep);

  private ReceiptLog(
      Path folder, DeviceSigner signer, Clock clock, long segmentBytesMax, FileChannel lockFile)
      throws IOException {
    this.folder = folder;
    this.signer = signer;
    this.clock = clock;
    this.segmentBytesMax = segmentBytesMax;
    this.lockFile = lockFile;
    Resume resume = Resume.of(folder);
    open = resume.open();
    certificate = resume.certificate();
    sequence = resume.last().map(Receipt::sequence).orElse(0L);
    hash = resume.last().map(Receipt::hash).orElse(LineFormat.NO_HASH);
    time = resume.last().map(Receipt::time).orElse(Instant.EPOCH);
    begin(resume);
  }

  /**
   * Opens the log, or begins one. Requests that a dead daemon left without an outcome get one here:
   * interrupted, charged as reserved.
   *
   * @param folder {@code receipts} in the daemon's state folder
   * @throws ReceiptException if another process has it open, or it is damaged otherwise than by a
   *     power cut
   */
  public static ReceiptLog open(Path folder, DeviceSigner signer, Clock clock) throws IOException {
    return open(folder, signer, clock, SEGMENT_BYTES_MAX);
  }

  static ReceiptLog open(Path folder, DeviceSigner signer, Clock clock, long segmentBytesMax)
      throws IOException {
    Objects.requireNonNull(signer, "signer");
    DurableFiles.createPrivateFolder(folder);
    FileChannel lockFile = lockFile(folder);
    boolean opened = false;
    try {
      ReceiptLog log = new ReceiptLog(folder, signer, clock, segmentBytesMax, lockFile);
      log.keeper.start();
      opened = true;
      return log;
    } finally {
      if (!opened) {
        lockFile.close();
      }
    }
  }

  private static FileChannel lockFile(Path folder) throws IOException {
    Path path = folder.resolve("lock");
    if (!Files.exists(path)) {
      Files.createFile(path, OWNER_ONLY);
    }
    FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE);
    try {
      FileLock taken = channel.tryLock();
      if (taken != null) {
        return channel;
      }
    } catch (OverlappingFileLockException e) {
      // This process has it; said below.
    }
    channel.close();
    throw new ReceiptException(
        "The receipts in " + folder + " are written by another daemon. Stop that one first.");
  }

  /** What is written before the first request: what happened, who signs, and that it is signed. */
  private void begin(Resume resume) throws IOException {
    List<Path> segments = Segments.list(folder);
    if (!segments.isEmpty()) {
      path = segments.getLast();
      file = new RandomAccessFile(path.toFile(), "rw");
      length = file.length();
      file.seek(length);
    }
    lock.lock();
    try {
      if (resume.recovered().isPresent()) {
        Entry.Recovered recovered = resume.recovered().get();
        LOG.log(
            Level.WARNING,
            "the receipts ended in {0} bytes that are no whole line, as after a power cut; they"
                + " are in {1}",
            recovered.bytesDropped(),
            folder.resolve(recovered.movedTo()));
        write(recovered);
      }
      if (!certificate.equals(Optional.of(signer.certificate().sha256()))) {
        write(signer.certificate());
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
    signed = sign();
  }

  /**
   * Appends an entry. When this returns, the entry survives the death of the process.
   *
   * @return its sequence number
   * @throws ReceiptException if it cannot be written; nothing may leave the box then
   * @throws IllegalStateException if it cannot follow what the log has of the request, see {@link
   *     Attempt} and {@link Decision#allowed}
   */
  public long append(Entry.RequestEntry entry) throws ReceiptException {
    String body = LineFormat.body(entry);
    lock.lock();
    try {
      open.check(entry);
      return write(entry, body, now());
    } finally {
      lock.unlock();
    }
  }

  /** The number of the last line. */
  public long head() {
    lock.lock();
    try {
      return sequence;
    } finally {
      lock.unlock();
    }
  }

  /**
   * A head over all that was appended before the call, signed and on the disk: what the controller
   * is told can no longer be lost.
   */
  public SignedHead signedHead() throws ReceiptException {
    return sign();
  }

  /** Goes on with a renewed key and certificate. */
  public void renew(DeviceSigner renewed) throws ReceiptException {
    headLock.lock();
    try {
      lock.lock();
      try {
        write(renewed.certificate());
      } finally {
        lock.unlock();
      }
      signer = renewed;
    } finally {
      headLock.unlock();
    }
    sign();
  }

  /** Requests that have no outcome yet. */
  public int openRequests() {
    lock.lock();
    try {
      return open.size();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Reads the outcomes after a line, up to the end of the log as it is now: by these a ledger is
   * caught up. One at a time is in memory.
   *
   * @param after the last line that was seen already; 0 for all
   */
  public void outcomesSince(long after, OutcomeReader reader) throws IOException {
    long last = head();
    List<Path> files = Segments.from(Segments.list(folder), after + 1);
    try (LineReader lines = LineReader.of(files)) {
      long read = 0;
      while (read < last) {
        LineReader.Line line = lines.next().orElseThrow(() -> shorter(last));
        Receipt receipt = ReceiptSource.receipt(line);
        read = receipt.sequence();
        if (read > after && read <= last && receipt.entry() instanceof Outcome outcome) {
          reader.read(read, receipt.time(), outcome);
        }
      }
    }
  }

  private ReceiptException shorter(long last) {
    return new ReceiptException(
        "Expected receipts up to line " + last + " in " + folder + ", found fewer.");
  }

  /** Takes outcomes, in the order of the log. */
  @FunctionalInterface
  public interface OutcomeReader {
    void read(long sequence, Instant time, Outcome outcome) throws IOException;
  }

  /** Signs, syncs and closes. Requests that still run get no outcome any more. */
  @Override
  public void close() throws IOException {
    lock.lock();
    try {
      if (closed) {
        return;
      }
      closed = true;
      work.signalAll();
    } finally {
      lock.unlock();
    }
    try (lockFile) {
      keeper.join(CLOSE_WAIT_MAX);
      sign();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      closeFile();
    }
  }

  private void closeFile() throws IOException {
    syncLock.lock();
    try {
      lock.lock();
      try {
        failure = new ReceiptException("The log of receipts is closed.");
        file.close();
      } finally {
        lock.unlock();
      }
    } finally {
      syncLock.unlock();
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
      if (now.isBefore(time.minus(CLOCK_TOLERANCE))) {
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
        headDueNanos = System.nanoTime() + HEAD_EVERY.toNanos();
        work.signalAll();
      }
      newestUnsigned = sequence;
    }
    return sequence;
  }

  /** A head never begins a file: it would be the last line's, and that is in the file before. */
  private void rotateIfDue(Instant now, boolean head) throws IOException {
    LocalDate day = LocalDate.ofInstant(now, ZoneOffset.UTC);
    if (file == null || (!head && (length >= segmentBytesMax || !Segments.isDay(path, day)))) {
      // An interrupt would close the channel that syncs the folder: it is put off.
      boolean interrupted = Thread.interrupted();
      try {
        beginFile(Segments.name(sequence + 1, day));
      } finally {
        if (interrupted) {
          Thread.currentThread().interrupt();
        }
      }
    }
    if (length == 0) {
      put(now, "segment", LineFormat.body(new Entry.Segment(open.oldest(), certificate)));
    }
  }

  private void beginFile(String name) throws IOException {
    if (file != null) {
      // The next file must never be there without all of this one.
      file.getFD().sync();
    }
    Path next = folder.resolve(name);
    if (!Files.exists(next)) {
      Files.createFile(next, OWNER_ONLY);
    }
    DurableFiles.syncFolder(folder);
    RandomAccessFile opened = new RandomAccessFile(next.toFile(), "rw");
    if (file != null) {
      retired.add(file);
    }
    file = opened;
    path = next;
    length = 0;
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
    byte[] bytes = java.util.Arrays.copyOf(line, line.length + 1);
    bytes[line.length] = '\n';
    try {
      file.write(bytes);
    } catch (IOException e) {
      takeBack(e);
      throw e;
    }
    length += bytes.length;
    sequence++;
    hash = HexFormat.of().formatHex(sha256.digest(line));
    time = now;
    if (!dirty) {
      dirty = true;
      syncDueNanos = System.nanoTime() + SYNC_EVERY.toNanos();
      work.signalAll();
    }
  }

  /** A full disk takes part of a line; that part must not stay before the next one. */
  private void takeBack(IOException reason) {
    try {
      file.setLength(length);
      file.seek(length);
    } catch (IOException e) {
      reason.addSuppressed(e);
      failure = reason;
    }
  }

  /** Signs what is new, appends the head and syncs; or returns the last head if nothing is new. */
  private SignedHead sign() throws ReceiptException {
    headLock.lock();
    try {
      while (true) {
        long covers;
        String coversHash;
        Instant now;
        lock.lock();
        try {
          if (newestUnsigned == 0) {
            return signed;
          }
          covers = sequence;
          coversHash = hash;
          now = now();
        } finally {
          lock.unlock();
        }
        SignedHead head = SignedHead.sign(signer, covers, coversHash, now);
        if (appended(head)) {
          sync();
          signed = head;
          return head;
        }
      }
    } finally {
      headLock.unlock();
    }
  }

  private boolean appended(SignedHead head) throws ReceiptException {
    lock.lock();
    try {
      if (sequence - head.sequence() >= HEAD_LAG_MAX) {
        // This thread was held up: a verifier would not find the line any more.
        return false;
      }
      boolean current = newestUnsigned <= head.sequence();
      // The line has the head's own time: so the signature vouches for that, too.
      Entry.Head entry = new Entry.Head(head.jws());
      write(entry, LineFormat.body(entry), head.time());
      newestUnsigned = current ? 0 : newestUnsigned;
      headDueNanos = System.nanoTime() + HEAD_EVERY.toNanos();
      return true;
    } finally {
      lock.unlock();
    }
  }

  private void sync() throws ReceiptException {
    syncLock.lock();
    try {
      RandomAccessFile current;
      List<RandomAccessFile> done;
      lock.lock();
      try {
        current = file;
        done = List.copyOf(retired);
        retired.clear();
        dirty = false;
      } finally {
        lock.unlock();
      }
      current.getFD().sync();
      for (RandomAccessFile old : done) {
        old.close();
      }
    } catch (IOException e) {
      // After a failed sync nobody knows what is on the disk: nothing more may be promised.
      fail(e);
      throw new ReceiptException(
          "The receipts in " + folder + " cannot be synced: " + e.getMessage(), e);
    } finally {
      syncLock.unlock();
    }
  }

  private void fail(IOException reason) {
    lock.lock();
    try {
      failure = failure == null ? reason : failure;
    } finally {
      lock.unlock();
    }
  }

  /** The keeper's work, until the log is closed. */
  private void keep() {
    try {
      while (true) {
        boolean headDue;
        lock.lock();
        try {
          long wait = nanosUntilWork();
          while (wait > 0 && !closed) {
            work.awaitNanos(wait);
            wait = nanosUntilWork();
          }
          if (closed || failure != null) {
            return;
          }
          headDue = newestUnsigned > 0 && headDueNanos - System.nanoTime() <= 0;
        } finally {
          lock.unlock();
        }
        keepUp(headDue);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException | RuntimeException e) {
      fail(e instanceof IOException io ? io : new IOException(e));
      LOG.log(Level.ERROR, "receipts can no longer be written, so nothing leaves this box", e);
    }
  }

  /** A disk that is full now may have room again in a second. */
  private void keepUp(boolean headDue) throws ReceiptException {
    try {
      if (headDue) {
        sign();
      } else {
        sync();
      }
    } catch (ReceiptException e) {
      lock.lock();
      try {
        if (failure != null) {
          throw e;
        }
        headDueNanos = System.nanoTime() + HEAD_EVERY.toNanos();
      } finally {
        lock.unlock();
      }
      LOG.log(Level.WARNING, "a head of the receipts could not be written: {0}", e.getMessage());
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
}
