package dev.freehold.hardwaretests.benchmark;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.locks.LockSupport;

/**
 * A process that answers OpenAI's chat completions at once and always with the same words: what a
 * gateway adds is then the gateway's. A stream is given out whole, or at a pace if the question
 * says {@link #PACED}. A platform thread a connection, fixed bytes, nothing parsed that need not
 * be.
 *
 * <p>Argument: the file that tells pid and port once it serves.
 */
public final class MockUpstream {

  /** A question with this in it gets its stream at a pace. */
  static final String PACED = "[at a pace]";

  /** Pieces of an answer's text, each an event of a stream. */
  static final int WORDS = 16;

  /** Pieces of the answer that comes at a pace. */
  static final int PACED_WORDS = 64;

  /** Between two of them. */
  static final long PACE_NANOS = 20_000_000;

  private static final int CONNECTIONS_WAITING_MAX = 512;
  private static final int REQUEST_BYTES_MAX = 64 * 1024;
  private static final byte[] HEAD_END = bytes("\r\n\r\n");
  private static final byte[] LENGTH = bytes("content-length:");
  private static final byte[] STREAM = bytes("\"stream\":true");
  private static final byte[] STREAM_SPACED = bytes("\"stream\": true");

  private final byte[] whole = bytes(plain(wholeAnswer()));
  private final byte[] stream = bytes(streamHead() + chunks(0, WORDS) + streamEnd(WORDS));

  private MockUpstream() {}

  public static void main(String[] args) throws IOException {
    try (ServerSocket server = new ServerSocket()) {
      server.bind(
          new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), CONNECTIONS_WAITING_MAX);
      Path ready = Path.of(args[0]);
      Path staged = ready.resolveSibling(ready.getFileName() + ".new");
      Files.writeString(
          staged,
          "{\"pid\":%d,\"port\":%d}"
              .formatted(ProcessHandle.current().pid(), server.getLocalPort()));
      Files.move(staged, ready, StandardCopyOption.ATOMIC_MOVE);
      MockUpstream mock = new MockUpstream();
      while (true) {
        Socket socket = server.accept();
        Thread.ofPlatform().daemon().start(() -> mock.serve(socket));
      }
    }
  }

  /** The text of the n-th piece. */
  static String word(int n) {
    return "w%02d ".formatted(n);
  }

  private void serve(Socket socket) {
    try (socket) {
      socket.setTcpNoDelay(true);
      InputStream in = socket.getInputStream();
      OutputStream out = socket.getOutputStream();
      byte[] buffer = new byte[REQUEST_BYTES_MAX];
      while (true) {
        int length = read(in, buffer);
        if (length == 0) {
          return;
        }
        if (!contains(buffer, length, STREAM) && !contains(buffer, length, STREAM_SPACED)) {
          out.write(whole);
        } else if (contains(buffer, length, bytes(PACED))) {
          streamAtPace(out);
        } else {
          out.write(stream);
        }
      }
    } catch (IOException e) {
      // The gateway has closed its connection: it may.
    }
  }

  /** Each piece is due at a time of its own, so that a late one does not move the others. */
  private static void streamAtPace(OutputStream out) throws IOException {
    out.write(bytes(streamHead()));
    long startNanos = System.nanoTime();
    for (int n = 0; n < PACED_WORDS; n++) {
      long dueNanos = startNanos + n * PACE_NANOS;
      for (long left = 1; left > 0; left = dueNanos - System.nanoTime()) {
        LockSupport.parkNanos(dueNanos - System.nanoTime());
      }
      out.write(bytes(chunks(n, n + 1)));
    }
    out.write(bytes(streamEnd(PACED_WORDS)));
  }

  /** Reads one request; zero bytes if there is none any more. */
  private static int read(InputStream in, byte[] buffer) throws IOException {
    int length = 0;
    int head = -1;
    int total = Integer.MAX_VALUE;
    while (length < total) {
      int read = in.read(buffer, length, buffer.length - length);
      if (read <= 0) {
        if (length == 0) {
          return 0;
        }
        throw new EOFException("the request broke off");
      }
      length += read;
      if (head < 0) {
        head = indexOf(buffer, length, HEAD_END);
        if (head >= 0) {
          total = head + HEAD_END.length + contentLength(buffer, head);
        }
      }
    }
    return length;
  }

  private static int contentLength(byte[] buffer, int head) {
    int at = indexOf(buffer, head, LENGTH) + LENGTH.length;
    int length = 0;
    for (int i = at; i < head && buffer[i] != '\r'; i++) {
      length = buffer[i] == ' ' ? length : length * 10 + buffer[i] - '0';
    }
    return length;
  }

  private static boolean contains(byte[] buffer, int length, byte[] sought) {
    return indexOf(buffer, length, sought) >= 0;
  }

  /** The sought text is in small letters; what is searched may be in any. */
  private static int indexOf(byte[] buffer, int length, byte[] sought) {
    for (int i = 0; i <= length - sought.length; i++) {
      int matched = 0;
      while (matched < sought.length && small(buffer[i + matched]) == sought[matched]) {
        matched++;
      }
      if (matched == sought.length) {
        return i;
      }
    }
    return -1;
  }

  private static byte small(byte letter) {
    return letter >= 'A' && letter <= 'Z' ? (byte) (letter + 'a' - 'A') : letter;
  }

  private static String wholeAnswer() {
    StringBuilder text = new StringBuilder();
    for (int n = 0; n < WORDS; n++) {
      text.append(word(n));
    }
    return """
    {"id":"chatcmpl-mock","object":"chat.completion","created":1790000000,"model":"assistant",\
    "choices":[{"index":0,"message":{"role":"assistant","content":"%s"},"logprobs":null,\
    "finish_reason":"stop"}],"usage":%s}\
    """
        .formatted(text, usage(WORDS));
  }

  private static String usage(int words) {
    return "{\"prompt_tokens\":64,\"completion_tokens\":%d,\"total_tokens\":%d}"
        .formatted(words, 64 + words);
  }

  private static String plain(String body) {
    return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
        .formatted(body.length(), body);
  }

  private static String streamHead() {
    return "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\n"
        + "Transfer-Encoding: chunked\r\n\r\n"
        + event("{\"role\":\"assistant\",\"content\":\"\"}", "null", "null");
  }

  private static String chunks(int from, int to) {
    StringBuilder events = new StringBuilder();
    for (int n = from; n < to; n++) {
      events.append(event("{\"content\":\"" + word(n) + "\"}", "null", "null"));
    }
    return events.toString();
  }

  private static String streamEnd(int words) {
    return event("{}", "\"stop\"", usage(words)) + chunk("data: [DONE]\n\n") + "0\r\n\r\n";
  }

  private static String event(String delta, String reason, String usage) {
    return chunk(
        """
        data: {"id":"chatcmpl-mock","object":"chat.completion.chunk","created":1790000000,\
        "model":"assistant","choices":[{"index":0,"delta":%s,"logprobs":null,\
        "finish_reason":%s}],"usage":%s}

        """
            .formatted(delta, reason, usage));
  }

  private static String chunk(String text) {
    return Integer.toHexString(text.length()) + "\r\n" + text + "\r\n";
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
