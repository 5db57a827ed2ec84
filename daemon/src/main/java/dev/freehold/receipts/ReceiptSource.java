package dev.freehold.receipts;

import dev.freehold.bundle.SpkiPin;
import dev.freehold.bundle.TrustRoots;
import dev.freehold.bundle.files.DurableFiles;
import dev.freehold.receipts.LineFormat.MalformedLine;
import dev.freehold.receipts.LineReader.Line;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** Where receipts are read from: a box's state folder, its folder of receipts, or an export. */
public final class ReceiptSource {

  private final String name;
  private final List<Path> files;
  private final Optional<InputStream> stream;
  private final Optional<Path> state;

  private ReceiptSource(
      String name, List<Path> files, Optional<InputStream> stream, Optional<Path> state) {
    this.name = name;
    this.files = files;
    this.stream = stream;
    this.state = state;
  }

  /**
   * Finds receipts.
   *
   * @throws ReceiptException if there are none
   */
  public static ReceiptSource of(Path place) throws IOException {
    if (Files.isRegularFile(place)) {
      return new ReceiptSource(
          place.toString(), List.of(place), Optional.empty(), Optional.empty());
    }
    Path inState = place.resolve("receipts");
    Path folder = Files.isDirectory(inState) ? inState : place;
    List<Path> segments = Segments.list(folder);
    if (segments.isEmpty()) {
      throw new ReceiptException(
          "Expected a box's state folder, its folder of receipts or an export, found no receipts"
              + " in "
              + place
              + ".");
    }
    return new ReceiptSource(
        folder.toString(), segments, Optional.empty(), Optional.of(folder.resolve("..")));
  }

  /** An export that comes as a stream, which the caller closes. */
  public static ReceiptSource of(InputStream stream, String name) {
    return new ReceiptSource(name, List.of(), Optional.of(stream), Optional.empty());
  }

  /**
   * The root that the box itself believes, where its state folder is at hand. It shows what the box
   * says of itself; who does not trust the box brings the pin along.
   */
  public Optional<SpkiPin> ownRoot() throws IOException {
    if (state.isEmpty()) {
      return Optional.empty();
    }
    Path roots = state.get().resolve("identity").resolve("roots.pem");
    if (!Files.isRegularFile(roots)) {
      return Optional.empty();
    }
    try {
      return Optional.of(SpkiPin.of(TrustRoots.fromPem(DurableFiles.readText(roots)).classical()));
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      throw new ReceiptException("The trust roots in " + roots + " cannot be read.", e);
    }
  }

  /** The folder that holds the key of digests, if this is no export. */
  public Optional<Path> folder() {
    return files.isEmpty() || state.isEmpty()
        ? Optional.empty()
        : Optional.ofNullable(files.getFirst().getParent());
  }

  /**
   * Reads every whole line, without verifying that they are the box's.
   *
   * @throws ReceiptException if a line is no receipt
   */
  public void read(Consumer<Receipt> reader) throws IOException {
    try (LineReader lines = lines()) {
      for (Optional<Line> line = lines.next(); line.isPresent(); line = lines.next()) {
        if (line.get().whole()) {
          reader.accept(receipt(line.get()));
        }
      }
    }
  }

  static Receipt receipt(Line line) throws ReceiptException {
    try {
      return LineFormat.parse(line.bytes());
    } catch (MalformedLine e) {
      throw new ReceiptException(
          "The receipts cannot be read: "
              + line.place()
              + ": "
              + e.getMessage()
              + ". `freehold receipts verify` says more.",
          e);
    }
  }

  LineReader lines() {
    return stream.isPresent() ? LineReader.of(stream.get(), name) : LineReader.of(files);
  }

  @Override
  public String toString() {
    return name;
  }
}
