package dev.freehold.llama;

import dev.freehold.llama.tiny.TinyImages;
import dev.freehold.llama.tiny.TinyProjector;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/**
 * Run in a JVM of its own: decodes images that are damaged at random, and some that are made to do
 * harm. Prints what became of them.
 */
final class DamagedImageProbe {

  private static final int ROUNDS = 400;

  private DamagedImageProbe() {}

  public static void main(String[] arguments) throws Exception {
    Random random = new Random(Long.parseLong(arguments[1]));
    Path file = TinyProjector.write(Path.of(arguments[0]).resolve("mmproj.gguf"), 576, 1);
    try (Model model = Models.load();
        Projector projector = Projector.load(file, model, 1, false)) {
      List<byte[]> whole =
          List.of(TinyImages.png(33, 21, 1), TinyImages.jpeg(48, 40, 2), TinyImages.png(200, 9, 3));
      int taken = 0;
      for (int i = 0; i < ROUNDS; i++) {
        taken += taken(projector, damaged(whole.get(i % whole.size()), random)) ? 1 : 0;
      }
      System.out.println("taken " + taken);
      System.out.println("bomb " + taken(projector, bomb()));
      System.out.println("survived");
    }
  }

  private static byte[] damaged(byte[] image, Random random) {
    byte[] bytes = image.clone();
    int flips = 1 + random.nextInt(6);
    for (int i = 0; i < flips; i++) {
      bytes[8 + random.nextInt(bytes.length - 8)] = (byte) random.nextInt(256);
    }
    return random.nextInt(4) == 0 ? Arrays.copyOf(bytes, 8 + random.nextInt(bytes.length)) : bytes;
  }

  /** A PNG of 16 by 16 pixels, as its header says, whose data unpacks to a gigabyte. */
  private static byte[] bomb() {
    ByteArrayOutputStream png = new ByteArrayOutputStream();
    png.writeBytes(new byte[] {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'});
    byte[] header = {0, 0, 0, 16, 0, 0, 0, 16, 8, 2, 0, 0, 0};
    chunk(png, "IHDR", header);
    Deflater deflater = new Deflater(Deflater.BEST_COMPRESSION);
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    byte[] zeros = new byte[1 << 20];
    byte[] out = new byte[1 << 16];
    for (int i = 0; i < 1 << 10; i++) {
      deflater.setInput(zeros);
      while (!deflater.needsInput()) {
        packed.write(out, 0, deflater.deflate(out));
      }
    }
    deflater.finish();
    while (!deflater.finished()) {
      packed.write(out, 0, deflater.deflate(out));
    }
    deflater.end();
    chunk(png, "IDAT", packed.toByteArray());
    chunk(png, "IEND", new byte[0]);
    return png.toByteArray();
  }

  private static void chunk(ByteArrayOutputStream png, String type, byte[] content) {
    byte[] bytes = new byte[12 + content.length];
    ByteBuffer chunk = ByteBuffer.wrap(bytes);
    chunk.putInt(content.length).put(type.getBytes(StandardCharsets.US_ASCII)).put(content);
    CRC32 check = new CRC32();
    check.update(bytes, 4, 4 + content.length);
    chunk.putInt((int) check.getValue());
    png.writeBytes(bytes);
  }

  private static boolean taken(Projector projector, byte[] image) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment text = arena.allocateFrom("M");
      try (VisionPrompt prompt = projector.tokenize(text, 1, "M", List.of(image), true);
          ImageEmbeddings embeddings = projector.encode(prompt, 0)) {
        return embeddings.tokens() > 0;
      } catch (LlamaException e) {
        return false;
      }
    }
  }
}
