package dev.freehold.limits;

import static dev.freehold.limits.LimitsFixture.budget;
import static dev.freehold.limits.LimitsFixture.group;
import static dev.freehold.limits.LimitsFixture.microATokenSince;
import static dev.freehold.limits.LimitsFixture.provider;
import static dev.freehold.limits.LimitsFixture.rates;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.freehold.bundle.policy.Limits;
import dev.freehold.bundle.policy.ProviderSpec;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.Usage;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/**
 * Many threads at once, under a clock that stands still: every limit holds and all is given back.
 */
class LimitsThreadsTest {

  private static final int THREADS = 16;
  private static final int TRIES = 400;
  private static final int REQUESTS_MAX = 3_000;
  private static final int STREAMS_MAX = 7;
  private static final long BUDGET_MICROS = 40_000;

  private final long seed = System.nanoTime();
  private final LimitsFixture box =
      new LimitsFixture(
          Instant.parse("2026-03-02T11:00:00Z"),
          group(
              "office",
              rates(REQUESTS_MAX, 1_000_000, STREAMS_MAX),
              budget("0.04", null),
              Limits.NONE,
              budget(null, null)));
  private final ProviderSpec paid =
      provider("helvet", microATokenSince("2026-01-01"), rates(-1, -1, 3), budget(null, null));
  private final AtomicInteger running = new AtomicInteger();
  private final AtomicInteger runningMost = new AtomicInteger();
  private final AtomicInteger atProviderMost = new AtomicInteger();
  private final AtomicInteger atProvider = new AtomicInteger();
  private final AtomicInteger admitted = new AtomicInteger();
  private final AtomicLong tokens = new AtomicLong();
  private final AtomicLong spent = new AtomicLong();

  @Test
  void everyLimitHoldsAndEverySettledTokenIsCountedOnce() throws Exception {
    System.out.println("seed " + seed);
    List<Future<Void>> threads = new ArrayList<>();
    try (ExecutorService executor = Executors.newFixedThreadPool(THREADS)) {
      for (int i = 0; i < THREADS; i++) {
        int thread = i;
        Callable<Void> work = () -> ask("client-" + thread % 5, new Random(seed + thread));
        threads.add(executor.submit(work));
      }
    }
    for (Future<Void> thread : threads) {
      thread.get();
    }
    assertTrue(runningMost.get() <= STREAMS_MAX, "seed " + seed);
    assertTrue(atProviderMost.get() <= 3, "seed " + seed);
    assertTrue(admitted.get() <= REQUESTS_MAX, "seed " + seed);
    assertTrue(spent.get() <= BUDGET_MICROS, "seed " + seed);
    RateStatus status = box.limits.rates("client-0", List.of("office"));
    assertEquals(REQUESTS_MAX - admitted.get(), status.requests().orElseThrow().remaining());
    assertEquals(1_000_000 - tokens.get(), status.tokens().orElseThrow().remaining());
    box.publish(
        group("office", Limits.NONE, budget("0.04", null), Limits.NONE, budget(null, null)));
    int left = Math.toIntExact(BUDGET_MICROS - spent.get());
    try (Reservation request = box.reserve("client-0", left, 0, "office")) {
      LimitsFixture.passedOver(request.attempt(paid, new Estimate(left + 1, 0, true)));
      LimitsFixture.granted(request.attempt(paid));
    }
  }

  private Void ask(String client, Random random) {
    for (int i = 0; i < TRIES; i++) {
      int prompt = 1 + random.nextInt(50);
      try (Reservation request = box.reserve(client, prompt, 20, "office")) {
        runningMost.accumulateAndGet(running.incrementAndGet(), Math::max);
        admitted.incrementAndGet();
        switch (request.attempt(paid)) {
          case ProviderAdmission.Granted granted -> answer(granted.charge(), prompt, random);
          case ProviderAdmission.PassedOver passed -> {}
        }
        // Counted down while the place is still held, so that the count is never too high.
        running.decrementAndGet();
      } catch (InferenceException e) {
        assertEquals(InferenceException.Kind.OVERLOADED, e.kind());
      }
    }
    return null;
  }

  private void answer(Charge charge, int prompt, Random random) {
    atProviderMost.accumulateAndGet(atProvider.incrementAndGet(), Math::max);
    int written = random.nextInt(21);
    boolean released = random.nextInt(4) == 0;
    atProvider.decrementAndGet();
    // Two threads end it: the stream's own and the one that saw the client hang up.
    charge.observe(new Usage(prompt, 0, written));
    Thread watch = Thread.ofVirtual().start(charge::close);
    if (!released) {
      charge.settle(new Usage(prompt, 0, written));
    } else {
      charge.release();
    }
    try {
      watch.join();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
    long cost = charge.settle(Usage.NONE).micros();
    spent.addAndGet(cost);
    tokens.addAndGet(cost);
  }
}
