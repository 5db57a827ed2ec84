package dev.freehold.receipts;

import dev.freehold.receipts.LineReader.Line;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Writes all receipts up to the last signed head into one file of JSON Lines (one JSON value a
 * line, UTF-8): the files of the log, one after another. The key of digests stays behind.
 *
 * @param lines how many were written
 * @param bytes how long the file is
 * @param sha256 of the file, lower-case hex
 */
public record ReceiptExport(long lines, long bytes, String sha256) {

  /**
   * Writes the file, for its owner only.
   *
   * @throws ReceiptException if the file is there already, or there is nothing signed to export
   */
  public static ReceiptExport write(ReceiptSource source, Path out) throws IOException {
    AtomicLong lastHead = new AtomicLong();
    source.read(
        receipt -> {
          if (receipt.entry() instanceof Entry.Head) {
            lastHead.set(receipt.sequence());
          }
        });
    if (lastHead.get() == 0) {
      throw new ReceiptException(
          "Expected at least one signed head in " + source + ", found none: nothing to export.");
    }
    try {
      Files.createFile(out, ReceiptLog.OWNER_ONLY);
    } catch (FileAlreadyExistsException e) {
      throw new ReceiptException(
          out + " is there already. Give the export a name of its own, or move that away.", e);
    }
    MessageDigest sha256 = LineFormat.sha256();
    try (LineReader lines = source.lines();
        OutputStream file =
            new DigestOutputStream(new BufferedOutputStream(Files.newOutputStream(out)), sha256)) {
      long written = 0;
      while (written < lastHead.get()) {
        Optional<Line> line = lines.next();
        if (line.isEmpty()) {
          throw new ReceiptException("The receipts in " + source + " became fewer meanwhile.");
        }
        file.write(line.get().bytes());
        file.write('\n');
        written++;
      }
    }
    return new ReceiptExport(
        lastHead.get(), Files.size(out), HexFormat.of().formatHex(sha256.digest()));
  }
}
