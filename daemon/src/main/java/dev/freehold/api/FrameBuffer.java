package dev.freehold.api;

import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Bytes of one frame, in an array that the next frame reuses. */
final class FrameBuffer extends OutputStream {

  private byte[] bytes = new byte[1024];
  private int length;

  @Override
  public void write(int b) {
    ensure(1);
    bytes[length++] = (byte) b;
  }

  @Override
  public void write(byte[] source, int offset, int count) {
    ensure(count);
    System.arraycopy(source, offset, bytes, length, count);
    length += count;
  }

  @Override
  public void write(byte[] source) {
    write(source, 0, source.length);
  }

  void ascii(String text) {
    write(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  void reset() {
    length = 0;
  }

  byte[] array() {
    return bytes;
  }

  int length() {
    return length;
  }

  private void ensure(int more) {
    if (length + more > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(length + more, bytes.length * 2));
    }
  }
}
