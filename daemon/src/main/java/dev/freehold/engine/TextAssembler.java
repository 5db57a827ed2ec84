package dev.freehold.engine;

import java.lang.foreign.MemorySegment;

/**
 * Turns the pieces of tokens into text a reader may see: whole UTF-8 characters only, and nothing
 * that could still become a stop text. Used by the engine's thread alone.
 */
final class TextAssembler {

  /** What a piece led to. */
  enum Outcome {
    CONTINUE,
    /** A stop text was met; what came before it is committed, the rest is gone. */
    STOPPED,
    /** The reader is too far behind. */
    OVERFLOW
  }

  private static final byte[] REPLACEMENT = {(byte) 0xEF, (byte) 0xBF, (byte) 0xBD};

  private final TextRing ring;
  private final byte[][] stops;
  private int met = -1;

  TextAssembler(TextRing ring, byte[][] stops) {
    this.ring = ring;
    this.stops = stops;
  }

  Outcome append(MemorySegment piece, int length) {
    if (!ring.write(piece, length)) {
      return Outcome.OVERFLOW;
    }
    long end = ring.written();
    long safe = end;
    for (long start = ring.committed(); start < end; start++) {
      Match match = stops.length == 0 ? Match.NONE : matchAt(start, end);
      if (match == Match.WHOLE) {
        ring.commit(start);
        ring.discardUncommitted();
        return Outcome.STOPPED;
      }
      if (match == Match.PART) {
        safe = Math.min(safe, start);
      }
    }
    ring.commit(wholeCharacters(safe));
    return Outcome.CONTINUE;
  }

  /** Which stop text was met, by its place in the request; -1 before that. */
  int met() {
    return met;
  }

  /** Commits what was held back, at the end of an answer that met no stop text. */
  void finish() {
    long whole = wholeCharacters(ring.written());
    boolean broken = whole < ring.written();
    ring.commit(whole);
    ring.discardUncommitted();
    if (broken && ring.write(MemorySegment.ofArray(REPLACEMENT), REPLACEMENT.length)) {
      ring.commit(ring.written());
    }
  }

  private enum Match {
    NONE,
    PART,
    WHOLE
  }

  private Match matchAt(long start, long end) {
    Match best = Match.NONE;
    for (int s = 0; s < stops.length; s++) {
      byte[] stop = stops[s];
      int length = (int) Math.min(stop.length, end - start);
      int i = 0;
      while (i < length && ring.at(start + i) == stop[i]) {
        i++;
      }
      if (i == stop.length) {
        met = s;
        return Match.WHOLE;
      }
      if (i == end - start) {
        best = Match.PART;
      }
    }
    return best;
  }

  /** The last position up to {@code end} that does not cut a UTF-8 character (RFC 3629). */
  private long wholeCharacters(long end) {
    long floor = Math.max(ring.committed(), end - 3);
    for (long position = end - 1; position >= floor; position--) {
      int unit = ring.at(position) & 0xFF;
      if (unit < 0x80) {
        return end;
      }
      if (unit >= 0xC0) {
        int length = unit >= 0xF0 ? 4 : unit >= 0xE0 ? 3 : 2;
        return position + length > end ? position : end;
      }
    }
    return end;
  }
}
