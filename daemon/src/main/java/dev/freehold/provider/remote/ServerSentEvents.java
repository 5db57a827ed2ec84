package dev.freehold.provider.remote;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/**
 * Reads server-sent events from a byte stream, one {@code data} payload at a time. Comments and
 * other fields are passed over. Line, event and stream each have a bound, since the other side
 * decides what it sends.
 */
public final class ServerSentEvents {

  /** Bytes of one event's data, which bounds a line as well. */
  public static final int EVENT_BYTES_MAX = 1 << 20;

  /** Bytes of one whole stream. */
  static final long STREAM_BYTES_MAX = 64L << 20;

  /**
   * What one read asks for: little at first, since the HTTP client sets as much aside each time.
   */
  private static final int READ_BYTES_MIN = 512;

  private static final int READ_BYTES_MAX = 8 * 1024;

  private static final byte[] DATA = {'d', 'a', 't', 'a', ':'};

  private final InputStream in;
  private byte[] buffer = new byte[READ_BYTES_MIN];
  private int position;
  private int limit;
  private long total;

  private byte[] line = new byte[1024];
  private int lineLength;
  private boolean skipLineFeed;

  private byte[] event = new byte[1024];
  private int eventLength;

  public ServerSentEvents(InputStream in) {
    this.in = in;
  }

  /**
   * Reads up to the next event that has data. An event that the end of the stream cuts off is
   * dropped, as the format's definition asks.
   *
   * @return false at the end of the stream
   * @throws IOException if a bound is passed or reading fails
   */
  public boolean advance() throws IOException {
    eventLength = 0;
    boolean hasData = false;
    while (readLine()) {
      if (lineLength == 0) {
        if (hasData) {
          return true;
        }
      } else if (isData()) {
        append(hasData);
        hasData = true;
      }
    }
    return false;
  }

  /** The event's data, valid up to {@link #length} and until the next {@link #advance}. */
  public byte[] data() {
    return event;
  }

  public int length() {
    return eventLength;
  }

  private boolean isData() {
    return lineLength >= DATA.length && Arrays.equals(line, 0, DATA.length, DATA, 0, DATA.length);
  }

  private void append(boolean continued) throws IOException {
    int start = DATA.length;
    if (start < lineLength && line[start] == ' ') {
      start++;
    }
    int length = lineLength - start;
    if (eventLength + length + 1 > EVENT_BYTES_MAX) {
      throw new IOException("an event is longer than %d bytes".formatted(EVENT_BYTES_MAX));
    }
    event = grown(event, eventLength + length + 1);
    if (continued) {
      event[eventLength++] = '\n';
    }
    System.arraycopy(line, start, event, eventLength, length);
    eventLength += length;
  }

  /** A line ends with CR, LF or both. */
  private boolean readLine() throws IOException {
    lineLength = 0;
    while (true) {
      if (position == limit && !fill()) {
        return false;
      }
      byte b = buffer[position++];
      if (b == '\n') {
        if (skipLineFeed) {
          skipLineFeed = false;
          continue;
        }
        return true;
      }
      skipLineFeed = b == '\r';
      if (b == '\r') {
        return true;
      }
      if (lineLength == EVENT_BYTES_MAX) {
        throw new IOException("a line is longer than %d bytes".formatted(EVENT_BYTES_MAX));
      }
      line = grown(line, lineLength + 1);
      line[lineLength++] = b;
    }
  }

  private boolean fill() throws IOException {
    if (limit == buffer.length && limit < READ_BYTES_MAX) {
      buffer = new byte[2 * limit];
    }
    int read = in.read(buffer, 0, buffer.length);
    if (read <= 0) {
      return false;
    }
    total += read;
    if (total > STREAM_BYTES_MAX) {
      throw new IOException("the stream is longer than %d bytes".formatted(STREAM_BYTES_MAX));
    }
    position = 0;
    limit = read;
    return true;
  }

  private static byte[] grown(byte[] array, int needed) {
    return needed <= array.length
        ? array
        : Arrays.copyOf(array, Math.min(EVENT_BYTES_MAX + 1, Math.max(needed, array.length * 2)));
  }
}
