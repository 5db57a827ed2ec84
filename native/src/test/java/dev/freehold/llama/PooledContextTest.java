package dev.freehold.llama;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** A model of text, pooled by force: what is tested is the machinery, not the vectors' worth. */
class PooledContextTest {

  private static final int BATCH_TOKENS = 256;
  private static final int SEQUENCES = 4;
  private static final List<String> TEXTS =
      List.of("The cat sleeps.", "Accounts are due on the first of March.", "Hello");

  private final Model model = Models.shared();

  @Test
  void modelOfTextSaysThatItPoolsNothing() {
    assertEquals(Pooling.NONE, model.pooling());
    assertEquals(576, model.embeddingLength());
    assertEquals(-1, model.sepToken());
    assertTrue(!model.addsSep());
  }

  @Test
  void sequencesOfOneBatchGetTheVectorsThatTheyGetAlone() {
    for (Pooling pooling : List.of(Pooling.MEAN, Pooling.LAST, Pooling.CLS)) {
      try (Context context = pooled(pooling);
          TokenPack pack = pack()) {
        List<float[]> together = vectors(context, pack, List.of(0, 1, 2));
        for (int i = 0; i < TEXTS.size(); i++) {
          float[] alone = vectors(context, pack, List.of(i)).getFirst();
          assertEquals(1, cosine(alone, together.get(i)), 1e-4, pooling + " " + i);
        }
        // Causal attention shows the first token nothing but itself, and these begin differently.
        assertTrue(cosine(together.get(0), together.get(1)) < 0.999, pooling.toString());
      }
    }
  }

  @Test
  void vectorsAreReadWithoutAllocatingThemOnTheHeap() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long id = Thread.currentThread().threadId();
    try (Context context = pooled(Pooling.MEAN);
        TokenPack pack = pack();
        Arena arena = Arena.ofConfined()) {
      MemorySegment vector = arena.allocate(JAVA_FLOAT, model.embeddingLength());
      vectors(context, pack, List.of(0));
      for (int i = 0; i < 20_000; i++) {
        context.embeddings(0, vector);
      }
      long before = threads.getThreadAllocatedBytes(id);
      for (int i = 0; i < 1_000; i++) {
        context.embeddings(0, vector);
      }
      long perVector = (threads.getThreadAllocatedBytes(id) - before) / 1_000;
      assertTrue(perVector <= 256, perVector + " bytes of heap for each vector");
    }
  }

  @Test
  void vectorsThatAreNotThereAreRefused() {
    try (Context context = pooled(Pooling.MEAN);
        TokenPack pack = pack();
        Arena arena = Arena.ofConfined()) {
      MemorySegment vector = arena.allocate(JAVA_FLOAT, model.embeddingLength());
      vectors(context, pack, List.of(0));
      refused("gave no vector for sequence 2", () -> context.embeddings(2, vector));
      refused("sequence 9 does not exist", () -> context.embeddings(9, vector));
    }
    try (Context text = Models.context(model, 256, 1);
        Arena arena = Arena.ofConfined()) {
      MemorySegment vector = arena.allocate(JAVA_FLOAT, model.embeddingLength());
      refused("gave no vector", () -> text.embeddings(0, vector));
    }
  }

  @Test
  void positionsThatTheModelHasNotLearnedAreRefused() {
    try (Context context = pooled(Pooling.MEAN);
        Batch batch = Batch.allocate(8, 1)) {
      batch.add(1, model.trainedContextLength(), 0, true);
      refused("outside the 8192", () -> context.decode(batch));
    }
  }

  @Test
  void poolingThatPoolsNothingIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> pooled(Pooling.NONE).close());
  }

  @Test
  void packKeepsItsSequencesApartAsItGrows() {
    try (TokenPack pack = new TokenPack()) {
      for (int i = 0; i < 300; i++) {
        for (int j = 0; j < i % 5; j++) {
          pack.append(1_000 * i + j);
        }
        pack.endSequence();
      }
      assertEquals(300, pack.sequences());
      assertEquals(600, pack.total());
      assertEquals(4, pack.length(299));
      assertEquals(299_003, pack.get(299, 3));
      assertEquals(0, pack.length(5));
      assertThrows(IndexOutOfBoundsException.class, () -> pack.get(299, 4));
      assertThrows(IndexOutOfBoundsException.class, () -> pack.length(300));
    }
  }

  @Test
  void packHoldsWhatTheTokenizerGives() {
    try (TokenPack pack = pack();
        TokenBuffer expected = model.tokenize(TEXTS.get(1), true, false)) {
      assertEquals(TEXTS.size(), pack.sequences());
      assertEquals(expected.size(), pack.length(1));
      for (int i = 0; i < expected.size(); i++) {
        assertEquals(expected.get(i), pack.get(1, i));
      }
    }
  }

  private Context pooled(Pooling pooling) {
    return Context.createPooled(model, BATCH_TOKENS, SEQUENCES, 1, pooling);
  }

  private TokenPack pack() {
    TokenPack pack = new TokenPack();
    for (String text : TEXTS) {
      pack.append(model, text, true, false);
      pack.endSequence();
    }
    return pack;
  }

  private List<float[]> vectors(Context context, TokenPack pack, List<Integer> inputs) {
    try (Batch batch = Batch.allocate(BATCH_TOKENS, 1);
        Arena arena = Arena.ofConfined()) {
      for (int sequence = 0; sequence < inputs.size(); sequence++) {
        int input = inputs.get(sequence);
        for (int i = 0; i < pack.length(input); i++) {
          batch.add(pack.get(input, i), i, sequence, true);
        }
      }
      context.clear();
      assertEquals(DecodeResult.OK, context.decode(batch));
      List<float[]> vectors = new ArrayList<>();
      MemorySegment vector = arena.allocate(JAVA_FLOAT, model.embeddingLength());
      for (int sequence = 0; sequence < inputs.size(); sequence++) {
        assertEquals(model.embeddingLength(), context.embeddings(sequence, vector));
        vectors.add(vector.toArray(JAVA_FLOAT));
      }
      return vectors;
    }
  }

  private static double cosine(float[] a, float[] b) {
    double dot = 0;
    double squaresA = 0;
    double squaresB = 0;
    for (int i = 0; i < a.length; i++) {
      dot += (double) a[i] * b[i];
      squaresA += (double) a[i] * a[i];
      squaresB += (double) b[i] * b[i];
    }
    return dot / Math.sqrt(squaresA * squaresB);
  }

  private static void refused(String reason, Executable call) {
    LlamaException refusal = assertThrows(LlamaException.class, call);
    assertTrue(refusal.getMessage().contains(reason), refusal.getMessage());
  }
}
