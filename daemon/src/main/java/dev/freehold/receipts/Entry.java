package dev.freehold.receipts;

import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * What one line of the log says. No entry has a place for content or for a credential.
 *
 * <p>{@link RequestEntry} is what routing writes; the others the log writes of itself.
 */
public sealed interface Entry {

  /** A longer name or reason is shortened to this many characters, the last of them "…". */
  int TEXT_CHARACTERS_MAX = 256;

  /** No list of an entry is longer. */
  int LIST_MAX = 64;

  /** The word in the line's {@code kind}. */
  String kind();

  /** An entry about one request. */
  sealed interface RequestEntry extends Entry permits Decision, Attempt, Outcome {

    /** As in {@code x-request-id}. */
    String requestId();
  }

  /**
   * The first line of each file.
   *
   * @param openFrom the sequence number of the oldest request that had no outcome yet; 0 if none.
   *     Whoever opens the log reads no further back than there.
   * @param certificate what heads are signed by, as in {@link Certificate#sha256}, if it stands in
   *     an earlier line
   */
  record Segment(long openFrom, Optional<String> certificate) implements Entry {

    public Segment {
      Objects.requireNonNull(certificate, "certificate");
    }

    @Override
    public String kind() {
      return "segment";
    }
  }

  /**
   * The device certificate by which the heads that follow are signed.
   *
   * @param sha256 of the certificate's DER, lower-case hex
   * @param chainDer base64: the certificate, its authority's, and at last the root's
   */
  record Certificate(String sha256, List<String> chainDer) implements Entry {

    public Certificate {
      Objects.requireNonNull(sha256, "sha256");
      chainDer = bounded(chainDer);
    }

    @Override
    public String kind() {
      return "certificate";
    }
  }

  /**
   * A signed head: the box vouches for every line up to one.
   *
   * @param jws compact serialisation (RFC 7515), see {@link SignedHead}
   */
  record Head(String jws) implements Entry {

    public Head {
      Objects.requireNonNull(jws, "jws");
    }

    @Override
    public String kind() {
      return "head";
    }
  }

  /**
   * The log was opened and its end was no whole line, as a power cut leaves it.
   *
   * @param bytesDropped how much was moved aside
   * @param movedTo the name of the file that has it now
   */
  record Recovered(long bytesDropped, String movedTo) implements Entry {

    public Recovered {
      Objects.requireNonNull(movedTo, "movedTo");
    }

    @Override
    public String kind() {
      return "recovered";
    }
  }

  /** The box's clock was set back by more than {@link ReceiptLog#CLOCK_TOLERANCE}. */
  record ClockSetBack(Instant from) implements Entry {

    public ClockSetBack {
      Objects.requireNonNull(from, "from");
    }

    @Override
    public String kind() {
      return "clock-set-back";
    }
  }

  /** A text that fits an entry. */
  static String bounded(String text) {
    return text.length() <= TEXT_CHARACTERS_MAX
        ? text
        : text.substring(0, TEXT_CHARACTERS_MAX - 1) + "…";
  }

  /** A copy of a list that fits an entry. */
  static <T> List<T> bounded(List<T> list) {
    if (list.size() > LIST_MAX) {
      throw new IllegalArgumentException(
          "expected at most %d elements in a list of a receipt, found %d"
              .formatted(LIST_MAX, list.size()));
    }
    return List.copyOf(list);
  }
}
