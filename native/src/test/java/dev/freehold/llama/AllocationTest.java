package dev.freehold.llama;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;

class AllocationTest {

  private static final int WARM_UP_TOKENS = 300;
  private static final int MEASURED_TOKENS = 300;

  /** What the JVM itself may round a thread's count by. */
  private static final long BYTES_PER_TOKEN_MAX = 8;

  @Test
  void decodingSamplingAndReadingATokenAllocateNothingOnTheHeap() {
    Model model = Models.shared();
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long id = Thread.currentThread().threadId();
    try (Context context = Models.context(model, 1024, 1);
        Sampler sampler = Sampler.create(model, SamplerOptions.defaults().withSeed(7));
        TokenBuffer prompt = model.tokenize("Once upon a time", true, false);
        Batch batch = Batch.allocate(512, 1);
        Arena arena = Arena.ofConfined()) {
      MemorySegment piece = arena.allocate(512);
      Generation.prefill(context, batch, prompt, 0);
      int position = prompt.size();
      int output = prompt.size() - 1;
      position = generate(context, sampler, batch, piece, position, output, WARM_UP_TOKENS);

      long before = threads.getThreadAllocatedBytes(id);
      long costOfAsking = threads.getThreadAllocatedBytes(id) - before;
      long start = threads.getThreadAllocatedBytes(id);
      generate(context, sampler, batch, piece, position, 0, MEASURED_TOKENS);
      long allocated = threads.getThreadAllocatedBytes(id) - start - costOfAsking;

      System.out.printf(
          "heap bytes allocated for %d tokens: %d (%.2f a token)%n",
          MEASURED_TOKENS, allocated, (double) allocated / MEASURED_TOKENS);
      assertTrue(
          allocated <= BYTES_PER_TOKEN_MAX * MEASURED_TOKENS,
          () -> allocated + " bytes for " + MEASURED_TOKENS + " tokens");
    }
  }

  /** As an engine does it: sample, accept, read, put into the next batch, decode. */
  private static int generate(
      Context context,
      Sampler sampler,
      Batch batch,
      MemorySegment piece,
      int firstPosition,
      int firstOutput,
      int tokens) {
    Model model = context.model();
    int position = firstPosition;
    int output = firstOutput;
    long bytes = 0;
    for (int i = 0; i < tokens; i++) {
      int token = sampler.sample(context, output);
      sampler.accept(token);
      if (!model.isEndOfGeneration(token)) {
        bytes += model.piece(token, piece, true);
      }
      batch.clear();
      output = batch.add(token, position++, 0, true);
      if (context.decode(batch) != DecodeResult.OK) {
        throw new AssertionError("not decoded");
      }
    }
    if (bytes == 0) {
      throw new AssertionError("no text");
    }
    return position;
  }
}
