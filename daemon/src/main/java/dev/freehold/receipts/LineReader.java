package dev.freehold.receipts;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.Queue;

/** The lines of a log's files, or of an export, one after another; in constant memory. */
final class LineReader implements AutoCloseable {

  private static final int BUFFER_BYTES = 65_536;

  private final Queue<Path> files;
  private final byte[] buffer = new byte[BUFFER_BYTES];
  private int position;
  private int limit;
  private InputStream in;
  private String file;
  private long number;
  private long offset;

  /**
   * One line as it stands.
   *
   * @param bytes without the newline; of one that is too long, only the beginning
   * @param number from 1 within the file
   * @param offset of its first byte within the file
   * @param whole whether a newline ends it
   * @param lastFile whether no other file follows
   */
  // A record of one pass, never compared.
  @SuppressWarnings("ArrayRecordComponent")
  record Line(
      byte[] bytes, String file, long number, long offset, boolean whole, boolean lastFile) {

    String place() {
      return file + " line " + number;
    }
  }

  private LineReader(List<Path> files) {
    this.files = new ArrayDeque<>(files);
  }

  static LineReader of(List<Path> files) {
    return new LineReader(files);
  }

  /** Reads a stream that somebody else closes. */
  static LineReader of(InputStream in, String name) {
    LineReader reader = new LineReader(List.of());
    reader.in = in;
    reader.file = name;
    return reader;
  }

  Optional<Line> next() throws IOException {
    while (in != null || !files.isEmpty()) {
      if (in == null) {
        Path path = files.remove();
        in = Files.newInputStream(path);
        file = path.getFileName().toString();
        number = 0;
        offset = 0;
      }
      Optional<Line> line = read();
      if (line.isPresent()) {
        return line;
      }
      in.close();
      in = null;
    }
    return Optional.empty();
  }

  private Optional<Line> read() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(1_024);
    long start = offset;
    boolean whole = false;
    while (!whole && bytes.size() <= LineFormat.LINE_BYTES_MAX && fill()) {
      int end = position;
      while (end < limit && buffer[end] != '\n') {
        end++;
      }
      whole = end < limit;
      bytes.write(buffer, position, end - position);
      offset += end - position + (whole ? 1 : 0);
      position = whole ? end + 1 : end;
    }
    if (!whole && bytes.size() == 0) {
      return Optional.empty();
    }
    number++;
    return Optional.of(new Line(bytes.toByteArray(), file, number, start, whole, files.isEmpty()));
  }

  /** Whether there is a byte at the position. */
  private boolean fill() throws IOException {
    if (position == limit) {
      position = 0;
      limit = Math.max(0, in.read(buffer));
    }
    return limit > 0;
  }

  @Override
  public void close() throws IOException {
    if (in != null) {
      in.close();
    }
  }
}
