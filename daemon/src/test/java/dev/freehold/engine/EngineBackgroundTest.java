package dev.freehold.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.freehold.llama.Sampler;
import dev.freehold.llama.SamplerOptions;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who makes way for whom: background requests, and sequences that are parked. */
@Timeout(120)
class EngineBackgroundTest extends TextEngineTest {

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
}
