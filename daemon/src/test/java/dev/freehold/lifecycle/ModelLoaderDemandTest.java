package dev.freehold.lifecycle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.freehold.bundle.policy.ModelSpec;
import dev.freehold.inference.Ability;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceStream;
import dev.freehold.provider.Attempts;
import dev.freehold.provider.ModelStatus;
import dev.freehold.provider.ModelStatus.Stage;
import dev.freehold.provider.PreparedPrompt;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** Models that are loaded when somebody asks for them, and let go when nobody does. */
class ModelLoaderDemandTest extends LoadingTest {

  @Test
  void modelOnDemandIsLoadedOnceForAllWhoWait() throws Exception {
    start(PLENTY, onDemand("small", 512));
    loader.status().awaitFirstLoad();
    assertEquals(0, loader.status().loads());

    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Integer>> answers = new ArrayList<>();
      for (int i = 0; i < CLIENTS; i++) {
        answers.add(threads.submit(() -> ask("small")));
      }
      for (Future<Integer> answer : answers) {
        assertTrue(answer.get() > 0);
      }
    }
    assertEquals(1, loader.status().loads());
    ModelStatus status = local.status("small").orElseThrow();
    assertEquals(Stage.LOADED, status.stage());
    assertEquals(512, status.facts().orElseThrow().requestTokensMax());
    assertTrue(status.facts().orElseThrow().abilities().contains(Ability.CHAT));
    assertEquals(0, status.users());
  }

  @Test
  void countingTokensLoadsTheModelToo() throws Exception {
    start(PLENTY, onDemand("small", 512));

    try (PreparedPrompt prepared =
        local.prepareLoaded(request("small"), Instant.now().plusSeconds(120))) {
      assertEquals(4, prepared.tokens());
      assertEquals(1, local.status("small").orElseThrow().users());
    }
  }

  @Test
  void modelThatNobodyUsesIsLetGoAndComesBackWhenAsked() throws Exception {
    start(PLENTY, onDemand("small", 512));
    ask("small");
    skippedNanos.addAndGet(ModelSpec.DEFAULT_IDLE.minusMinutes(1).toNanos());
    loader.wake();
    ask("small");
    assertEquals(1, loader.status().loads());

    skippedNanos.addAndGet(ModelSpec.DEFAULT_IDLE.plusMinutes(1).toNanos());
    loader.wake();
    await("the model is let go", () -> stage("small") == Stage.AVAILABLE);
    await("its memory is free", () -> loader.status().memoryBytes("small") == 0);
    assertEquals(0, loader.status().openFiles());
    assertEquals(512, local.status("small").orElseThrow().facts().orElseThrow().requestTokensMax());

    assertTrue(ask("small") > 0);
    assertEquals(2, loader.status().loads());
  }

  @Test
  void clientThatHangsUpWhileTheModelLoadsIsFreed() throws Exception {
    start(PLENTY, onDemand("small", 512));
    await("the model is on offer", () -> stage("small") == Stage.AVAILABLE);
    InferenceStream stream =
        local.infer(Attempts.local(request("small"), Optional.empty(), Duration.ofMinutes(2)));
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<?> reader = threads.submit(stream::next);
      await("the model is asked for", () -> stage("small") != Stage.AVAILABLE);
      stream.close();

      ExecutionException e = assertThrows(ExecutionException.class, reader::get);
      assertInstanceOf(InferenceException.class, e.getCause());
    }
    await("the model is loaded anyway", () -> stage("small") == Stage.LOADED);
    assertEquals(0, local.status("small").orElseThrow().users());
  }
}
