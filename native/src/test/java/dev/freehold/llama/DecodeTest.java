package dev.freehold.llama;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

class DecodeTest {

  private final Model model = Models.shared();

  @Test
  void greedyTextIsSaneAndTheSameEveryTime() {
    String first = complete("The capital of France is");

    assertTrue(first.contains("Paris"), first);
    assertEquals(first, complete("The capital of France is"));
  }

  @Test
  void abortFlagEndsALongPrefillLongBeforeItsEnd() throws Exception {
    int tokens = 6000;
    ContextOptions options = new ContextOptions(8192, tokens, 512, 1, 1, 1, FlashAttention.ON);
    try (Context context = Context.create(model, options);
        Batch batch = Batch.allocate(tokens, 1)) {
      for (int i = 0; i < tokens; i++) {
        batch.add(100 + i % 1000, i, 0, i == tokens - 1);
      }
      Thread aborting =
          Thread.ofVirtual()
              .unstarted(
                  () -> {
                    LockSupport.parkNanos(200_000_000L);
                    context.requestAbort(true);
                  });
      aborting.start();
      long start = System.nanoTime();
      DecodeResult result = context.decode(batch);
      long abortedNanos = System.nanoTime() - start;
      aborting.join();

      assertEquals(DecodeResult.ABORTED, result);
      assertTrue(context.lastPosition(0) < tokens - 1, "everything was computed");
      assertTrue(abortedNanos < 5_000_000_000L, abortedNanos + " ns");
      context.requestAbort(false);
      context.clear();
      batch.clear();
      batch.add(100, 0, 0, true);
      assertEquals(DecodeResult.OK, context.decode(batch));
    }
  }

  @Test
  void flagRaisedBeforehandAbortsUntilItIsLowered() {
    try (Context context = Models.context(model, 256, 1);
        Batch batch = Batch.allocate(64, 1)) {
      context.requestAbort(true);
      batch.add(100, 0, 0, true);
      assertEquals(DecodeResult.ABORTED, context.decode(batch));
      context.requestAbort(false);
      context.clear();
      assertEquals(DecodeResult.OK, context.decode(batch));
    }
  }

  @Test
  void fullCacheIsAResultAndNotAnError() {
    try (Context context = Models.context(model, 256, 2);
        Batch batch = Batch.allocate(512, 1)) {
      int cells = context.contextTokens();
      for (int i = 0; i < cells; i++) {
        batch.add(100, i, 0, false);
      }
      assertEquals(DecodeResult.OK, context.decode(batch));
      batch.clear();
      batch.add(100, 0, 1, true);
      assertEquals(DecodeResult.NO_KV_SLOT, context.decode(batch));
      assertTrue(context.removeSequence(0, -1, -1));
      assertEquals(DecodeResult.OK, context.decode(batch));
    }
  }

  @Test
  void malformedBatchesAreErrorsThatSayWhy() {
    try (Context context = Models.context(model, 1024, 2);
        Batch batch = Batch.allocate(1024, 1)) {
      fails(context, batch, "1 to 512 tokens");
      for (int i = 0; i < 513; i++) {
        batch.add(100, i, 0, false);
      }
      fails(context, batch, "this one has 513");
      batch.clear();
      batch.add(model.vocabularySize(), 0, 0, true);
      fails(context, batch, "invalid token");
      batch.clear();
      batch.add(100, 0, 77, true);
      fails(context, batch, "sequence 77 does not exist");
      assertThrows(LlamaException.class, () -> context.removeSequence(77, -1, -1));
      assertThrows(LlamaException.class, () -> context.copySequence(0, 2, -1, -1));
    }
  }

  private static void fails(Context context, Batch batch, String reason) {
    LlamaException failure = assertThrows(LlamaException.class, () -> context.decode(batch));
    assertTrue(failure.getMessage().contains(reason), failure.getMessage());
  }

  @Test
  void fullBatchRefusesAnotherToken() {
    try (Batch batch = Batch.allocate(1, 1)) {
      assertEquals(0, batch.add(1, 0, 0, true));
      assertThrows(IllegalStateException.class, () -> batch.add(1, 1, 0, true));
      assertThrows(IllegalStateException.class, () -> batch.share(0, 1));
      batch.clear();
      assertEquals(0, batch.size());
      assertEquals(1, batch.capacity());
    }
  }

  @Test
  void copiedPrefixAndRestoredStateGoOnLikeTheOriginal() {
    try (Context context = Models.context(model, 512, 3);
        Sampler sampler = Sampler.create(model, SamplerOptions.greedy());
        TokenBuffer prompt = model.tokenize("The capital of France is", true, false);
        Batch batch = Batch.allocate(64, 1);
        Arena arena = Arena.ofConfined()) {
      int output = Generation.prefill(context, batch, prompt, 0);
      int first = sampler.sample(context, output);
      int expected = next(context, sampler, batch, first, prompt.size(), 0);

      assertTrue(context.removeSequence(0, prompt.size(), -1));
      context.copySequence(0, 1, -1, -1);
      assertEquals(prompt.size() - 1, context.lastPosition(1));
      assertEquals(expected, next(context, sampler, batch, first, prompt.size(), 1));

      MemorySegment saved = arena.allocate(context.sequenceStateBytes(0));
      assertEquals(saved.byteSize(), context.saveSequence(0, saved));
      context.restoreSequence(2, saved);
      assertEquals(expected, next(context, sampler, batch, first, prompt.size(), 2));
      MemorySegment broken = saved.asSlice(0, saved.byteSize() / 2);
      assertThrows(LlamaException.class, () -> context.restoreSequence(2, broken));
    }
  }

  @Test
  void tokenSharedBySequencesCountsForEachOfThem() {
    try (Context context = Models.context(model, 256, 2);
        Batch batch = Batch.allocate(8, 2)) {
      for (int i = 0; i < 4; i++) {
        batch.share(batch.add(100 + i, i, 0, false), 1);
      }
      assertEquals(DecodeResult.OK, context.decode(batch));
      assertEquals(3, context.lastPosition(0));
      assertEquals(3, context.lastPosition(1));
    }
  }

  @Test
  void contextLargerThanTheMachinesMemoryIsRefusedAndTheProcessGoesOn() {
    ContextOptions options =
        new ContextOptions(2_000_000_000, 512, 512, 1, 1, 1, FlashAttention.ON);

    LlamaException refusal =
        assertThrows(LlamaException.class, () -> Context.create(model, options));

    assertTrue(
        refusal.getMessage().contains("a context of 2000000000 tokens"), refusal.getMessage());
  }

  @Test
  void threadsMayChangeBetweenDecodes() {
    try (Context context = Models.context(model, 256, 1);
        Batch batch = Batch.allocate(8, 1)) {
      context.threads(1, 1);
      batch.add(100, 0, 0, true);
      assertEquals(DecodeResult.OK, context.decode(batch));
      assertThrows(LlamaException.class, () -> context.threads(0, 1));
    }
  }

  @Test
  void optionsThatMakeNoSenseAreRefused() {
    assertThrows(
        IllegalArgumentException.class,
        () -> new ContextOptions(0, 1, 1, 1, 1, 1, FlashAttention.ON));
    assertThrows(
        IllegalArgumentException.class,
        () -> new ContextOptions(512, 64, 128, 1, 1, 1, FlashAttention.ON));
    assertThrows(
        IllegalArgumentException.class,
        () -> new ContextOptions(512, 64, 64, 257, 1, 1, FlashAttention.ON));
    assertFalse(ModelOptions.defaults().checkTensors());
  }

  private static int next(
      Context context, Sampler sampler, Batch batch, int token, int position, int sequence) {
    batch.clear();
    int output = batch.add(token, position, sequence, true);
    assertEquals(DecodeResult.OK, context.decode(batch));
    return sampler.sample(context, output);
  }

  private String complete(String text) {
    try (Context context = Models.context(model, 256, 1);
        Sampler sampler = Sampler.create(model, SamplerOptions.greedy());
        TokenBuffer prompt = model.tokenize(text, true, false)) {
      return Generation.generate(context, sampler, prompt, 12);
    }
  }
}
