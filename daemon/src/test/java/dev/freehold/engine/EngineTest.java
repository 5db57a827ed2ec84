package dev.freehold.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.freehold.llama.Model;
import dev.freehold.llama.ModelOptions;
import dev.freehold.llama.Sampler;
import dev.freehold.llama.SamplerOptions;
import dev.freehold.models.TestModels;
import java.io.ByteArrayOutputStream;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The engine over the real llama.cpp and the small model. */
@Timeout(120)
class EngineTest {

  private static final String STORY = "Once upon a time there was a";

  private static final long ENGINE_BYTES_PER_TOKEN_MAX = 64;

  private static Model model;

  @BeforeAll
  static void load() {
    model = Model.load(TestModels.small(), ModelOptions.defaults());
  }

  @AfterAll
  static void close() {
    model.close();
  }

  private static EngineOptions options(int contextTokens, int slots, int queueMax) {
    EngineOptions defaults = EngineOptions.of(contextTokens, slots);
    return new EngineOptions(
        contextTokens,
        slots,
        defaults.batchTokens(),
        defaults.threads(),
        defaults.gpuLayers(),
        queueMax,
        Duration.ofSeconds(60),
        defaults.interTokenTarget());
  }

  private static GenerationRequest request(
      String prompt, OptionalInt limit, SamplerOptions sampling, String... stops) {
    return new GenerationRequest(
        model.tokenize(prompt, true, true),
        Sampler.create(model, sampling),
        limit,
        List.of(stops),
        false,
        sampling.seed() >= 0);
  }

  private static GenerationRequest greedy(String prompt, int limit, String... stops) {
    return request(prompt, OptionalInt.of(limit), neverEnding(), stops);
  }

  private static String text(Generation generation) throws Exception {
    StringBuilder text = new StringBuilder();
    for (int length = generation.read(); length >= 0; length = generation.read()) {
      text.append(new String(generation.bytes(), 0, length, UTF_8));
    }
    return text.toString();
  }

  private static String answer(Engine engine, GenerationRequest request) throws Exception {
    try (Generation generation = engine.submit(request)) {
      return text(generation);
    }
  }

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

  @Test
  void sequencesWithoutALimitParkInsteadOfFailingWhenCellsRunOut() throws Exception {
    SamplerOptions sampling = neverEnding();
    try (Engine engine = Engine.start(model, options(600, 2, 8));
        Generation first = engine.submit(request(STORY, OptionalInt.empty(), sampling));
        Generation second = engine.submit(request(STORY, OptionalInt.empty(), sampling))) {
      text(first);
      text(second);
      assertEquals(Generation.Ending.CONTEXT_FULL, first.ending());
      assertEquals(Generation.Ending.CONTEXT_FULL, second.ending());
      assertEquals(engine.sequenceTokensMax(), first.promptTokens() + first.completionTokens());
      assertEquals(engine.sequenceTokensMax(), second.promptTokens() + second.completionTokens());
    }
  }

  /** Greedy, with a bias that keeps the model from ending its turn. */
  private static SamplerOptions neverEnding() {
    Map<Integer, Float> bias = new HashMap<>();
    for (int token = 0; token < model.vocabularySize(); token++) {
      if (model.isEndOfGeneration(token)) {
        bias.put(token, -1000f);
      }
    }
    return SamplerOptions.greedy().withLogitBias(bias);
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

  private static EngineOptions impatient(Duration queueDeadline) {
    EngineOptions usual = options(1024, 1, 8);
    return new EngineOptions(
        1024,
        1,
        usual.batchTokens(),
        usual.threads(),
        usual.gpuLayers(),
        8,
        queueDeadline,
        usual.interTokenTarget());
  }

  private static GenerationRequest background(String prompt, int limit) {
    return new GenerationRequest(
        model.tokenize(prompt, true, true),
        Sampler.create(model, neverEnding()),
        OptionalInt.of(limit),
        List.of(),
        false,
        false,
        OptionalInt.empty(),
        true);
  }

  @Test
  void backgroundIsAdmittedAfterThoseThatCameLater() throws Exception {
    try (Engine engine = Engine.start(model, options(1024, 1, 8))) {
      Generation running = engine.submit(greedy(STORY, 900));
      assertTrue(running.read() > 0);
      Generation patient = engine.submit(background(STORY, 5));
      Generation later = engine.submit(greedy(STORY, 100));
      running.close();
      text(patient);
      assertTrue(later.hasEnded());
      assertEquals(100, later.completionTokens());
      assertEquals(5, patient.completionTokens());
    }
  }

  @Test
  void runningBackgroundMakesWayAndComesBack() throws Exception {
    try (Engine engine = Engine.start(model, options(1024, 1, 8));
        Generation patient = engine.submit(background(STORY, 700))) {
      assertTrue(patient.read() > 0);
      try (Generation urgent = engine.submit(greedy(STORY, 20))) {
        text(urgent);
        assertEquals(20, urgent.completionTokens());
      }
      assertFalse(patient.hasEnded());
      text(patient);
      assertEquals(700, patient.completionTokens());
    }
  }

  @Test
  void backgroundThatHasRunForLongMakesWayStill() throws Exception {
    try (Engine engine = Engine.start(model, impatient(Duration.ofMillis(100)));
        Generation patient = engine.submit(background(STORY, 700))) {
      while (patient.ageNanos() < Duration.ofMillis(100).toNanos()) {
        assertTrue(patient.read() > 0);
      }
      try (Generation urgent = engine.submit(greedy(STORY, 20))) {
        text(urgent);
      }
      assertFalse(patient.hasEnded());
    }
  }

  @Test
  void parkedRequestWhoseReaderHasGoneIsLetGo() throws Exception {
    try (Engine engine = Engine.start(model, options(1024, 1, 8))) {
      Generation patient = engine.submit(background(STORY, 700));
      assertTrue(patient.read() > 0);
      try (Generation urgent = engine.submit(greedy(STORY, 900))) {
        assertTrue(urgent.read() > 0);
        assertEquals(1, engine.load().queued(), "the background is parked");
        patient.close();
        while (!patient.hasEnded()) {
          Thread.onSpinWait();
        }
        assertFalse(urgent.hasEnded());
        text(urgent);
        assertEquals(900, urgent.completionTokens(), "nobody else's decode was broken off");
      }
    }
  }

  @Test
  void backgroundThatHasWaitedLongCountsAsAnyOther() throws Exception {
    try (Engine engine = Engine.start(model, impatient(Duration.ofNanos(2)))) {
      Generation old = engine.submit(background(STORY, 20));
      while (old.completionTokens() == 0) {
        Thread.onSpinWait();
      }
      Generation later = engine.submit(greedy(STORY, 5));
      while (later.completionTokens() == 0) {
        Thread.onSpinWait();
      }
      assertTrue(old.hasEnded());
      old.close();
      later.close();
    }
  }

  @Test
  void backgroundLeavesRoomInTheQueue() throws Exception {
    try (Engine engine = Engine.start(model, options(1024, 1, 2))) {
      Generation running = engine.submit(greedy(STORY, 900));
      assertTrue(running.read() > 0);
      Generation patient = engine.submit(background(STORY, 5));
      EngineException refusal =
          assertThrows(EngineException.class, () -> engine.submit(background(STORY, 5)));
      assertEquals(EngineException.Kind.QUEUE_FULL, refusal.kind());
      Generation later = engine.submit(greedy(STORY, 5));
      running.close();
      text(later);
      text(patient);
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
