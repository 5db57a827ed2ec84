package dev.freehold.engine;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.freehold.llama.Pooling;
import dev.freehold.llama.TokenPack;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The engine over the real llama.cpp; a model of text is made to pool, so vectors mean little. */
@Timeout(120)
class EmbeddingEngineTest extends SmallModelTest {

  private static final int INPUT_TOKENS_MAX = 64;

  /** A slice for each vector, and what the JVM rounds by. */
  private static final long ENGINE_BYTES_PER_VECTOR_MAX = 512;

  private static EmbeddingEngine engine(int requestsMax, int queueMax) {
    return EmbeddingEngine.start(
        model,
        new EmbeddingOptions(
            INPUT_TOKENS_MAX,
            128,
            16,
            requestsMax,
            1,
            Pooling.MEAN,
            queueMax,
            Duration.ofSeconds(60)));
  }

  private static EmbeddingRequest request(List<String> texts, int width) {
    TokenPack pack = new TokenPack();
    for (String text : texts) {
      pack.append(model, text, true, false);
      pack.endSequence();
    }
    return new EmbeddingRequest(pack, width, true);
  }

  private static EmbeddingRequest request(List<String> texts) {
    return request(texts, model.embeddingLength());
  }

  private static List<String> sentences(int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> "Sentence %d says: %s.".formatted(i, "word ".repeat(i % 7)))
        .toList();
  }

  private static List<float[]> vectors(EmbeddingTask task) throws Exception {
    List<float[]> vectors = new ArrayList<>();
    for (int input = task.next(); input >= 0; input = task.next()) {
      assertEquals(vectors.size(), input);
      vectors.add(task.result(input).toArray(JAVA_FLOAT));
    }
    return vectors;
  }

  private static List<float[]> vectors(EmbeddingEngine engine, EmbeddingRequest request)
      throws Exception {
    try (EmbeddingTask task = engine.submit(request)) {
      return vectors(task);
    }
  }

  private static EmbeddingTask submit(EmbeddingEngine engine, List<String> texts) throws Exception {
    return engine.submit(request(texts));
  }

  @Test
  void hundredInputsTogetherGiveTheVectorsThatEachGivesAlone() throws Exception {
    List<String> texts = sentences(100);
    try (EmbeddingEngine engine = engine(2, 8)) {
      List<float[]> together = vectors(engine, request(texts));
      assertEquals(100, together.size());
      for (int i = 0; i < texts.size(); i++) {
        float[] alone = vectors(engine, request(List.of(texts.get(i)))).getFirst();
        assertSameDirection(alone, together.get(i));
      }
      assertEquals(0, engine.load().slotsBusy());
      assertTrue(engine.promptTokensTotal() > 1_000);
    }
  }

  /** The model's weights have four bits, whose rounding depends on what else is in the batch. */
  private static void assertSameDirection(float[] a, float[] b) {
    double cosine = 0;
    for (int i = 0; i < a.length; i++) {
      cosine += (double) a[i] * b[i];
    }
    assertEquals(1, cosine, 5e-3);
  }

  @Test
  void vectorHasTheLengthOneAndSoHasItsBeginning() throws Exception {
    try (EmbeddingEngine engine = engine(2, 8)) {
      float[] whole = vectors(engine, request(List.of("A sentence."))).getFirst();
      float[] begin = vectors(engine, request(List.of("A sentence."), 100)).getFirst();
      assertEquals(1, length(whole, whole.length), 1e-5);
      assertEquals(100, begin.length);
      assertEquals(1, length(begin, 100), 1e-5);
      double shortened = length(whole, 100);
      for (int i = 0; i < 100; i++) {
        assertEquals(whole[i] / shortened, begin[i], 1e-4);
      }
    }
  }

  private static double length(float[] vector, int width) {
    double squares = 0;
    for (int i = 0; i < width; i++) {
      squares += (double) vector[i] * vector[i];
    }
    return Math.sqrt(squares);
  }

  @Test
  void requestOfOneInputIsServedBeforeALongOneEnds() throws Exception {
    try (EmbeddingEngine engine = engine(4, 8);
        EmbeddingTask many = submit(engine, sentences(200))) {
      assertEquals(0, many.next());
      try (EmbeddingTask one = submit(engine, List.of("Only one."))) {
        assertEquals(0, one.next());
        assertEquals(-1, one.next());
        assertTrue(many.computedTokens() < 200 * 8, "the long request was served first");
        assertTrue(!many.hasEnded(), "the long request was served first");
      }
    }
  }

  @Test
  void longestInputIsServedBesideManyShortOnes() throws Exception {
    String longest = "word ".repeat(INPUT_TOKENS_MAX - 4);
    try (EmbeddingEngine engine = engine(4, 8);
        EmbeddingTask many = submit(engine, sentences(120));
        EmbeddingTask long1 = submit(engine, List.of(longest, longest, longest))) {
      assertEquals(3, vectors(long1).size());
      assertTrue(!many.hasEnded(), "the long inputs waited for all short ones");
      assertEquals(120, vectors(many).size());
    }
  }

  @Test
  void inputOfNoTokensIsNotCalledTooLong() throws Exception {
    TokenPack pack = new TokenPack();
    pack.endSequence();
    try (EmbeddingEngine engine = engine(2, 8)) {
      EngineException refusal =
          assertThrows(
              EngineException.class,
              () -> engine.submit(new EmbeddingRequest(pack, 1, true)).close());
      assertEquals(EngineException.Kind.EMPTY, refusal.kind());
    }
  }

  @Test
  void inputLongerThanTheModelTakesIsRefusedWithFigures() throws Exception {
    try (EmbeddingEngine engine = engine(2, 8)) {
      EngineException refusal =
          assertThrows(
              EngineException.class,
              () -> submit(engine, List.of("fine", "word ".repeat(200))).close());
      assertEquals(EngineException.Kind.TOO_LONG, refusal.kind());
      assertTrue(
          refusal.getMessage().contains("at most 64 tokens, but input 1 has 20"),
          refusal.getMessage());
    }
  }

  @Test
  void fullQueueRefusesAndSaysWhenToComeBack() throws Exception {
    try (EmbeddingEngine engine = engine(1, 1);
        EmbeddingTask running = submit(engine, sentences(200))) {
      assertEquals(0, running.next());
      try (EmbeddingTask waiting = submit(engine, sentences(1))) {
        EngineException refusal =
            assertThrows(EngineException.class, () -> submit(engine, sentences(1)).close());
        assertEquals(EngineException.Kind.QUEUE_FULL, refusal.kind());
        assertTrue(refusal.retryAfter().toSeconds() >= 1);
        assertEquals(1, engine.load().queued());
        running.cancel();
        assertEquals(1, vectors(waiting).size());
      }
    }
  }

  @Test
  void cancelledRequestEndsAndItsVectorsStayReadableUntilItIsClosed() throws Exception {
    try (EmbeddingEngine engine = engine(2, 8);
        EmbeddingTask task = submit(engine, sentences(200))) {
      assertEquals(0, task.next());
      task.cancel();
      EngineException ended = assertThrows(EngineException.class, () -> vectors(task, 1));
      assertEquals(EngineException.Kind.STOPPED, ended.kind());
      assertEquals(1, length(task.result(0).toArray(JAVA_FLOAT), 576), 1e-5);
      assertEquals(2, vectors(engine, request(sentences(2))).size());
    }
  }

  private static void vectors(EmbeddingTask task, int from) throws Exception {
    int expected = from;
    for (int input = task.next(); input >= 0; input = task.next()) {
      assertEquals(expected, input);
      expected++;
    }
  }

  @Test
  void stopEndsWhatRunsAndRefusesWhatComes() throws Exception {
    EmbeddingEngine engine = engine(1, 8);
    try (EmbeddingTask running = submit(engine, sentences(200));
        EmbeddingTask waiting = submit(engine, sentences(1))) {
      assertEquals(0, running.next());
      engine.close();
      assertThrows(EngineException.class, () -> vectors(running, 1));
      assertThrows(EngineException.class, () -> vectors(waiting));
      EngineException refusal =
          assertThrows(EngineException.class, () -> submit(engine, sentences(1)).close());
      assertEquals(EngineException.Kind.STOPPED, refusal.kind());
      engine.close();
    }
  }

  @Test
  void manyReadersAtOnceGetTheirOwnVectors() throws Exception {
    try (EmbeddingEngine engine = engine(3, 32);
        ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
      List<float[]> expected = vectors(engine, request(sentences(12)));
      List<Future<List<float[]>>> answers = new ArrayList<>();
      for (int i = 0; i < 12; i++) {
        answers.add(clients.submit(() -> vectors(engine, request(sentences(12)))));
      }
      for (Future<List<float[]>> answer : answers) {
        List<float[]> vectors = answer.get();
        for (int i = 0; i < 12; i++) {
          assertSameDirection(expected.get(i), vectors.get(i));
        }
      }
    }
  }

  @Test
  void vectorAllocatesNextToNothingOnTheEnginesThread() throws Exception {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    try (EmbeddingEngine engine = engine(2, 8)) {
      vectors(engine, request(sentences(120)));
      long id =
          Thread.getAllStackTraces().keySet().stream()
              .filter(thread -> thread.getName().equals("freehold-embedding"))
              .findFirst()
              .orElseThrow()
              .threadId();
      EmbeddingRequest request = request(sentences(120));
      long before = threads.getThreadAllocatedBytes(id);
      vectors(engine, request);
      long perVector = (threads.getThreadAllocatedBytes(id) - before) / 120;
      assertTrue(perVector <= ENGINE_BYTES_PER_VECTOR_MAX, perVector + " bytes a vector");
    }
  }
}
