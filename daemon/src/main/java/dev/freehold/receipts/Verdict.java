package dev.freehold.receipts;

import java.time.Instant;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;

/** What a verifier found. */
public sealed interface Verdict {

  /**
   * Every line up to {@code signedUpTo} is as the box signed it. About the lines after it, only
   * that they follow from each other.
   *
   * @param box the serial in the device certificates
   * @param lines all lines that were read
   * @param first when the first line was written
   * @param last when the last line was written
   * @param signedUpTo the last line that a head covers
   * @param signedAt what that head says of its time
   * @param unsigned lines after it that are no heads themselves
   * @param unfinishedBytes of a last line that breaks off: it is being written, or was cut
   * @param heads how many signatures were verified
   * @param headsOutOfValidity how many of them at a time when the certificate was not valid
   * @param clockSetBack how often the box's clock was set back
   * @param recovered how often the box found that a power cut had damaged the end
   * @param held the line up to which a head held elsewhere agrees; absent where none was given, and
   *     then a cut tail would not be seen
   */
  record Intact(
      String box,
      long lines,
      Instant first,
      Instant last,
      long signedUpTo,
      Instant signedAt,
      long unsigned,
      long unfinishedBytes,
      long heads,
      long headsOutOfValidity,
      long clockSetBack,
      long recovered,
      OptionalLong held)
      implements Verdict {}

  /**
   * Something was done to the receipts.
   *
   * @param place the first bad line, as file and line
   * @param sequence the number that was expected there, where that can be said
   * @param message what was expected and what was found
   */
  record Broken(Kind kind, String place, Optional<Long> sequence, String message)
      implements Verdict {

    public Broken {
      Objects.requireNonNull(kind, "kind");
      Objects.requireNonNull(place, "place");
      Objects.requireNonNull(sequence, "sequence");
      Objects.requireNonNull(message, "message");
    }
  }

  /** What was done. */
  enum Kind {
    /** A line was changed. */
    TAMPERED,
    /** Lines stand in another order. */
    REORDERED,
    /** Lines are missing, and later ones are there. */
    DELETED,
    /** A line was added. */
    INSERTED,
    /** Lines at the end are missing. */
    CUT,
    /** A head or a certificate is not this box's, or not below the trust root. */
    UNTRUSTED,
    /** Lines at the end lack the heads that the box would have put over them. */
    UNSIGNED,
    /** Times go back without a line that says why. */
    TIME;

    public String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }
}
