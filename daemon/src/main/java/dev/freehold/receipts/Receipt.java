package dev.freehold.receipts;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Objects;

/**
 * One line of the log.
 *
 * @param sequence from 1, without gaps
 * @param previous the hash of the line before; zeros for the first
 * @param hash SHA-256 of this line's bytes without the newline, lower-case hex
 */
public record Receipt(long sequence, Instant time, String previous, String hash, Entry entry) {

  public Receipt {
    Objects.requireNonNull(time, "time");
    Objects.requireNonNull(previous, "previous");
    Objects.requireNonNull(hash, "hash");
    Objects.requireNonNull(entry, "entry");
  }

  /** The line as it stands in the log, without its newline. */
  public String toJson() {
    return new String(
        LineFormat.line(sequence, time, previous, entry.kind(), bodyJson()),
        StandardCharsets.US_ASCII);
  }

  /** The entry alone. */
  public String bodyJson() {
    return LineFormat.body(entry);
  }
}
