package dev.freehold.sync;

import dev.freehold.bundle.files.DurableFiles;
import dev.freehold.bundle.files.DurableFiles.Access;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;

/**
 * The hour before which the controller has everything. Losing it costs nothing but reporting again:
 * the controller keeps each hour once. Owned by the heartbeat's thread.
 */
final class AcknowledgedHour {

  private final Path file;
  private Instant hour;

  private AcknowledgedHour(Path file, Instant hour) {
    this.file = file;
    this.hour = hour;
  }

  static AcknowledgedHour open(Path file) {
    try {
      if (Files.exists(file)) {
        return new AcknowledgedHour(file, Instant.parse(DurableFiles.readText(file).strip()));
      }
    } catch (IOException | DateTimeException e) {
      System.getLogger(AcknowledgedHour.class.getName())
          .log(Level.WARNING, "{0} cannot be read: all usage is reported again.", file);
    }
    return new AcknowledgedHour(file, Instant.EPOCH);
  }

  Instant hour() {
    return hour;
  }

  /** Does nothing when it is there already. */
  void advance(Instant to) throws IOException {
    if (to.isAfter(hour)) {
      DurableFiles.write(file, to + "\n", Access.OWNER_ONLY);
      hour = to;
    }
  }
}
