package dev.freehold.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.freehold.engine.TextAssembler.Outcome;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TextAssemblerTest {

  private final TextRing ring = new TextRing();
  private final byte[] taken = new byte[TextRing.CAPACITY_BYTES];

  private TextAssembler assembler(String... stops) {
    byte[][] bytes = Arrays.stream(stops).map(stop -> stop.getBytes(UTF_8)).toArray(byte[][]::new);
    return new TextAssembler(ring, bytes);
  }

  private static Outcome append(TextAssembler assembler, String text) {
    return append(assembler, text.getBytes(UTF_8));
  }

  private static Outcome append(TextAssembler assembler, byte[] bytes) {
    return assembler.append(MemorySegment.ofArray(bytes), bytes.length);
  }

  private String taken() {
    return new String(taken, 0, ring.take(taken), UTF_8);
  }

  @Test
  void textWithoutStopsIsVisibleAtOnce() {
    TextAssembler assembler = assembler();
    assertEquals(Outcome.CONTINUE, append(assembler, "Hello"));
    assertEquals("Hello", taken());
  }

  @Test
  void stopTextAcrossThreePiecesIsLeftOut() {
    TextAssembler assembler = assembler("\n\nUser:");
    append(assembler, "done\n");
    assertEquals("done", taken());
    append(assembler, "\nUs");
    assertEquals("", taken());
    assertEquals(Outcome.STOPPED, append(assembler, "er: next"));
    assertEquals("", taken());
  }

  @Test
  void whatOnlyBeganLikeAStopTextIsShownAfterAll() {
    TextAssembler assembler = assembler("STOP");
    append(assembler, "a ST");
    assertEquals("a ", taken());
    append(assembler, "ART");
    assertEquals("START", taken());
  }

  @Test
  void heldBackTextIsShownWhenTheAnswerEnds() {
    TextAssembler assembler = assembler("STOP");
    append(assembler, "a STO");
    assembler.finish();
    assertEquals("a STO", taken());
  }

  @Test
  void completeStopWinsOverOneThatOnlyBegan() {
    TextAssembler assembler = assembler("abX", "b");
    assertEquals(Outcome.STOPPED, append(assembler, "ab"));
    assertEquals("a", taken());
  }

  @Test
  void characterSplitBetweenTokensIsShownWhole() {
    TextAssembler assembler = assembler();
    byte[] smile = "🙂".getBytes(UTF_8);
    append(assembler, Arrays.copyOfRange(smile, 0, 1));
    append(assembler, Arrays.copyOfRange(smile, 1, 3));
    assertEquals("", taken());
    append(assembler, Arrays.copyOfRange(smile, 3, 4));
    assertEquals("🙂", taken());
  }

  @Test
  void characterCutByTheEndBecomesTheReplacementCharacter() {
    TextAssembler assembler = assembler();
    append(assembler, "ok".getBytes(UTF_8));
    append(assembler, new byte[] {(byte) 0xF0, (byte) 0x9F});
    assembler.finish();
    assertEquals("ok\uFFFD", taken());
  }

  @Test
  void readerThatNeverReadsOverflowsAndNothingIsOverwritten() {
    TextAssembler assembler = assembler();
    byte[] block = new byte[TextRing.CAPACITY_BYTES / 4];
    Arrays.fill(block, (byte) 'x');
    for (int i = 0; i < 4; i++) {
      assertEquals(Outcome.CONTINUE, append(assembler, block));
    }
    assertEquals(Outcome.OVERFLOW, append(assembler, "y"));
    assertEquals(TextRing.CAPACITY_BYTES, ring.take(taken));
    assertEquals('x', taken[TextRing.CAPACITY_BYTES - 1]);
  }

  /** However the text falls into pieces, the reader sees the text up to the first stop. */
  @Test
  void anySplitIntoPiecesGivesTheSameText() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    List<String> alphabet = List.of("a", "b", "ab", "é", "🙂", "\n", "日本");
    for (int round = 0; round < 2_000; round++) {
      StringBuilder text = new StringBuilder();
      for (int i = random.nextInt(40); i >= 0; i--) {
        text.append(alphabet.get(random.nextInt(alphabet.size())));
      }
      String stop = alphabet.get(random.nextInt(alphabet.size())) + "b" + "é";
      assertSplit(text.toString(), stop, random, seed);
    }
  }

  private static void assertSplit(String text, String stop, Random random, long seed) {
    TextRing ring = new TextRing();
    byte[][] stops = {stop.getBytes(UTF_8)};
    TextAssembler assembler = new TextAssembler(ring, stops);
    byte[] into = new byte[TextRing.CAPACITY_BYTES];
    byte[] bytes = text.getBytes(UTF_8);
    StringBuilder seen = new StringBuilder();
    boolean stopped = false;
    for (int from = 0; from < bytes.length && !stopped; ) {
      int to = Math.min(bytes.length, from + 1 + random.nextInt(5));
      stopped = append(assembler, Arrays.copyOfRange(bytes, from, to)) == Outcome.STOPPED;
      int length = ring.take(into);
      String part = new String(into, 0, length, UTF_8);
      assertArrayEquals(Arrays.copyOf(into, length), part.getBytes(UTF_8), "a cut character");
      seen.append(part);
      from = to;
    }
    if (!stopped) {
      assembler.finish();
      seen.append(new String(into, 0, ring.take(into), UTF_8));
    }
    int end = text.indexOf(stop);
    String expected = end < 0 ? text : text.substring(0, end);
    assertEquals(expected, seen.toString(), "seed " + seed + " stop " + stop);
    assertTrue(stopped == (end >= 0), "seed " + seed);
  }
}
