package dev.freehold.llama.tiny;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Random;
import javax.imageio.ImageIO;

/** Images of coloured squares, the same for the same seed. */
public final class TinyImages {

  private static final int SQUARE = 8;

  private TinyImages() {}

  public static byte[] png(int width, int height, long seed) {
    return write("png", width, height, seed);
  }

  public static byte[] jpeg(int width, int height, long seed) {
    return write("jpg", width, height, seed);
  }

  private static byte[] write(String format, int width, int height, long seed) {
    Random random = new Random(seed);
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < height; y += SQUARE) {
      for (int x = 0; x < width; x += SQUARE) {
        paint(image, x, y, random.nextInt(1 << 24));
      }
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      if (!ImageIO.write(image, format, out)) {
        throw new IllegalStateException("this JVM writes no " + format);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  private static void paint(BufferedImage image, int left, int top, int colour) {
    for (int y = top; y < Math.min(top + SQUARE, image.getHeight()); y++) {
      for (int x = left; x < Math.min(left + SQUARE, image.getWidth()); x++) {
        image.setRGB(x, y, colour);
      }
    }
  }
}
