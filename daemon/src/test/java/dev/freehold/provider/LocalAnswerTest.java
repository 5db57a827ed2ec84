package dev.freehold.provider;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.freehold.engine.EngineLoad;
import dev.freehold.inference.Ability;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceException.Kind;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.InferenceStream;
import dev.freehold.inference.OutputFormat;
import dev.freehold.inference.Prompt;
import dev.freehold.inference.Sampling;
import dev.freehold.llama.Model;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What becomes of an answer that is ended before its model has begun with it. */
@Timeout(60)
class LocalAnswerTest {

  private static final InferenceRequest REQUEST =
      new InferenceRequest(
          "test",
          "slow",
          new Prompt.Text("x"),
          Sampling.defaults(),
          new OutputFormat.Text(),
          OptionalInt.empty());

  /** A model that never gets done with what comes before the first token. */
  private static final class SlowModel implements ServedModel {

    private final CountDownLatch begun = new CountDownLatch(1);

    @Override
    public String name() {
      return "slow";
    }

    @Override
    public Set<Ability> abilities() {
      return Set.of(Ability.COMPLETION);
    }

    @Override
    public int requestTokensMax() {
      return 1;
    }

    @Override
    public EngineLoad load() {
      return new EngineLoad(1, 0, 0, 0);
    }

    @Override
    public Model weights() {
      throw new AssertionError("no token is asked for, so nobody needs to read text");
    }

    @Override
    public ModelPrompt prepare(InferenceRequest request) {
      return new ModelPrompt() {
        @Override
        public int tokens() {
          return 1;
        }

        @Override
        public InferenceStream start(InferenceRequest started) throws InferenceException {
          begun.countDown();
          try {
            new CountDownLatch(1).await();
            throw new AssertionError("nobody opens this latch");
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InferenceException(Kind.CANCELLED, "interrupted", e);
          }
        }

        @Override
        public void close() {}
      };
    }

    @Override
    public void close() {}
  }

  @Test
  void endOfTheRequestEndsWhatComesBeforeTheFirstToken() throws Exception {
    LocalProvider provider = new LocalProvider("local");
    SlowModel model = new SlowModel();
    provider.serve(model);
    Attempt attempt = Attempts.local(REQUEST, Optional.empty(), Duration.ofSeconds(50));
    InferenceStream answer = provider.infer(attempt);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<Boolean> interruptedAfter =
          threads.submit(
              () -> {
                InferenceException end = assertThrows(InferenceException.class, answer::next);
                assertEquals(Kind.CANCELLED, end.kind());
                return Thread.currentThread().isInterrupted();
              });
      assertTrue(model.begun.await(10, TimeUnit.SECONDS));
      answer.close();
      assertFalse(interruptedAfter.get(10, TimeUnit.SECONDS), "no later wait is interrupted");
    }
    provider.withdraw("slow").orElseThrow().close();
  }
}
