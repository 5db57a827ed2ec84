package dev.freehold.llama;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Random;

/**
 * Run in a JVM of its own: loads files that are no good model, one after another, and prints how
 * each was refused. One line each: the case, a tab, the message.
 */
final class DamagedModelProbe {

  private static final int FLIPS = 60;
  private static final int METADATA_BYTES = 1_500_000;

  private DamagedModelProbe() {}

  public static void main(String[] arguments) throws IOException {
    Path directory = Path.of(arguments[0]);
    long seed = Long.parseLong(arguments[1]);
    Path file = directory.resolve("model.gguf");

    load("missing", directory.resolve("nowhere.gguf"));
    load("directory", directory);
    Files.write(file, new byte[0]);
    load("empty", file);
    Files.writeString(file, "PK\3\4 this is something else, though it is long enough");
    load("foreign", file);
    Files.write(file, new byte[] {'G', 'G', 'U', 'F', 3, 0, 0, 0});
    load("header only", file);
    Files.write(file, hostileHeader(Long.MAX_VALUE, 1));
    load("too many tensors", file);
    Files.write(file, hostileHeader(0, 1L << 40));
    load("too many keys", file);

    Files.copy(Models.smollm2(), file, StandardCopyOption.REPLACE_EXISTING);
    flipped(file, new Random(seed));
    cut(file);
    System.out.println("survived\t");
  }

  private static byte[] hostileHeader(long tensors, long keys) {
    return java.nio.ByteBuffer.allocate(64)
        .order(java.nio.ByteOrder.LITTLE_ENDIAN)
        .put(new byte[] {'G', 'G', 'U', 'F'})
        .putInt(3)
        .putLong(tensors)
        .putLong(keys)
        .array();
  }

  /** Damage that keeps the length: whatever happens, the process must be there afterwards. */
  private static void flipped(Path file, Random random) throws IOException {
    try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
      for (int i = 0; i < FLIPS; i++) {
        // Half of them in the first kilobytes, where counts, lengths and types stand closely.
        long at = random.nextInt(i % 2 == 0 ? 4_000 : METADATA_BYTES);
        bytes.seek(at);
        int before = bytes.read();
        bytes.seek(at);
        bytes.write(before ^ (1 << random.nextInt(8)));
        load("flipped at " + at, file);
        bytes.seek(at);
        bytes.write(before);
      }
    }
    load("restored", file);
  }

  private static void cut(Path file) throws IOException {
    long whole = Files.size(file);
    long[] lengths = {
      whole - 1,
      whole / 2,
      METADATA_BYTES * 2L,
      METADATA_BYTES,
      100_000,
      1_000,
      100,
      24,
      20,
      5,
      4,
      3
    };
    try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
      for (long length : lengths) {
        bytes.setLength(length);
        load("cut to " + length, file);
      }
    }
  }

  private static void load(String name, Path file) {
    String outcome;
    try (Model model = Model.load(file, ModelOptions.defaults())) {
      outcome = "loaded " + model.vocabularySize();
    } catch (LlamaException e) {
      outcome = e.getMessage();
    }
    System.out.println(name + "\t" + outcome.replace('\n', ' '));
    System.out.flush();
  }
}
