package dev.freehold.controller.publishing;

import dev.freehold.bundle.files.DurableFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Numbers that were never given out before, whatever happened to the database. */
final class VersionCounter {

  private final Path file;
  private long last;

  private VersionCounter(Path file, long last) {
    this.file = file;
    this.last = last;
  }

  static VersionCounter open(Path file, long atLeast) throws IOException {
    long stored = 0;
    if (Files.exists(file)) {
      String text = DurableFiles.readText(file).strip();
      try {
        stored = Long.parseLong(text);
      } catch (NumberFormatException e) {
        throw new IOException(
            "Expected the last bundle version as a number in "
                + file
                + ", found other text. Write the highest version that any box has there.",
            e);
      }
    }
    return new VersionCounter(file, Math.max(stored, atLeast));
  }

  /** The next number, on the disk before it is returned. */
  synchronized long next() {
    long next = last + 1;
    try {
      DurableFiles.write(file, next + "\n", DurableFiles.Access.OWNER_ONLY);
    } catch (IOException e) {
      throw new UncheckedIOException("The bundle version cannot be written to " + file, e);
    }
    last = next;
    return next;
  }
}
