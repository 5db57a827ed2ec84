package dev.freehold.models.gguf;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Writes a GGUF file, version 3: metadata and tensors in the order in which they were added. The
 * format is described in ggml's {@code docs/gguf.md}; it is little-endian throughout.
 */
public final class GgufWriter {

  private static final int MAGIC = 0x46554747;
  private static final int VERSION = 3;

  /** Where no metadata says otherwise, tensors begin at multiples of this. */
  private static final int ALIGNMENT_BYTES = 32;

  /** The length that ggml keeps for a tensor's name, less the zero that ends it. */
  private static final int NAME_BYTES_MAX = 63;

  private static final int DIMENSIONS_MAX = 4;
  private static final int CHUNK_NUMBERS = 1 << 14;

  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final Map<String, GgufValue> metadata = new LinkedHashMap<>();
  private final Map<String, Tensor> tensors = new LinkedHashMap<>();

  private record Tensor(TensorType type, List<Long> extents, MemorySegment float32) {

    long numbers() {
      return float32.byteSize() / Float.BYTES;
    }

    long bytes() {
      return numbers() * type.bytes();
    }
  }

  /** Adds a key that is not yet there. */
  public GgufWriter put(String key, GgufValue value) {
    if (metadata.putIfAbsent(key, Objects.requireNonNull(value, key)) != null) {
      throw new IllegalArgumentException("The metadata has " + key + " already.");
    }
    return this;
  }

  public GgufWriter put(String key, String text) {
    return put(key, new GgufValue.Text(text));
  }

  /** As an unsigned number of 32 bits, which is what nearly every count is. */
  public GgufWriter put(String key, int count) {
    return put(key, new GgufValue.Uint32(count));
  }

  public GgufWriter put(String key, float number) {
    return put(key, new GgufValue.Float32(number));
  }

  public GgufWriter put(String key, boolean truth) {
    return put(key, new GgufValue.Bool(truth));
  }

  /**
   * Adds a tensor.
   *
   * @param type what its numbers are rounded to in the file
   * @param extents as ggml counts them: the one whose neighbours are adjacent comes first
   * @param float32 its numbers as little-endian 32-bit floats, read when the file is written
   */
  public GgufWriter tensor(
      String name, TensorType type, List<Long> extents, MemorySegment float32) {
    if (name.getBytes(StandardCharsets.UTF_8).length > NAME_BYTES_MAX) {
      throw new IllegalArgumentException(
          "Expected a tensor's name of at most %d bytes, found %s."
              .formatted(NAME_BYTES_MAX, name));
    }
    if (extents.isEmpty() || extents.size() > DIMENSIONS_MAX) {
      throw new IllegalArgumentException(
          "Tensor %s: expected 1 to %d dimensions, found %d."
              .formatted(name, DIMENSIONS_MAX, extents.size()));
    }
    long numbers = extents.stream().reduce(1L, Math::multiplyExact);
    if (float32.byteSize() != Math.multiplyExact(numbers, Float.BYTES)) {
      throw new IllegalArgumentException(
          "Tensor %s: expected %d numbers for %s, found %d bytes."
              .formatted(name, numbers, extents, float32.byteSize()));
    }
    if (tensors.putIfAbsent(name, new Tensor(type, List.copyOf(extents), float32)) != null) {
      throw new IllegalArgumentException("There is a tensor " + name + " already.");
    }
    return this;
  }

  /** Writes the file, replacing one that is there. */
  public void write(Path file) throws IOException {
    try (Out out = new Out(Files.newOutputStream(file))) {
      out.int32(MAGIC);
      out.int32(VERSION);
      out.int64(tensors.size());
      out.int64(metadata.size());
      for (Map.Entry<String, GgufValue> entry : metadata.entrySet()) {
        out.text(entry.getKey());
        out.typed(entry.getValue());
      }
      long offset = 0;
      for (Map.Entry<String, Tensor> entry : tensors.entrySet()) {
        Tensor tensor = entry.getValue();
        out.text(entry.getKey());
        out.int32(tensor.extents().size());
        for (long extent : tensor.extents()) {
          out.int64(extent);
        }
        out.int32(tensor.type().code());
        out.int64(offset);
        offset = aligned(offset + tensor.bytes());
      }
      out.align();
      for (Tensor tensor : tensors.values()) {
        out.numbers(tensor);
        out.align();
      }
    }
  }

  private static long aligned(long offset) {
    return Math.ceilDiv(offset, ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
  }

  /** The file being written, which knows how long it is. */
  private static final class Out implements AutoCloseable {

    private final OutputStream stream;
    private final ByteBuffer scratch =
        ByteBuffer.allocate(CHUNK_NUMBERS * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    private long position;

    Out(OutputStream stream) {
      this.stream = new BufferedOutputStream(stream);
    }

    void typed(GgufValue value) throws IOException {
      switch (value) {
        case GgufValue.Uint32(int bits) -> {
          int32(Code.UINT32);
          int32(bits);
        }
        case GgufValue.Int32(int number) -> {
          int32(Code.INT32);
          int32(number);
        }
        case GgufValue.Float32(float number) -> {
          int32(Code.FLOAT32);
          int32(Float.floatToRawIntBits(number));
        }
        case GgufValue.Bool(boolean truth) -> {
          int32(Code.BOOL);
          bytes(new byte[] {(byte) (truth ? 1 : 0)});
        }
        case GgufValue.Text(String text) -> {
          int32(Code.STRING);
          text(text);
        }
        case GgufValue.Texts(List<String> texts) -> {
          array(Code.STRING, texts.size());
          for (String text : texts) {
            text(text);
          }
        }
        case GgufValue.Int32s(List<Integer> numbers) -> {
          array(Code.INT32, numbers.size());
          for (int number : numbers) {
            int32(number);
          }
        }
        case GgufValue.Float32s(List<Float> numbers) -> {
          array(Code.FLOAT32, numbers.size());
          for (float number : numbers) {
            int32(Float.floatToRawIntBits(number));
          }
        }
      }
    }

    private void array(int elementCode, int size) throws IOException {
      int32(Code.ARRAY);
      int32(elementCode);
      int64(size);
    }

    void text(String text) throws IOException {
      byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
      int64(utf8.length);
      bytes(utf8);
    }

    void int32(int value) throws IOException {
      scratch.clear().putInt(value);
      flushScratch();
    }

    void int64(long value) throws IOException {
      scratch.clear().putLong(value);
      flushScratch();
    }

    void align() throws IOException {
      bytes(new byte[(int) (aligned(position) - position)]);
    }

    void numbers(Tensor tensor) throws IOException {
      for (long from = 0; from < tensor.numbers(); from += CHUNK_NUMBERS) {
        long to = Math.min(from + CHUNK_NUMBERS, tensor.numbers());
        scratch.clear();
        for (long i = from; i < to; i++) {
          float number = tensor.float32().get(FLOAT, i * Float.BYTES);
          switch (tensor.type()) {
            case F32 -> scratch.putFloat(number);
            case F16 -> scratch.putShort(Float.floatToFloat16(number));
          }
        }
        flushScratch();
      }
    }

    private void flushScratch() throws IOException {
      stream.write(scratch.array(), 0, scratch.position());
      position += scratch.position();
    }

    private void bytes(byte[] bytes) throws IOException {
      stream.write(bytes);
      position += bytes.length;
    }

    @Override
    public void close() throws IOException {
      stream.close();
    }
  }

  /** The numbers that stand for the types of metadata in the file. */
  private static final class Code {
    static final int UINT32 = 4;
    static final int INT32 = 5;
    static final int FLOAT32 = 6;
    static final int BOOL = 7;
    static final int STRING = 8;
    static final int ARRAY = 9;

    private Code() {}
  }
}
