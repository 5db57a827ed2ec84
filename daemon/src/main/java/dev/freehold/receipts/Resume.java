package dev.freehold.receipts;

import dev.freehold.receipts.LineFormat.MalformedLine;
import dev.freehold.receipts.LineReader.Line;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Finds out where a log goes on. It reads the last file, and those before it only as far back as
 * the oldest request that was open when the last file was begun. An end that is no whole line is
 * moved aside; lines that do not follow from each other stop the start. Signatures are left to the
 * {@link ReceiptVerifier}.
 *
 * @param last the last line; absent in a new log
 * @param certificate what the last heads are signed by
 * @param open requests without an outcome
 * @param recovered what was moved aside, if anything
 */
record Resume(
    Optional<Receipt> last,
    Optional<String> certificate,
    OpenCharges open,
    Optional<Entry.Recovered> recovered) {

  private static final int COPY_BYTES = 65_536;

  static Resume of(Path folder) throws IOException {
    long dropped = 0;
    String movedTo = "";
    List<Path> segments = Segments.list(folder);
    while (!segments.isEmpty()) {
      Path segment = segments.getLast();
      Optional<Receipt> first = first(segment);
      if (first.isPresent()) {
        Scan scan = new Scan();
        long openFrom = openFrom(segment, first.get());
        List<Path> read = openFrom == 0 ? List.of(segment) : Segments.from(segments, openFrom);
        long end = scan.run(read);
        long rest = Files.size(segment) - end;
        if (rest > 0) {
          movedTo = moveAside(folder, segment, end, scan.last.sequence() + 1);
          dropped += rest;
        }
        return new Resume(
            Optional.of(scan.last), scan.certificate, scan.open, recovered(dropped, movedTo));
      }
      // Not even its first line is whole: the box died while it began the file.
      if (Files.size(segment) > 0) {
        dropped += Files.size(segment);
        movedTo = moveAside(folder, segment, 0, Segments.firstSequence(segment));
      }
      Files.delete(segment);
      segments = Segments.list(folder);
    }
    return new Resume(
        Optional.empty(), Optional.empty(), new OpenCharges(), recovered(dropped, movedTo));
  }

  private static Optional<Entry.Recovered> recovered(long dropped, String movedTo) {
    return dropped == 0 ? Optional.empty() : Optional.of(new Entry.Recovered(dropped, movedTo));
  }

  private static long openFrom(Path segment, Receipt first) throws ReceiptException {
    if (first.entry() instanceof Entry.Segment start) {
      return start.openFrom();
    }
    throw damaged(segment + " line 1: it is not how a file of the log begins");
  }

  private static Optional<Receipt> first(Path segment) throws IOException {
    try (LineReader lines = LineReader.of(List.of(segment))) {
      Optional<Line> line = lines.next();
      if (line.isEmpty() || !line.get().whole()) {
        return Optional.empty();
      }
      return Optional.of(LineFormat.parse(line.get().bytes()));
    } catch (MalformedLine e) {
      throw damaged(segment.getFileName() + " line 1: " + e.getMessage());
    }
  }

  /** Copies what follows the last whole line into a file of its own, and cuts it off. */
  private static String moveAside(Path folder, Path segment, long from, long sequence)
      throws IOException {
    String name = "torn-%016d".formatted(sequence);
    for (int i = 2; Files.exists(folder.resolve(name)); i++) {
      name = "torn-%016d-%d".formatted(sequence, i);
    }
    Path aside = Files.createFile(folder.resolve(name), ReceiptLog.OWNER_ONLY);
    try (RandomAccessFile in = new RandomAccessFile(segment.toFile(), "rw");
        RandomAccessFile out = new RandomAccessFile(aside.toFile(), "rw")) {
      in.seek(from);
      byte[] buffer = new byte[COPY_BYTES];
      for (int count = in.read(buffer); count > 0; count = in.read(buffer)) {
        out.write(buffer, 0, count);
      }
      out.getFD().sync();
      in.setLength(from);
      in.getFD().sync();
    }
    return name;
  }

  private static ReceiptException damaged(String what) {
    return new ReceiptException(
        "The receipts cannot be continued: "
            + what
            + ". `freehold receipts verify` says more. To go on, keep the folder as evidence by"
            + " moving it away; the box then begins a new log, and the controller sees that.");
  }

  /** One pass over the lines that matter. */
  private static final class Scan {

    private final OpenCharges open = new OpenCharges();
    private Optional<String> certificate = Optional.empty();
    private Receipt last;

    /** Returns where the last whole line of the last file ends. */
    long run(List<Path> files) throws IOException {
      long end = 0;
      try (LineReader lines = LineReader.of(files)) {
        for (Optional<Line> line = lines.next(); line.isPresent(); line = lines.next()) {
          if (isTorn(line.get())) {
            return end;
          }
          take(line.get());
          end = line.get().offset() + line.get().bytes().length + 1;
        }
      }
      return end;
    }

    /** A power cut leaves a line that breaks off, or blocks that were never written, as zeros. */
    private static boolean isTorn(Line line) {
      if (!line.lastFile()) {
        return false;
      }
      boolean zeros = false;
      for (byte b : line.bytes()) {
        zeros |= b == 0;
      }
      return zeros || (!line.whole() && line.bytes().length <= LineFormat.LINE_BYTES_MAX);
    }

    private void take(Line line) throws ReceiptException {
      Receipt receipt;
      try {
        receipt = LineFormat.parse(line.bytes());
      } catch (MalformedLine e) {
        throw damaged(line.place() + ": " + e.getMessage());
      }
      if (last != null
          && (receipt.sequence() != last.sequence() + 1
              || !receipt.previous().equals(last.hash()))) {
        throw damaged(line.place() + ": it does not follow the line before it");
      }
      switch (receipt.entry()) {
        case Entry.Segment start -> certificate = start.certificate();
        case Entry.Certificate stored -> certificate = Optional.of(stored.sha256());
        case Entry.RequestEntry entry -> open.add(receipt.sequence(), entry);
        case Entry.Head _, Entry.Recovered _, Entry.ClockSetBack _ -> {
          // They say nothing that the log needs to go on.
        }
      }
      last = receipt;
    }
  }
}
