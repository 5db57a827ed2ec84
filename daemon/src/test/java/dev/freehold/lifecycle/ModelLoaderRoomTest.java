package dev.freehold.lifecycle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.freehold.inference.InferenceException;
import dev.freehold.provider.ModelStatus.Stage;
import dev.freehold.provider.PreparedPrompt;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Models that are replaced, share what they can, and make room for each other within a budget. */
class ModelLoaderRoomTest extends LoadingTest {

  @Test
  void modelIsReplacedUnderLoadAndNoRequestFails() throws Exception {
    start(PLENTY, atStart("small", 1024));
    loader.status().awaitFirstLoad();
    replaceUnderLoad(List.of(2048, 1024, 2048));
    assertEquals(4, loader.status().loads());
  }

  /** The old one must go before the new one comes: requests that arrive between wait. */
  @Test
  void modelThatFitsOnlyOnceIsReplacedUnderLoadAndNoRequestFails() throws Exception {
    long budget = need(small, 16_384) + (50L << 20);
    start(budget, atStart("small", 16_384));
    loader.status().awaitFirstLoad();
    replaceUnderLoad(List.of(16_128, 16_384));
    assertEquals(3, loader.status().loads());
  }

  /** Nobody asks between the change and the load: the new one is loaded all the same. */
  @Test
  void modelOnDemandThatFitsOnlyOnceAnswersAfterItsPolicyChanged() throws Exception {
    long budget = need(small, 16_384) + (50L << 20);
    start(budget, onDemand("small", 16_384));
    assertTrue(ask("small") > 0);

    want(onDemand("small", 16_128));
    await(
        "the new one is loaded",
        () -> loader.status().loads() == 2 && stage("small") == Stage.LOADED);
    assertTrue(ask("small") > 0);
    assertEquals(2, loader.status().loads());
    long alone = need(small, 16_128);
    await("only the new one is left", () -> loader.status().memoryBytes("small") == alone);
  }

  @Test
  void changeThatFailedAndIsTakenBackLeavesNoProblem() throws Exception {
    start(need(small, 512) + (20L << 20), atStart("small", 512));
    loader.status().awaitFirstLoad();
    want(atStart("small", 16_384));
    await("the change is refused", () -> problem("small").isPresent());
    assertEquals(Stage.LOADED, stage("small"));
    assertTrue(ask("small") > 0);

    want(atStart("small", 512));
    await("the problem is gone", () -> problem("small").isEmpty());
    assertEquals("serving small", loader.status().state());
    assertEquals(1, loader.status().loads());
  }

  private Optional<String> problem(String model) {
    return local.status(model).orElseThrow().problem();
  }

  private void replaceUnderLoad(List<Integer> contexts) throws Exception {
    AtomicBoolean enough = new AtomicBoolean();
    AtomicInteger answered = new AtomicInteger();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> clients = new ArrayList<>();
      for (int i = 0; i < CLIENTS; i++) {
        clients.add(
            threads.submit(
                () -> {
                  while (!enough.get()) {
                    assertTrue(ask("small") > 0);
                    answered.incrementAndGet();
                  }
                  return null;
                }));
      }
      for (int context : contexts) {
        int before = loader.status().loads();
        want(atStart("small", context));
        await("the model is replaced", () -> loader.status().loads() > before);
        int answeredBefore = answered.get();
        await("it answers", () -> answered.get() > answeredBefore + CLIENTS);
      }
      enough.set(true);
      for (Future<?> client : clients) {
        client.get(60, TimeUnit.SECONDS);
      }
    }
    System.out.println("answers while the model was replaced: " + answered);
    assertEquals(0, local.status("small").orElseThrow().users());
    long alone = need(small, contexts.getLast());
    await("only the last one is left", () -> loader.status().memoryBytes("small") == alone);
    assertEquals(1, loader.status().openFiles());
  }

  @Test
  void modelThatDoesNotFitIsRefusedWithTheFiguresAndTheOthersServe() throws Exception {
    start(need(starter, 512) + (20L << 20), atStart("small", 512), atStart("starter", 8192));
    loader.status().awaitFirstLoad();

    InferenceException refusal = assertThrows(InferenceException.class, () -> ask("starter"));
    assertEquals(InferenceException.Kind.UNAVAILABLE, refusal.kind());
    assertTrue(refusal.retryAfter().isPresent());
    for (String part : List.of("model starter needs", "in use are", "small", "the budget is")) {
      assertTrue(refusal.getMessage().contains(part), refusal.getMessage());
    }
    assertEquals(Stage.FAILED, stage("starter"));
    assertEquals(
        refusal.getMessage(), local.status("starter").orElseThrow().problem().orElseThrow());
    assertTrue(loader.status().describe().get("model starter").contains("the budget is"));
    assertTrue(ask("small") > 0);

    want(atStart("starter", 512));
    await("what fits now serves", () -> stage("starter") == Stage.LOADED);
  }

  @Test
  void unusedModelMakesRoomForTheOneThatIsAskedFor() throws Exception {
    long one = need(small, 16_384);
    start(one + (100L << 20), onDemand("small", 16_384), onDemand("other", 16_384));
    assertTrue(ask("small") > 0);

    assertTrue(ask("other") > 0);
    assertEquals(Stage.AVAILABLE, stage("small"));
    try (PreparedPrompt inUse = local.prepare(request("other"))) {
      InferenceException refusal = assertThrows(InferenceException.class, () -> ask("small"));
      assertTrue(refusal.getMessage().contains("other"), refusal.getMessage());
      assertTrue(inUse.tokens() > 0);
    }
    assertTrue(ask("small") > 0);
    assertEquals(Stage.AVAILABLE, stage("other"));
  }

  @Test
  void twoModelsOfOneFileShareItsWeights() throws Exception {
    start(PLENTY, atStart("small", 512), atStart("twin", 1024));
    loader.status().awaitFirstLoad();

    assertEquals(1, loader.status().openFiles());
    assertTrue(ask("small") > 0);
    assertTrue(ask("twin") > 0);
    want(atStart("twin", 1024));
    await("the first is gone", () -> loader.status().memoryBytes("small") == 0);
    assertTrue(ask("twin") > 0);
    assertEquals(1, loader.status().openFiles());
  }
}
