package dev.freehold.receipts;

import dev.freehold.bundle.files.DurableFiles;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * The append-only log of receipts, which is also the journal of charges.
 *
 * <p>{@link #append} makes one write to the page cache under a lock, and waits for nothing else: a
 * process that is killed loses nothing that was appended, a power cut at most what the last {@link
 * #SYNC_EVERY} brought. Only the first line of a new file waits for the disk, once a day or every
 * {@link #SEGMENT_BYTES_MAX}.
 *
 * <p>This class is the door, and keeps other processes out by the file {@code lock}; within this
 * process it has no lock of its own. The {@link ReceiptChain} orders entries under {@code lock} and
 * writes them by its {@link SegmentWriter}; the {@link Keeper} with its thread {@code
 * receipts-sync} syncs and signs under {@code headLock} and {@code syncLock}. The order of the
 * three: {@code headLock}, {@code syncLock}, {@code lock}.
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

  private final Path folder;
  private final FileChannel lockFile;
  private final ReceiptChain chain;
  private final Keeper keeper;

  private ReceiptLog(
      Path folder, DeviceSigner signer, Clock clock, long segmentBytesMax, FileChannel lockFile)
      throws IOException {
    this.folder = folder;
    this.lockFile = lockFile;
    Resume resume = Resume.of(folder);
    chain = new ReceiptChain(folder, clock, resume, SegmentWriter.atEndOf(folder, segmentBytesMax));
    keeper = new Keeper(folder, chain, signer);
    chain.begin(resume.recovered(), signer.certificate());
    keeper.sign();
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

  /**
   * Appends an entry. When this returns, the entry survives the death of the process.
   *
   * @return its sequence number
   * @throws ReceiptException if it cannot be written; nothing may leave the box then
   * @throws IllegalStateException if it cannot follow what the log has of the request, see {@link
   *     Attempt} and {@link Decision#allowed}
   */
  public long append(Entry.RequestEntry entry) throws ReceiptException {
    return chain.append(entry);
  }

  /** The number of the last line. */
  public long head() {
    return chain.last();
  }

  /**
   * A head over all that was appended before the call, signed and on the disk: what the controller
   * is told can no longer be lost.
   */
  public SignedHead signedHead() throws ReceiptException {
    return keeper.sign();
  }

  /** Goes on with a renewed key and certificate. */
  public void renew(DeviceSigner renewed) throws ReceiptException {
    keeper.renew(renewed);
  }

  /** Requests that have no outcome yet. */
  public int openRequests() {
    return chain.openRequests();
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
    if (chain.stop()) {
      try (lockFile) {
        keeper.close();
      }
    }
  }
}
