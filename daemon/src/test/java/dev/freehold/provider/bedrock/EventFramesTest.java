package dev.freehold.provider.bedrock;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.freehold.provider.remote.BrokenAnswer;
import java.io.ByteArrayInputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;

/** Frames as AWS's library writes them, and frames that are damaged. */
class EventFramesTest {

  private static EventFrames reading(byte[] bytes) {
    return new EventFrames(new ByteArrayInputStream(bytes));
  }

  @Test
  void framesOfAwsLibraryAreRead() throws Exception {
    EventFrames frames = reading(new Frames().event("a", "{\"x\":1}").exception("b", "{}").bytes());
    assertTrue(frames.advance());
    assertEquals("event", frames.header(":message-type"));
    assertEquals("a", frames.header(":event-type"));
    assertArrayEquals("{\"x\":1}".getBytes(StandardCharsets.UTF_8), frames.payload());
    assertTrue(frames.advance());
    assertEquals("b", frames.header(":exception-type"));
    assertEquals("", frames.header("none"));
    assertFalse(frames.advance());
  }

  @Test
  void everyCutIsSeen() throws Exception {
    byte[] whole = new Frames().event("a", "{\"x\":1}").bytes();
    for (int length = 1; length < whole.length; length++) {
      EventFrames frames = reading(Arrays.copyOf(whole, length));
      assertThrows(BrokenAnswer.class, frames::advance);
    }
  }

  @Test
  void everyFlippedBitIsSeen() {
    byte[] whole = new Frames().event("a", "{\"x\":1}").bytes();
    for (int bit = 0; bit < whole.length * 8; bit++) {
      byte[] damaged = whole.clone();
      damaged[bit / 8] ^= (byte) (1 << (bit % 8));
      EventFrames frames = reading(damaged);
      assertThrows(BrokenAnswer.class, frames::advance);
    }
  }

  /** The sums are right and the lengths are not. */
  @Test
  void lengthsThatCannotBeAreRefusedBeforeAnythingIsTakenIn() {
    for (int[] lengths :
        new int[][] {
          {0, 0},
          {15, 0},
          {-1, 0},
          {Integer.MAX_VALUE, 0},
          {16, 1},
          {16, -1},
          {100, 85},
          {EventFrames.FRAME_BYTES_MAX + 1, 0}
        }) {
      ByteBuffer prelude = ByteBuffer.allocate(200).putInt(lengths[0]).putInt(lengths[1]);
      CRC32 crc = new CRC32();
      crc.update(prelude.array(), 0, 8);
      prelude.putInt((int) crc.getValue());
      EventFrames frames = reading(prelude.array());
      assertThrows(BrokenAnswer.class, frames::advance);
    }
  }

  /** Headers of any bytes, under sums that are right. */
  @Test
  void noHeadersMakeItFallOver() throws Exception {
    long seed = new Random().nextLong();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    for (int i = 0; i < 20_000; i++) {
      byte[] headers = new byte[random.nextInt(40)];
      random.nextBytes(headers);
      if (headers.length > 2 && random.nextBoolean()) {
        headers[0] = 1;
        headers[2] = (byte) random.nextInt(11);
      }
      try {
        assertTrue(reading(frame(headers)).advance(), "seed " + seed);
      } catch (BrokenAnswer e) {
        // As it should be.
      }
    }
  }

  private static byte[] frame(byte[] headers) {
    int length = headers.length + 16;
    ByteBuffer frame = ByteBuffer.allocate(length).putInt(length).putInt(headers.length);
    CRC32 crc = new CRC32();
    crc.update(frame.array(), 0, 8);
    frame.putInt((int) crc.getValue()).put(headers);
    crc.reset();
    crc.update(frame.array(), 0, length - 4);
    return frame.putInt((int) crc.getValue()).array();
  }
}
