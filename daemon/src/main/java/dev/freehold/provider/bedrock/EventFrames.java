package dev.freehold.provider.bedrock;

import dev.freehold.provider.remote.BrokenAnswer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.zip.CRC32;

/**
 * Reads AWS's event stream: frames of a length, headers and a payload, each part under a CRC-32.
 * The length is believed only once its own checksum was found right, and only up to a bound.
 */
final class EventFrames {

  /** Bytes of one frame. */
  static final int FRAME_BYTES_MAX = 1 << 20;

  /** Bytes of one whole stream. */
  static final long STREAM_BYTES_MAX = 64L << 20;

  private static final int PRELUDE_BYTES = 8;
  private static final int CRC_BYTES = 4;
  private static final int OVERHEAD_BYTES = PRELUDE_BYTES + 2 * CRC_BYTES;
  private static final int STRING = 7;

  private final InputStream in;
  private long total;
  private Map<String, String> headers = Map.of();
  private byte[] payload = new byte[0];

  EventFrames(InputStream in) {
    this.in = in;
  }

  /**
   * Reads the next frame.
   *
   * @return false if the stream ended before it
   */
  boolean advance() throws IOException, BrokenAnswer {
    byte[] prelude = in.readNBytes(PRELUDE_BYTES + CRC_BYTES);
    if (prelude.length == 0) {
      return false;
    }
    requireWhole(prelude.length == PRELUDE_BYTES + CRC_BYTES);
    ByteBuffer lengths = ByteBuffer.wrap(prelude);
    int length = lengths.getInt();
    int headersLength = lengths.getInt();
    requireSum(crc(prelude, PRELUDE_BYTES, new byte[0], 0) == lengths.getInt());
    if (length < OVERHEAD_BYTES
        || length > FRAME_BYTES_MAX
        || headersLength < 0
        || headersLength > length - OVERHEAD_BYTES) {
      throw new BrokenAnswer(
          "sent an event of other lengths than %d to %d bytes"
              .formatted(OVERHEAD_BYTES, FRAME_BYTES_MAX));
    }
    total += length;
    if (total > STREAM_BYTES_MAX) {
      throw new BrokenAnswer("sent more than %d bytes".formatted(STREAM_BYTES_MAX));
    }
    byte[] rest = in.readNBytes(length - prelude.length);
    requireWhole(rest.length == length - prelude.length);
    int summed = rest.length - CRC_BYTES;
    requireSum(crc(prelude, prelude.length, rest, summed) == ByteBuffer.wrap(rest).getInt(summed));
    headers = headers(ByteBuffer.wrap(rest, 0, headersLength));
    payload = new byte[summed - headersLength];
    System.arraycopy(rest, headersLength, payload, 0, payload.length);
    return true;
  }

  /** A header of the frame that holds text; empty if there is none. */
  String header(String name) {
    return headers.getOrDefault(name, "");
  }

  byte[] payload() {
    return payload;
  }

  private static Map<String, String> headers(ByteBuffer bytes) throws BrokenAnswer {
    Map<String, String> headers = new HashMap<>();
    while (bytes.hasRemaining()) {
      String name = text(bytes, bytes.get() & 0xff);
      requireWhole(bytes.hasRemaining());
      int type = bytes.get();
      if (type == STRING) {
        headers.put(name, text(bytes, length(bytes)));
      } else {
        skip(bytes, type);
      }
    }
    return headers;
  }

  /** True and false, numbers of 1, 2, 4 and 8 bytes, bytes, text, a time, a UUID. */
  private static void skip(ByteBuffer bytes, int type) throws BrokenAnswer {
    int length =
        switch (type) {
          case 0, 1 -> 0;
          case 2 -> 1;
          case 3 -> 2;
          case 4 -> 4;
          case 5, 8 -> 8;
          case 6 -> length(bytes);
          case 9 -> 16;
          default -> throw new BrokenAnswer("sent a header of an unknown type");
        };
    requireWhole(bytes.remaining() >= length);
    bytes.position(bytes.position() + length);
  }

  private static int length(ByteBuffer bytes) throws BrokenAnswer {
    requireWhole(bytes.remaining() >= Short.BYTES);
    return bytes.getShort() & 0xffff;
  }

  private static String text(ByteBuffer bytes, int length) throws BrokenAnswer {
    requireWhole(bytes.remaining() >= length);
    byte[] text = new byte[length];
    bytes.get(text);
    return new String(text, StandardCharsets.UTF_8);
  }

  private static int crc(byte[] first, int firstLength, byte[] second, int secondLength) {
    CRC32 crc = new CRC32();
    crc.update(first, 0, firstLength);
    crc.update(second, 0, secondLength);
    return (int) crc.getValue();
  }

  private static void requireWhole(boolean whole) throws BrokenAnswer {
    if (!whole) {
      throw new BrokenAnswer("broke off within an event");
    }
  }

  private static void requireSum(boolean right) throws BrokenAnswer {
    if (!right) {
      throw new BrokenAnswer("sent an event whose checksum is wrong");
    }
  }
}
