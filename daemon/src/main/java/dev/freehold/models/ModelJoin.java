package dev.freehold.models;

import dev.freehold.bundle.catalogue.CatalogueEntry;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;

/**
 * Writes a model's file from its parts, hashing as it goes.
 *
 * <p>Never writes more than the catalogue's size, whatever a part claims to hold. Used by one
 * thread, which holds the model's lock.
 */
final class ModelJoin implements AutoCloseable {

  private static final int BUFFER_BYTES = 1 << 20;
  private static final Duration REPORT_EVERY = Duration.ofSeconds(1);

  private final CatalogueEntry entry;
  private final ModelCache cache;
  private final FetchProgress progress;
  private final Path unverified;
  private final FileChannel out;
  private final MessageDigest digest = sha256();
  private final long startedNanos;
  private final byte[] buffer = new byte[BUFFER_BYTES];
  private long joinedBytes;
  private long reportedNanos = System.nanoTime();

  ModelJoin(CatalogueEntry entry, ModelCache cache, FetchProgress progress, long startedNanos)
      throws IOException {
    this.entry = entry;
    this.cache = cache;
    this.progress = progress;
    this.startedNanos = startedNanos;
    this.unverified = cache.partsDirectory(entry).resolve("joined.unverified");
    this.out =
        FileChannel.open(
            unverified,
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE,
            StandardOpenOption.TRUNCATE_EXISTING);
  }

  /** Appends all of a part. */
  void append(InputStream part) throws IOException, ModelFetchException {
    int read;
    while ((read = part.read(buffer)) > 0) {
      joinedBytes += read;
      if (joinedBytes > entry.sizeBytes()) {
        throw mismatch("more than " + entry.sizeBytes() + " bytes");
      }
      digest.update(buffer, 0, read);
      ByteBuffer bytes = ByteBuffer.wrap(buffer, 0, read);
      while (bytes.hasRemaining()) {
        out.write(bytes);
      }
      report();
    }
  }

  /** Checks the hash, gives the file its name and removes the parts. */
  Path finish() throws IOException, ModelFetchException {
    String found = HexFormat.of().formatHex(digest.digest());
    if (joinedBytes != entry.sizeBytes() || !found.equals(entry.sha256())) {
      throw mismatch(found + " in " + joinedBytes + " bytes");
    }
    out.force(true);
    out.close();
    Path file = cache.file(entry);
    Files.move(
        unverified, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    deleteParts();
    progress.report(
        new FetchStep.Finished(
            entry.name(), file, joinedBytes, Duration.ofNanos(System.nanoTime() - startedNanos)));
    return file;
  }

  @Override
  public void close() throws IOException {
    out.close();
    Files.deleteIfExists(unverified);
  }

  /** What does not hash to the catalogue's value is deleted: a second fetch starts clean. */
  private ModelFetchException mismatch(String found) throws IOException {
    deleteParts();
    return new ModelFetchException(
        "The parts of "
            + entry.name()
            + " do not make the catalogue's file. Expected SHA-256 "
            + entry.sha256()
            + " in "
            + entry.sizeBytes()
            + " bytes, found "
            + found
            + ". The parts were deleted; fetch again, and if it happens again do not use that"
            + " source.");
  }

  private void deleteParts() throws IOException {
    deleteFolder(cache.partsDirectory(entry));
  }

  private void report() {
    long now = System.nanoTime();
    if (now - reportedNanos >= REPORT_EVERY.toNanos()) {
      reportedNanos = now;
      progress.report(new FetchStep.Joining(entry.name(), joinedBytes, entry.sizeBytes()));
    }
  }

  static void deleteFolder(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    try (DirectoryStream<Path> children = Files.newDirectoryStream(folder)) {
      for (Path child : children) {
        if (Files.isDirectory(child, java.nio.file.LinkOption.NOFOLLOW_LINKS)) {
          deleteFolder(child);
        } else {
          Files.delete(child);
        }
      }
    }
    Files.delete(folder);
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform has SHA-256.", e);
    }
  }
}
