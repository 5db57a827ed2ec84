package dev.freehold.llama.tiny;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;

/** Writes a GGUF file (version 3, ggml's docs/gguf.md) of numbers, texts and F32 tensors. */
public final class GgufWriter {

  private static final int VERSION = 3;
  private static final int ALIGNMENT = 32;
  private static final int TYPE_UINT32 = 4;
  private static final int TYPE_FLOAT32 = 6;
  private static final int TYPE_BOOL = 7;
  private static final int TYPE_STRING = 8;
  private static final int TYPE_ARRAY = 9;
  private static final int TENSOR_F32 = 0;

  private final Output keys = new Output();
  private final Output tensors = new Output();
  private final Output data = new Output();
  private final Random random;
  private int keyCount;
  private int tensorCount;

  /**
   * Begins a file.
   *
   * @param seed of the random weights
   */
  public GgufWriter(long seed) {
    this.random = new Random(seed);
  }

  public GgufWriter text(String key, String value) {
    begin(key, TYPE_STRING).string(value);
    return this;
  }

  public GgufWriter number(String key, int value) {
    begin(key, TYPE_UINT32).number(value);
    return this;
  }

  public GgufWriter number(String key, float value) {
    begin(key, TYPE_FLOAT32).number(Float.floatToIntBits(value));
    return this;
  }

  public GgufWriter flag(String key, boolean value) {
    begin(key, TYPE_BOOL).write(value ? 1 : 0);
    return this;
  }

  public GgufWriter numbers(String key, float... values) {
    Output out = begin(key, TYPE_ARRAY).number(TYPE_FLOAT32).longNumber(values.length);
    for (float value : values) {
      out.number(Float.floatToIntBits(value));
    }
    return this;
  }

  /**
   * Adds a tensor of random weights.
   *
   * @param shape ggml's order: the length of a row first
   */
  public GgufWriter weights(String name, float deviation, long... shape) {
    return tensor(name, () -> (float) (random.nextGaussian() * deviation), shape);
  }

  /** Adds a tensor with one value everywhere. */
  public GgufWriter constant(String name, float value, long... shape) {
    return tensor(name, () -> value, shape);
  }

  private interface Values {
    float next();
  }

  private GgufWriter tensor(String name, Values values, long... shape) {
    tensors.string(name).number(shape.length);
    long count = 1;
    for (long length : shape) {
      tensors.longNumber(length);
      count *= length;
    }
    tensors.number(TENSOR_F32).longNumber(data.size());
    for (long i = 0; i < count; i++) {
      data.number(Float.floatToIntBits(values.next()));
    }
    data.align();
    tensorCount++;
    return this;
  }

  public Path write(Path file) throws IOException {
    Output out = new Output();
    out.writeBytes("GGUF".getBytes(StandardCharsets.US_ASCII));
    out.number(VERSION).longNumber(tensorCount).longNumber(keyCount);
    out.writeBytes(keys.toByteArray());
    out.writeBytes(tensors.toByteArray());
    out.align();
    out.writeBytes(data.toByteArray());
    return Files.write(file, out.toByteArray());
  }

  private Output begin(String key, int type) {
    keyCount++;
    return keys.string(key).number(type);
  }

  /** Little-endian, as GGUF is. */
  private static final class Output extends ByteArrayOutputStream {

    Output number(int value) {
      return bytes(value, Integer.BYTES);
    }

    Output longNumber(long value) {
      return bytes(value, Long.BYTES);
    }

    Output string(String text) {
      byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
      longNumber(utf8.length).writeBytes(utf8);
      return this;
    }

    void align() {
      while (size() % ALIGNMENT != 0) {
        write(0);
      }
    }

    private Output bytes(long value, int count) {
      for (int i = 0; i < count; i++) {
        write((int) (value >>> (8 * i)));
      }
      return this;
    }
  }
}
