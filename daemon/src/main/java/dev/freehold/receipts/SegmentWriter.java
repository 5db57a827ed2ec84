package dev.freehold.receipts;

import dev.freehold.bundle.files.DurableFiles;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The file that is written now. A line is one write, to the page cache; a part of a line is taken
 * back. Only the first line of a new file waits for the disk, once a day or every {@code bytesMax}.
 *
 * <p>Files are written by {@link RandomAccessFile}: a {@link FileChannel} would be closed for good
 * if the thread of one request were interrupted while it writes.
 *
 * <p>It has no lock and no thread of its own: every method is called with the lock of the {@link
 * ReceiptChain}. What it {@linkplain #takeUnsynced gives out} to be synced is the {@link Keeper}'s.
 */
final class SegmentWriter {

  private final Path folder;
  private final long bytesMax;
  private final List<RandomAccessFile> retired = new ArrayList<>();
  private RandomAccessFile file;
  private Path path;
  private long length;
  private boolean torn;

  private SegmentWriter(Path folder, long bytesMax) {
    this.folder = folder;
    this.bytesMax = bytesMax;
  }

  /** What is not known to be on the disk: the current file, and those before it, to be closed. */
  record Unsynced(RandomAccessFile current, List<RandomAccessFile> retired) {}

  /** Goes on at the end of the last file, which ends in a whole line; or has none yet. */
  static SegmentWriter atEndOf(Path folder, long bytesMax) throws IOException {
    SegmentWriter writer = new SegmentWriter(folder, bytesMax);
    List<Path> segments = Segments.list(folder);
    if (!segments.isEmpty()) {
      writer.path = segments.getLast();
      writer.file = new RandomAccessFile(writer.path.toFile(), "rw");
      writer.length = writer.file.length();
      writer.file.seek(writer.length);
    }
    return writer;
  }

  /** Whether nothing is written on this day (UTC) before another file has begun. */
  boolean isFull(LocalDate day) {
    return !isOpen() || length >= bytesMax || !Segments.isDay(path, day);
  }

  /** Whether there is a file. */
  boolean isOpen() {
    return file != null;
  }

  /** Whether the file still wants its first line. */
  boolean isEmpty() {
    return length == 0;
  }

  /** Whether a part of a line could not be taken back: then nothing may be written any more. */
  boolean isTorn() {
    return torn;
  }

  void begin(long firstSequence, LocalDate day) throws IOException {
    // An interrupt would close the channel that syncs the folder: it is put off.
    boolean interrupted = Thread.interrupted();
    try {
      beginFile(folder.resolve(Segments.name(firstSequence, day)));
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private void beginFile(Path next) throws IOException {
    if (file != null) {
      // The next file must never be there without all of this one.
      file.getFD().sync();
    }
    if (!Files.exists(next)) {
      Files.createFile(next, ReceiptLog.OWNER_ONLY);
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

  void write(byte[] line) throws IOException {
    byte[] bytes = Arrays.copyOf(line, line.length + 1);
    bytes[line.length] = '\n';
    try {
      file.write(bytes);
    } catch (IOException e) {
      takeBack(e);
      throw e;
    }
    length += bytes.length;
  }

  /** A full disk takes part of a line; that part must not stay before the next one. */
  private void takeBack(IOException reason) {
    try {
      file.setLength(length);
      file.seek(length);
    } catch (IOException e) {
      reason.addSuppressed(e);
      torn = true;
    }
  }

  Unsynced takeUnsynced() {
    Unsynced unsynced = new Unsynced(file, List.copyOf(retired));
    retired.clear();
    return unsynced;
  }

  void close() throws IOException {
    file.close();
  }
}
