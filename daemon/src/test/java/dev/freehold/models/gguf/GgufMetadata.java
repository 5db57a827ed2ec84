package dev.freehold.models.gguf;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** What a GGUF file says of itself, for files that are trusted already. */
public final class GgufMetadata {

  /** Metadata of files in use has a few megabytes. */
  private static final long HEAD_BYTES_MAX = 64L << 20;

  private final ByteBuffer head;

  private GgufMetadata(ByteBuffer head) {
    this.head = head.order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Reads all keys with their values, in the file's order. */
  public static Map<String, GgufValue> read(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file)) {
      ByteBuffer head =
          channel.map(FileChannel.MapMode.READ_ONLY, 0, Math.min(channel.size(), HEAD_BYTES_MAX));
      return new GgufMetadata(head).read();
    }
  }

  private Map<String, GgufValue> read() {
    head.position(2 * Integer.BYTES + Long.BYTES);
    long keys = head.getLong();
    Map<String, GgufValue> metadata = new LinkedHashMap<>();
    for (long i = 0; i < keys; i++) {
      metadata.put(text(), value(head.getInt()));
    }
    return metadata;
  }

  private GgufValue value(int type) {
    return switch (type) {
      case 4 -> new GgufValue.Uint32(head.getInt());
      case 5 -> new GgufValue.Int32(head.getInt());
      case 6 -> new GgufValue.Float32(head.getFloat());
      case 7 -> new GgufValue.Bool(head.get() != 0);
      case 8 -> new GgufValue.Text(text());
      case 9 -> array(head.getInt());
      default -> throw new IllegalStateException("metadata of type " + type + " is not known");
    };
  }

  private GgufValue array(int type) {
    int size = Math.toIntExact(head.getLong());
    return switch (type) {
      case 5 -> new GgufValue.Int32s(elements(size, head::getInt));
      case 6 -> new GgufValue.Float32s(elements(size, head::getFloat));
      case 8 -> new GgufValue.Texts(elements(size, this::text));
      default -> throw new IllegalStateException("arrays of type " + type + " are not known");
    };
  }

  private static <T> List<T> elements(int size, Supplier<T> next) {
    List<T> elements = new ArrayList<>(size);
    for (int i = 0; i < size; i++) {
      elements.add(next.get());
    }
    return elements;
  }

  private String text() {
    byte[] utf8 = new byte[Math.toIntExact(head.getLong())];
    head.get(utf8);
    return new String(utf8, StandardCharsets.UTF_8);
  }
}
