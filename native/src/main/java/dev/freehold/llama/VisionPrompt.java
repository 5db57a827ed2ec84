package dev.freehold.llama;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;

/**
 * A prompt's text and images as one row of tokens. Immutable, usable from any thread.
 *
 * <p>Where an image stands, the tokens are negative, which no vocabulary has, and made of a hash of
 * the prompt's images: two prompts whose tokens are equal up to some place are the same up to it.
 */
public final class VisionPrompt implements AutoCloseable {

  private final long address;
  private final Lifetime lifetime;
  private final int[] tokens;
  private final List<ImageSpan> spans;

  VisionPrompt(long address, List<byte[]> images) {
    this.address = address;
    this.lifetime = new Lifetime("the prompt with images", () -> VisionCalls.promptFree(address));
    try (CallFrame frame = new CallFrame()) {
      this.tokens = read(frame, VisionCalls.promptTokens(address, frame.pointer()));
      this.spans = spans(read(frame, 3 * VisionCalls.promptSpans(address, frame.pointer())));
    }
    fingerprint(images);
  }

  private static int[] read(CallFrame frame, int count) {
    MemorySegment numbers = frame.pointer().get(ADDRESS, 0);
    return count == 0
        ? new int[0]
        : numbers.reinterpret((long) count * Integer.BYTES).toArray(JAVA_INT);
  }

  private static List<ImageSpan> spans(int[] numbers) {
    List<ImageSpan> spans = new ArrayList<>();
    for (int i = 0; i < numbers.length; i += 3) {
      spans.add(new ImageSpan(numbers[i], numbers[i + 1], numbers[i + 2]));
    }
    return List.copyOf(spans);
  }

  private void fingerprint(List<byte[]> images) {
    MessageDigest hash = sha256();
    for (byte[] image : images) {
      hash.update(ByteBuffer.allocate(Integer.BYTES).putInt(image.length).array());
      hash.update(image);
    }
    ByteBuffer words = ByteBuffer.wrap(hash.digest());
    int count = words.capacity() / Integer.BYTES;
    for (ImageSpan span : spans) {
      for (int i = span.start(); i < span.end(); i++) {
        tokens[i] = words.getInt(i % count * Integer.BYTES) | Integer.MIN_VALUE;
      }
    }
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this JVM has no SHA-256", e);
    }
  }

  /** How many tokens it has, images included. */
  public int size() {
    return tokens.length;
  }

  /** The images' places, in order. */
  public List<ImageSpan> spans() {
    return spans;
  }

  /** A copy of the tokens, which the caller closes. */
  public TokenBuffer tokens() {
    return TokenBuffer.of(tokens);
  }

  Lifetime lifetime() {
    return lifetime;
  }

  long address() {
    return address;
  }

  @Override
  public void close() {
    lifetime.close();
  }
}
