package dev.freehold.controller.store;

import java.time.Instant;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;

/**
 * Something that a person should look at.
 *
 * @param box the serial of the box that it is about
 * @param subject what of the box: a client, an address, its receipts
 * @param detail what was expected, what was found and what to do
 * @param raised when it was first seen, by the box's clock if the box found it
 * @param seen when it was last seen, by the controller's
 * @param until when it ends by itself, if it does
 */
public record Alert(
    String box,
    Kind kind,
    String subject,
    String detail,
    Instant raised,
    Instant seen,
    Optional<Instant> until) {

  /** What happened. */
  public enum Kind {
    /** The chain of receipts is shorter than it was: entries were cut off, or a disk restored. */
    RECEIPTS_WENT_BACK,
    /** Two heads of one sequence differ: entries were changed. */
    RECEIPTS_FORKED,
    /** A head is not signed by the certificate that it names. */
    RECEIPTS_BADLY_SIGNED,
    /** An hour that was reported is reported again with less. */
    USAGE_SHRANK,
    /** A box shut a client or an address out for a while. */
    QUARANTINED,
    /** A box noticed something that it shuts nobody out for. */
    NOTICED,
    /** A box reports more than the controller keeps. */
    TOO_MANY;

    /** The word used by the API, the command line and the audit trail. */
    public String text() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    static Kind of(String text) {
      for (Kind kind : values()) {
        if (kind.text().equals(text)) {
          return kind;
        }
      }
      throw new StoreException("The database has an alert of a kind that is unknown here.", null);
    }
  }

  public Alert {
    Objects.requireNonNull(box, "box");
    Objects.requireNonNull(kind, "kind");
    Objects.requireNonNull(subject, "subject");
    Objects.requireNonNull(detail, "detail");
    Objects.requireNonNull(raised, "raised");
    Objects.requireNonNull(seen, "seen");
    Objects.requireNonNull(until, "until");
  }
}
