package dev.freehold.llama;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class CloseTest {

  private static final byte[] REQUEST =
      "{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}".getBytes(StandardCharsets.UTF_8);

  @Test
  void closedModelRefusesEveryUse() {
    Model model = Models.load();
    model.close();
    model.close();

    refusesAsClosed("the model", () -> model.tokenize("a", false, false));
    refusesAsClosed("the model", model::description);
    refusesAsClosed("the model", model::sizeBytes);
    refusesAsClosed("the model", model::vocabularySize);
    refusesAsClosed("the model", () -> model.metadata("general.name"));
    refusesAsClosed("the model", () -> model.isEndOfGeneration(1));
    refusesAsClosed("the model", () -> Models.context(model, 64, 1));
    refusesAsClosed("the model", () -> Sampler.create(model, SamplerOptions.defaults()));
    refusesAsClosed("the model", () -> ChatTemplates.of(model));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment into = arena.allocate(64);
      refusesAsClosed("the model", () -> model.piece(1, into, true));
    }
  }

  @Test
  void closedContextSamplerAndBatchRefuseEveryUse() {
    Model model = Models.shared();
    Context context = Models.context(model, 64, 1);
    Sampler sampler = Sampler.create(model, SamplerOptions.greedy());
    Batch batch = Batch.allocate(8, 1);
    batch.add(1, 0, 0, true);

    batch.close();
    batch.close();
    refusesAsClosed("the batch", () -> context.decode(batch));
    refusesAsClosed("the batch", () -> batch.add(1, 1, 0, true));
    refusesAsClosed("the batch", batch::clear);

    context.close();
    context.close();
    try (Batch other = Batch.allocate(8, 1)) {
      refusesAsClosed("the context", () -> context.decode(other));
    }
    refusesAsClosed("the context", () -> context.removeSequence(0, -1, -1));
    refusesAsClosed("the context", () -> context.requestAbort(true));
    refusesAsClosed("the context", context::clear);
    refusesAsClosed("the context", context::contextTokens);
    refusesAsClosed("the context", () -> sampler.sample(context, 0));

    sampler.close();
    sampler.close();
    refusesAsClosed("the sampler", () -> sampler.accept(1));
    refusesAsClosed("the sampler", sampler::reset);
  }

  @Test
  void closedTokensPromptAndTemplatesRefuseEveryUse() {
    Model model = Models.shared();
    TokenBuffer tokens = model.tokenize("hello", false, false);
    MemorySegment view = tokens.segment();
    tokens.close();
    tokens.close();
    refusesAsClosed("the token buffer", () -> tokens.get(0));
    refusesAsClosed("the token buffer", tokens::segment);
    assertThrows(IllegalStateException.class, () -> view.get(ValueLayout.JAVA_INT, 0));

    ChatTemplates templates = ChatTemplates.of(model);
    ChatPrompt prompt = templates.apply(REQUEST);
    MemorySegment text = prompt.promptUtf8();
    templates.close();
    templates.close();
    refusesAsClosed("the chat template", () -> templates.apply(REQUEST));
    assertTrue(prompt.prompt().contains("Hi"), "a prompt outlives its template");
    prompt.close();
    prompt.close();
    refusesAsClosed("the chat prompt", prompt::prompt);
    refusesAsClosed("the chat prompt", prompt::additionalStops);
    refusesAsClosed("the chat prompt", () -> prompt.parse(new byte[1], 1, true));
    refusesAsClosed(
        "the chat prompt", () -> Sampler.create(model, SamplerOptions.greedy(), prompt));
    assertThrows(IllegalStateException.class, () -> text.get(ValueLayout.JAVA_BYTE, 0));
  }

  @Test
  void modelClosedFirstServesItsContextToTheEnd() {
    Model model = Models.load();
    Context context = Models.context(model, 128, 1);
    Sampler sampler = Sampler.create(model, SamplerOptions.greedy());
    TokenBuffer prompt = model.tokenize("The sky is", true, false);
    Batch batch = Batch.allocate(32, 1);
    model.close();

    int output = Generation.prefill(context, batch, prompt, 0);
    assertTrue(sampler.sample(context, output) >= 0);

    batch.close();
    prompt.close();
    context.close();
    sampler.close();
  }

  @Test
  void modelClosedUnderManyTokenizingThreadsEndsEachWithAnAnswerOrARefusal() throws Exception {
    Model model = Models.load();
    int threads = 4;
    CountDownLatch running = new CountDownLatch(threads);
    AtomicInteger refused = new AtomicInteger();
    AtomicReference<Throwable> unexpected = new AtomicReference<>();
    Thread[] workers = new Thread[threads];
    for (int i = 0; i < threads; i++) {
      workers[i] =
          Thread.ofPlatform()
              .start(
                  () -> {
                    try {
                      for (boolean first = true; ; first = false) {
                        try (TokenBuffer tokens = model.tokenize("one two three", false, false)) {
                          assertEquals(3, tokens.size());
                        }
                        if (first) {
                          running.countDown();
                        }
                      }
                    } catch (IllegalStateException e) {
                      refused.incrementAndGet();
                    } catch (Throwable t) {
                      unexpected.set(t);
                    }
                  });
    }
    running.await();
    model.close();
    for (Thread worker : workers) {
      worker.join();
    }

    assertNull(unexpected.get());
    assertEquals(threads, refused.get());
  }

  private static void refusesAsClosed(String what, Executable use) {
    IllegalStateException refusal = assertThrows(IllegalStateException.class, use);
    assertEquals(what + " is closed", refusal.getMessage());
  }
}
