package dev.freehold.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.freehold.llama.Sampler;
import dev.freehold.llama.SamplerOptions;
import java.io.ByteArrayOutputStream;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The engine over the real llama.cpp and the small model. */
@Timeout(120)
class EngineTest extends TextEngineTest {

  private static final long ENGINE_BYTES_PER_TOKEN_MAX = 64;

  @Test
  void limitEndsAGenerationAndIsCounted() throws Exception {
    try (Engine engine = Engine.start(model, options(1024, 2, 8));
        Generation generation = engine.submit(greedy(STORY, 12))) {
      String text = text(generation);
      assertFalse(text.isBlank());
      assertEquals(12, generation.completionTokens());
      assertEquals(Generation.Ending.LIMIT, generation.ending());
      assertTrue(generation.firstTokenNanos() > 0);
    }
  }

  @Test
  void stopTextAcrossTokensEndsAGenerationBeforeIt() throws Exception {
    try (Engine engine = Engine.start(model, options(1024, 2, 8))) {
      String whole = answer(engine, greedy(STORY, 40));
      String stop = whole.substring(10, 22);
      try (Generation generation = engine.submit(greedy(STORY, 40, stop))) {
        assertEquals(whole.substring(0, whole.indexOf(stop)), text(generation));
        assertEquals(Generation.Ending.STOP_TEXT, generation.ending());
      }
    }
  }

  @Test
  void sameSeedGivesTheSameAnswerWhenARequestRunsAlone() throws Exception {
    SamplerOptions sampling = SamplerOptions.defaults().withTemperature(1.2f).withSeed(42);
    try (Engine engine = Engine.start(model, options(1024, 4, 8))) {
      String first = answer(engine, request(STORY, OptionalInt.of(40), sampling));
      String second = answer(engine, request(STORY, OptionalInt.of(40), sampling));
      String other = answer(engine, request(STORY, OptionalInt.of(40), sampling.withSeed(7)));
      assertEquals(first, second);
      assertFalse(first.equals(other));
    }
  }

  @Test
  void moreRequestsThanSlotsAllGetTheirOwnFullAnswer() throws Exception {
    try (Engine engine = Engine.start(model, options(2048, 4, 32));
        ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Integer>> answers = new ArrayList<>();
      for (int i = 0; i < 12; i++) {
        int limit = 10 + i;
        String prompt = STORY + " number " + i;
        answers.add(
            clients.submit(
                () -> {
                  try (Generation generation = engine.submit(greedy(prompt, limit))) {
                    text(generation);
                    return generation.completionTokens();
                  }
                }));
      }
      for (int i = 0; i < answers.size(); i++) {
        assertEquals(10 + i, answers.get(i).get());
      }
      assertEquals(0, engine.load().slotsBusy());
      assertEquals(0, engine.cellsReserved());
    }
  }

  @Test
  void cancelledGenerationFreesItsSlotForTheNext() throws Exception {
    try (Engine engine = Engine.start(model, options(1024, 1, 8))) {
      Generation endless =
          engine.submit(request(STORY, OptionalInt.of(900), SamplerOptions.defaults()));
      assertTrue(endless.read() > 0);
      Generation next = engine.submit(greedy(STORY, 5));
      assertEquals(1, engine.load().slotsBusy());
      endless.close();
      text(next);
      assertEquals(5, next.completionTokens());
      assertTrue(endless.completionTokens() < 900, "the next one waited for its end");
      assertThrows(EngineException.class, () -> text(endless));
    }
  }

  @Test
  void queueThatIsFullRefusesWithATimeToRetry() throws Exception {
    try (Engine engine = Engine.start(model, options(1024, 1, 1))) {
      Generation running = engine.submit(greedy(STORY, 900));
      assertTrue(running.read() > 0);
      Generation waiting = engine.submit(greedy(STORY, 5));
      EngineException refusal =
          assertThrows(EngineException.class, () -> engine.submit(greedy(STORY, 5)));
      assertEquals(EngineException.Kind.QUEUE_FULL, refusal.kind());
      assertTrue(refusal.retryAfter().toSeconds() >= 1);
      running.close();
      text(waiting);
      assertEquals(5, waiting.completionTokens());
    }
  }

  @Test
  void promptOfNoTokensIsNotCalledTooLong() {
    try (Engine engine = Engine.start(model, options(256, 1, 1))) {
      GenerationRequest nothing =
          new GenerationRequest(
              model.tokenize("", false, false),
              Sampler.create(model, SamplerOptions.greedy()),
              OptionalInt.of(1),
              List.of(),
              false,
              false);
      EngineException refusal = assertThrows(EngineException.class, () -> engine.submit(nothing));
      assertEquals(EngineException.Kind.EMPTY, refusal.kind());
    }
  }

  @Test
  void promptThatCanNeverFitIsRefusedWithTheFigures() {
    try (Engine engine = Engine.start(model, options(256, 1, 1))) {
      EngineException refusal =
          assertThrows(EngineException.class, () -> engine.submit(greedy(STORY.repeat(100), 5)));
      assertEquals(EngineException.Kind.TOO_LONG, refusal.kind());
      assertTrue(refusal.getMessage().contains("256"), refusal.getMessage());
    }
  }

  @Test
  void limitBeyondTheContextEndsWhereTheContextIsFull() throws Exception {
    try (Engine engine = Engine.start(model, options(256, 1, 1));
        Generation generation = engine.submit(greedy(STORY, 64_000))) {
      text(generation);
      assertEquals(Generation.Ending.CONTEXT_FULL, generation.ending());
      assertEquals(256, generation.promptTokens() + generation.completionTokens());
    }
  }

  @Test
  void readerThatNeverReadsDelaysNobody() throws Exception {
    try (Engine engine = Engine.start(model, options(2048, 2, 8));
        Generation _ = engine.submit(greedy(STORY, 1500));
        Generation read = engine.submit(greedy(STORY, 20))) {
      text(read);
      assertEquals(20, read.completionTokens());
    }
  }

  /** The promise of zero copies: what a token costs on the heap of the engine's thread. */
  @Test
  void generatedTokenAllocatesNextToNothingOnTheEnginesThread() throws Exception {
    int warmUp = 300;
    int counted = 400;
    try (Engine engine = Engine.start(model, options(1024, 1, 8));
        Generation generation = engine.submit(greedy(STORY, warmUp + counted + 1))) {
      ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
      long id = engineThread().threadId();
      readUntil(generation, warmUp);
      int from = generation.completionTokens();
      long before = threads.getThreadAllocatedBytes(id);
      readUntil(generation, warmUp + counted);
      long allocated = threads.getThreadAllocatedBytes(id) - before;
      long perToken = allocated / (generation.completionTokens() - from);
      assertTrue(perToken <= ENGINE_BYTES_PER_TOKEN_MAX, perToken + " bytes a token");
    }
  }

  private static Thread engineThread() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals("freehold-engine"))
        .findFirst()
        .orElseThrow();
  }

  private static void readUntil(Generation generation, int tokens) throws Exception {
    while (generation.completionTokens() < tokens) {
      assertTrue(generation.read() > 0);
    }
  }

  private static GenerationRequest scored(int limit, int alternatives, String... stops) {
    return new GenerationRequest(
        model.tokenize(STORY, true, true),
        Sampler.create(model, neverEnding()),
        OptionalInt.of(limit),
        List.of(stops),
        false,
        true,
        OptionalInt.of(alternatives),
        false);
  }

  private static List<ScoredToken> scores(Generation generation, StringBuilder text)
      throws Exception {
    List<ScoredToken> scores = new ArrayList<>();
    for (int length = generation.read(); length >= 0; length = generation.read()) {
      text.append(new String(generation.bytes(), 0, length, UTF_8));
      scores.addAll(generation.takeScores());
    }
    scores.addAll(generation.takeScores());
    return scores;
  }

  private static String joined(List<ScoredToken> scores) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    scores.forEach(score -> score.utf8().forEach(bytes::write));
    return bytes.toString(UTF_8);
  }

  @Test
  void everyTokenOfTheTextIsToldWithItsProbabilityAndAlternatives() throws Exception {
    try (Engine engine = Engine.start(model, options(1024, 2, 8));
        Generation generation = engine.submit(scored(30, 3))) {
      StringBuilder text = new StringBuilder();
      List<ScoredToken> scores = scores(generation, text);
      assertEquals(30, scores.size());
      assertEquals(text.toString(), joined(scores));
      for (ScoredToken score : scores) {
        assertEquals(3, score.alternatives().size());
        assertTrue(score.logprob() <= 0);
        // Greedy: nothing is likelier, but for the end of the turn, which is forbidden here.
        assertTrue(score.alternatives().get(0).logprob() >= score.alternatives().get(1).logprob());
      }
    }
  }

  @Test
  void tokensThatAStopTextSwallowedAreNotTold() throws Exception {
    try (Engine engine = Engine.start(model, options(1024, 2, 8))) {
      String whole = answer(engine, greedy(STORY, 40));
      String stop = whole.substring(20, 32);
      try (Generation generation = engine.submit(scored(40, 0, stop))) {
        StringBuilder text = new StringBuilder();
        List<ScoredToken> scores = scores(generation, text);
        assertEquals(whole.substring(0, whole.indexOf(stop)), text.toString());
        assertTrue(joined(scores).startsWith(text.toString()), joined(scores));
        long last = scores.getLast().start();
        assertTrue(last < text.toString().getBytes(UTF_8).length);
        assertTrue(scores.getFirst().alternatives().isEmpty());
      }
    }
  }

  @Test
  void stoppingEngineEndsEveryGeneration() throws Exception {
    Engine engine = Engine.start(model, options(1024, 1, 8));
    Generation running = engine.submit(greedy(STORY, 900));
    Generation waiting = engine.submit(greedy(STORY, 900));
    assertTrue(running.read() > 0);
    engine.close();
    assertEquals(
        EngineException.Kind.STOPPED,
        assertThrows(EngineException.class, () -> text(running)).kind());
    assertEquals(
        EngineException.Kind.STOPPED,
        assertThrows(EngineException.class, () -> text(waiting)).kind());
    EngineException refusal =
        assertThrows(EngineException.class, () -> engine.submit(greedy(STORY, 5)));
    assertEquals(EngineException.Kind.STOPPED, refusal.kind());
  }
}
