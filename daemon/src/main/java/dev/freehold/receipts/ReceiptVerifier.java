package dev.freehold.receipts;

import dev.freehold.bundle.SpkiPin;
import dev.freehold.receipts.DeviceCertificates.Untrusted;
import dev.freehold.receipts.LineFormat.MalformedLine;
import dev.freehold.receipts.LineReader.Line;
import dev.freehold.receipts.Verdict.Broken;
import dev.freehold.receipts.Verdict.Kind;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;

/**
 * Checks receipts offline, against nothing but the pin of the tenant's root: form, chain, numbers,
 * times, and the signatures of the heads. It reads each line once, in constant memory.
 *
 * <p>Of the holder of the device key it proves less: who has that key can write a whole new log.
 * What such a log cannot do is agree with a head that the controller holds.
 */
public final class ReceiptVerifier {

  /** A box signs every second; lines that span more than this without a head lost theirs. */
  public static final Duration UNSIGNED_MAX = Duration.ofMinutes(1);

  private final SpkiPin root;
  private final Optional<String> box;
  private final Optional<SignedHead> held;

  private ReceiptVerifier(SpkiPin root, Optional<String> box, Optional<SignedHead> held) {
    this.root = Objects.requireNonNull(root, "root");
    this.box = box;
    this.held = held;
  }

  /**
   * A verifier of any box below a root.
   *
   * @param root of the tenant, as its controller prints it
   */
  public static ReceiptVerifier under(SpkiPin root) {
    return new ReceiptVerifier(root, Optional.empty(), Optional.empty());
  }

  /** Accepts this box's certificates only. */
  public ReceiptVerifier ofBox(String serial) {
    return new ReceiptVerifier(root, Optional.of(serial), held);
  }

  /** Also requires that the receipts go at least as far as this head, and agree with it. */
  public ReceiptVerifier holding(SignedHead head) {
    return new ReceiptVerifier(root, box, Optional.of(head));
  }

  public Verdict verify(ReceiptSource source) throws IOException {
    return verify(source, _ -> {});
  }

  /**
   * Verifies, and hands each line on as soon as it is known to follow the lines before it. What was
   * handed on counts only if the verdict is {@link Verdict.Intact}.
   *
   * @throws IOException if the receipts cannot be read
   */
  public Verdict verify(ReceiptSource source, Consumer<Receipt> reader) throws IOException {
    try (LineReader lines = source.lines()) {
      return new Pass(lines, reader).run();
    }
  }

  /** One reading. */
  private final class Pass {

    private final ChainCheck chain;
    private final LineReader lines;
    private final Consumer<Receipt> reader;
    private final DeviceCertificates certificates = new DeviceCertificates(root, box);
    private final String[] hashes = new String[ReceiptLog.HEAD_LAG_MAX];
    private Receipt first;
    private SignedHead signed;
    private long heads;
    private long headsOutOfValidity;
    private long clockSetBack;
    private long recovered;
    private long unsigned;
    private Instant unsignedFrom;
    private boolean heldSeen;

    private Pass(LineReader lines, Consumer<Receipt> reader) {
      this.lines = lines;
      this.chain = new ChainCheck(lines);
      this.reader = reader;
    }

    private Verdict run() throws IOException {
      long unfinished = 0;
      for (Optional<Line> line = lines.next(); line.isPresent(); line = lines.next()) {
        if (!line.get().whole()
            && line.get().lastFile()
            && line.get().bytes().length <= LineFormat.LINE_BYTES_MAX) {
          unfinished = line.get().bytes().length;
          break;
        }
        Optional<Broken> problem = chain.take(line.get());
        if (problem.isEmpty()) {
          problem = take(line.get(), chain.last());
        }
        if (problem.isPresent()) {
          return problem.get();
        }
        reader.accept(chain.last());
      }
      return end(unfinished);
    }

    private Optional<Broken> take(Line line, Receipt receipt) throws IOException {
      first = first == null ? receipt : first;
      hashes[(int) (receipt.sequence() % hashes.length)] = receipt.hash();
      if (held.isPresent() && held.get().sequence() == receipt.sequence()) {
        if (!held.get().hash().equals(receipt.hash())) {
          return broken(
              Kind.TAMPERED,
              line,
              receipt,
              "the head held elsewhere says that this line has the hash %s, found %s: this line or"
                      .formatted(held.get().hash(), receipt.hash())
                  + " one before it was rewritten");
        }
        heldSeen = true;
      }
      try {
        return switch (receipt.entry()) {
          case Entry.Certificate certificate -> {
            certificates.add(certificate);
            count(receipt);
            yield Optional.empty();
          }
          case Entry.Head head -> head(line, receipt, head);
          case Entry.ClockSetBack _ -> {
            clockSetBack++;
            count(receipt);
            yield Optional.empty();
          }
          case Entry.Recovered _ -> {
            recovered++;
            count(receipt);
            yield Optional.empty();
          }
          case Entry.Segment _, Decision _, Attempt _, Outcome _ -> {
            count(receipt);
            yield Optional.empty();
          }
        };
      } catch (Untrusted e) {
        // Who changed the line did not mend the next one, unless it is the last.
        boolean changed = chain.nextContradicts();
        return broken(changed ? Kind.TAMPERED : Kind.UNTRUSTED, line, receipt, e.getMessage());
      }
    }

    private void count(Receipt receipt) {
      unsigned++;
      unsignedFrom = unsignedFrom == null ? receipt.time() : unsignedFrom;
    }

    private Optional<Broken> head(Line line, Receipt receipt, Entry.Head entry) throws Untrusted {
      SignedHead head;
      try {
        head = SignedHead.of(entry.jws());
      } catch (IllegalArgumentException e) {
        return broken(Kind.TAMPERED, line, receipt, e.getMessage());
      }
      headsOutOfValidity += certificates.verify(head) ? 0 : 1;
      heads++;
      if (head.sequence() >= receipt.sequence()
          || receipt.sequence() - head.sequence() > hashes.length
          || !head.time().equals(receipt.time())) {
        return broken(
            Kind.TAMPERED,
            line,
            receipt,
            "the head is for line %d at %s and does not belong here"
                .formatted(head.sequence(), head.time()));
      }
      String found = hashes[(int) (head.sequence() % hashes.length)];
      if (!head.hash().equals(found)) {
        return broken(
            Kind.TAMPERED,
            line,
            receipt,
            "the signed head expects line %d to have the hash %s, found %s: that line or one"
                    .formatted(head.sequence(), head.hash(), found)
                + " before it was rewritten");
      }
      if (signed == null || head.sequence() > signed.sequence()) {
        signed = head;
      }
      // Lines between the covered one and this one wait for the next head.
      unsigned = Math.min(unsigned, receipt.sequence() - 1 - head.sequence());
      unsignedFrom = unsigned == 0 ? null : receipt.time();
      return Optional.empty();
    }

    private Verdict end(long unfinished) {
      Receipt last = chain.last();
      if (last == null || signed == null) {
        return new Broken(
            Kind.UNSIGNED,
            "the end",
            Optional.empty(),
            "expected at least one head signed by the box, found none in "
                + (last == null ? 0 : last.sequence())
                + " lines");
      }
      Optional<Broken> contradiction = held.flatMap(head -> heldProblem(head, last));
      if (contradiction.isPresent()) {
        return contradiction.get();
      }
      if (unsigned > 0 && Duration.between(unsignedFrom, last.time()).compareTo(UNSIGNED_MAX) > 0) {
        return new Broken(
            Kind.UNSIGNED,
            "the end",
            Optional.of(signed.sequence() + 1),
            "expected a signed head every second, found none over the %d lines since %s"
                .formatted(unsigned, unsignedFrom));
      }
      return new Verdict.Intact(
          certificates.box(),
          last.sequence(),
          first.time(),
          last.time(),
          signed.sequence(),
          signed.time(),
          unsigned,
          unfinished,
          heads,
          headsOutOfValidity,
          clockSetBack,
          recovered,
          held.map(head -> OptionalLong.of(head.sequence())).orElse(OptionalLong.empty()));
    }

    /** The held head must itself be the box's; that is checked last, when all keys are known. */
    private Optional<Broken> heldProblem(SignedHead head, Receipt last) {
      try {
        certificates.add(head);
        if (certificates.knows(head.certificate()) || heldSeen) {
          certificates.verify(head);
        }
      } catch (Untrusted e) {
        return Optional.of(
            new Broken(
                Kind.UNTRUSTED,
                "the head held elsewhere",
                Optional.of(head.sequence()),
                e.getMessage()));
      }
      if (heldSeen) {
        return Optional.empty();
      }
      return Optional.of(
          new Broken(
              Kind.CUT,
              "the end",
              Optional.of(last.sequence() + 1),
              "expected lines up to %d, whose head of %s is held elsewhere, found %d lines: the"
                      .formatted(head.sequence(), head.time(), last.sequence())
                  + " last %d are missing".formatted(head.sequence() - last.sequence())));
    }

    private Optional<Broken> broken(Kind kind, Line line, Receipt receipt, String message) {
      return Optional.of(new Broken(kind, line.place(), Optional.of(receipt.sequence()), message));
    }
  }

  /** Whether each line follows from the one before; and if not, what happened. */
  private static final class ChainCheck {

    /** How far a line that is missing is looked for. */
    private static final int LOOK_AHEAD_MAX = 4_096;

    private final LineReader lines;
    private Receipt last;
    private Line lastLine;

    private ChainCheck(LineReader lines) {
      this.lines = lines;
    }

    Receipt last() {
      return last;
    }

    Optional<Broken> take(Line line) throws IOException {
      long expected = last == null ? 1 : last.sequence() + 1;
      String previous = last == null ? LineFormat.NO_HASH : last.hash();
      if (!line.whole()) {
        return broken(
            line.bytes().length > LineFormat.LINE_BYTES_MAX ? Kind.TAMPERED : Kind.DELETED,
            line,
            expected,
            "expected a whole line, found one that breaks off after %d bytes"
                .formatted(line.bytes().length));
      }
      Receipt receipt;
      try {
        receipt = LineFormat.parse(line.bytes());
      } catch (MalformedLine e) {
        return broken(
            Kind.TAMPERED,
            line,
            expected,
            "expected a receipt, found a line of which " + e.getMessage());
      }
      boolean follows = receipt.previous().equals(previous);
      if (follows && receipt.sequence() == expected) {
        return take(line, receipt);
      }
      return Optional.of(
          follows
              ? new Broken(
                  Kind.TAMPERED,
                  line.place(),
                  Optional.of(expected),
                  "expected number %d, found %d on a line that follows otherwise"
                      .formatted(expected, receipt.sequence()))
              : unfollowing(line, receipt, expected, previous));
    }

    private Optional<Broken> take(Line line, Receipt receipt) throws IOException {
      boolean back =
          last != null
              && receipt.time().isBefore(last.time().minus(ReceiptLog.CLOCK_TOLERANCE))
              && !(receipt.entry() instanceof Entry.ClockSetBack);
      Instant before = last == null ? receipt.time() : last.time();
      last = receipt;
      lastLine = line;
      if (!back) {
        return Optional.empty();
      }
      return broken(
          nextContradicts() ? Kind.TAMPERED : Kind.TIME,
          line,
          receipt.sequence(),
          "expected a time of %s or later, found %s without a line that the clock was set back"
              .formatted(before, receipt.time()));
    }

    private Broken unfollowing(Line line, Receipt receipt, long expected, String previous)
        throws IOException {
      if (receipt.sequence() > expected) {
        boolean later = comesLater(expected);
        return new Broken(
            later ? Kind.REORDERED : Kind.DELETED,
            line.place(),
            Optional.of(expected),
            later
                ? "expected number %d, which comes later, found %d"
                    .formatted(expected, receipt.sequence())
                : "expected number %d, found %d: %d lines are missing"
                    .formatted(expected, receipt.sequence(), receipt.sequence() - expected));
      }
      if (receipt.sequence() < expected) {
        return new Broken(
            Kind.INSERTED,
            line.place(),
            Optional.of(expected),
            "expected number %d, found %d again: this line or the one before it was added"
                .formatted(expected, receipt.sequence()));
      }
      Optional<Receipt> next = next();
      if (next.isPresent()
          && next.get().sequence() == expected
          && next.get().previous().equals(previous)) {
        return new Broken(
            Kind.INSERTED,
            line.place(),
            Optional.of(expected),
            "the line after it has the same number and follows the line before it");
      }
      boolean thisOneIsWhole = next.isEmpty() || next.get().previous().equals(receipt.hash());
      if (thisOneIsWhole && lastLine != null) {
        return new Broken(
            Kind.TAMPERED,
            lastLine.place(),
            Optional.of(expected - 1),
            "the next line expects it to have the hash %s, found %s"
                    .formatted(receipt.previous(), previous)
                + (next.isEmpty() ? "; or the next line, which is the last, was changed" : ""));
      }
      return new Broken(
          Kind.TAMPERED,
          line.place(),
          Optional.of(expected),
          "expected %s as the hash of the line before, found %s"
              .formatted(previous, receipt.previous()));
    }

    /** Whether the next line says that this one is another than was read. Reads on. */
    boolean nextContradicts() throws IOException {
      Optional<Receipt> next = next();
      return next.isPresent() && !next.get().previous().equals(last.hash());
    }

    private boolean comesLater(long sequence) throws IOException {
      for (int i = 0; i < LOOK_AHEAD_MAX; i++) {
        Optional<Line> line = lines.next();
        if (line.isEmpty()) {
          return false;
        }
        if (parsed(line.get()).filter(later -> later.sequence() == sequence).isPresent()) {
          return true;
        }
      }
      return false;
    }

    private Optional<Receipt> next() throws IOException {
      return lines.next().flatMap(ChainCheck::parsed);
    }

    private static Optional<Receipt> parsed(Line line) {
      try {
        return Optional.of(LineFormat.parse(line.bytes()));
      } catch (MalformedLine e) {
        return Optional.empty();
      }
    }

    private static Optional<Broken> broken(Kind kind, Line line, long sequence, String message) {
      return Optional.of(new Broken(kind, line.place(), Optional.of(sequence), message));
    }
  }
}
