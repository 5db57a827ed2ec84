package dev.freehold.hardwaretests.benchmark;

import dev.freehold.hardwaretests.site.SiteException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * One connection that is kept over many requests, as close to the socket as it gets: the client is
 * the same for everyone who is measured, and should cost as little as it can. It belongs to one
 * thread.
 */
final class KeptConnection implements AutoCloseable {

  private static final int READ_TIMEOUT_MILLIS = 60_000;
  private static final int BODY_BYTES_MAX = 1 << 20;
  private static final String LENGTH = "\r\ncontent-length:";
  private static final String CHUNKED = "\r\ntransfer-encoding: chunked";

  /** Takes an answer's body as it arrives. */
  interface Body {
    void bytes(byte[] source, int from, int length, long nanos);
  }

  private final Socket socket;
  private final InputStream in;
  private final OutputStream out;
  private final byte[] buffer = new byte[32 * 1024];
  private int position;
  private int limit;
  private long readNanos;

  private final byte[] body = new byte[BODY_BYTES_MAX];
  private int bodyLength;
  private String head = "";

  KeptConnection(Socket socket) throws IOException {
    this.socket = socket;
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(READ_TIMEOUT_MILLIS);
    this.in = socket.getInputStream();
    this.out = socket.getOutputStream();
  }

  /** Asks, receives the whole answer, and returns how long that took. */
  long ask(byte[] request) throws IOException {
    bodyLength = 0;
    long startNanos = System.nanoTime();
    ask(
        request,
        (source, from, length, _) -> {
          System.arraycopy(source, from, body, bodyLength, length);
          bodyLength += length;
        });
    return System.nanoTime() - startNanos;
  }

  /** Asks, and hands the answer's body on as it arrives. */
  void ask(byte[] request, Body into) throws IOException {
    out.write(request);
    out.flush();
    readHead();
    if (!head.startsWith("http/1.1 200")) {
      throw new SiteException("Expected an answer, found: " + head);
    }
    int length = head.indexOf(LENGTH);
    if (length >= 0) {
      int from = length + LENGTH.length();
      take(Integer.parseInt(head.substring(from, head.indexOf('\r', from)).strip()), into);
    } else if (head.contains(CHUNKED)) {
      takeChunks(into);
    } else {
      throw new SiteException("Expected an answer whose end can be told, found: " + head);
    }
  }

  /** The last answer's status line and headers, in small letters. */
  String head() {
    return head;
  }

  /** Whether the last whole answer holds a text. */
  boolean answered(String text) {
    return new String(body, 0, bodyLength, StandardCharsets.UTF_8).contains(text);
  }

  private void readHead() throws IOException {
    int end = -1;
    int searched = position;
    while (end < 0) {
      for (; searched + 3 < limit && end < 0; searched++) {
        if (buffer[searched] == '\r'
            && buffer[searched + 1] == '\n'
            && buffer[searched + 2] == '\r'
            && buffer[searched + 3] == '\n') {
          end = searched;
        }
      }
      if (end < 0) {
        searched -= position;
        fill();
        searched += position;
      }
    }
    head =
        new String(buffer, position, end + 2 - position, StandardCharsets.ISO_8859_1)
            .toLowerCase(Locale.ROOT);
    position = end + 4;
  }

  private void takeChunks(Body into) throws IOException {
    while (true) {
      int length = chunkLength();
      take(length, into);
      expectLineEnd();
      if (length == 0) {
        return;
      }
    }
  }

  private int chunkLength() throws IOException {
    int length = 0;
    for (byte digit = next(); digit != '\r'; digit = next()) {
      length = length * 16 + Character.digit(digit, 16);
    }
    if (next() != '\n') {
      throw new SiteException("Expected a chunk's length, found something else.");
    }
    return length;
  }

  private void expectLineEnd() throws IOException {
    if (next() != '\r' || next() != '\n') {
      throw new SiteException("Expected the end of a chunk, found something else.");
    }
  }

  private byte next() throws IOException {
    if (position == limit) {
      fill();
    }
    return buffer[position++];
  }

  private void take(int length, Body into) throws IOException {
    int left = length;
    while (left > 0) {
      if (position == limit) {
        fill();
      }
      int here = Math.min(left, limit - position);
      into.bytes(buffer, position, here, readNanos);
      position += here;
      left -= here;
    }
  }

  /** What has not been taken stays, at the buffer's begin. */
  private void fill() throws IOException {
    System.arraycopy(buffer, position, buffer, 0, limit - position);
    limit -= position;
    position = 0;
    if (limit == buffer.length) {
      throw new SiteException("Expected headers below " + buffer.length + " bytes, found more.");
    }
    int read = in.read(buffer, limit, buffer.length - limit);
    readNanos = System.nanoTime();
    if (read < 0) {
      throw new EOFException("the connection was closed");
    }
    limit += read;
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException e) {
      // Whatever becomes of it, it is not used any more.
    }
  }
}
