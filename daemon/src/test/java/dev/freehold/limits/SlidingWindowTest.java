package dev.freehold.limits;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

/** The log of a minute against one that keeps every single amount. */
class SlidingWindowTest {

  private static final long SECOND = 1_000_000_000L;

  /** An amount as the model remembers it. */
  private static final class Counted {
    private final long time;
    private final long tick;
    private final long reserved;
    private long amount;

    private Counted(long time, long tick, long amount) {
      this.time = time;
      this.tick = tick;
      this.reserved = amount;
      this.amount = amount;
    }
  }

  private static long exact(Deque<Counted> model, long from) {
    return model.stream().filter(one -> one.time > from).mapToLong(one -> one.amount).sum();
  }

  @RepeatedTest(4)
  void neverCountsLessThanTheMinuteHadNorMoreThanATickLonger() {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    SlidingWindow window = new SlidingWindow();
    Deque<Counted> model = new ArrayDeque<>();
    long now = 0;
    for (int step = 0; step < 20_000; step++) {
      now += random.nextInt(50) == 0 ? random.nextLong(9 * SECOND) : random.nextLong(SECOND / 20);
      if (random.nextInt(3) > 0) {
        long amount = random.nextInt(100);
        model.add(new Counted(now, window.add(amount, now), amount));
      } else {
        correct(random, window, model, now);
      }
      long oldest = now - SlidingWindow.WINDOW_NANOS;
      long used = window.used(now);
      assertTrue(used >= exact(model, oldest), "seed " + seed);
      assertTrue(used <= exact(model, oldest - SlidingWindow.TICK_NANOS), "seed " + seed);
      long limit = 200 + random.nextLong(40_000);
      long wait = window.waitNanos(150, limit, now);
      if (wait > 0) {
        assertTrue(
            exact(model, oldest + wait) + 150 <= limit && used + 150 > limit, "seed " + seed);
        now += random.nextInt(100) == 0 ? wait : 0;
      }
      model.removeIf(one -> one.time <= oldest - 2 * SlidingWindow.TICK_NANOS);
    }
    now += window.resetNanos(now);
    assertEquals(0, window.used(now), "seed " + seed);
  }

  private static void correct(Random random, SlidingWindow window, Deque<Counted> model, long now) {
    if (model.isEmpty()) {
      return;
    }
    Iterator<Counted> from = model.iterator();
    Counted one = from.next();
    for (int skip = random.nextInt(model.size()); skip > 0; skip--) {
      one = from.next();
    }
    // What was added by a correction is never corrected itself.
    if (one.tick < 0 || one.amount != one.reserved) {
      return;
    }
    long real = random.nextInt(120);
    window.correct(one.tick, one.reserved, real, now);
    if (real > one.reserved) {
      model.add(new Counted(now, -1, real - one.reserved));
    } else if (now - one.time < SlidingWindow.WINDOW_NANOS) {
      one.amount = real;
    } else {
      // It may stand in the log for some of a tick; then it is taken from there.
      one.amount = Math.min(one.amount, real);
    }
  }

  @Test
  void logIsBoundedHoweverMuchComes() {
    SlidingWindow window = new SlidingWindow();
    long now = 0;
    for (int i = 0; i < 300_000; i++) {
      now += SECOND / 1_000;
      window.add(1, now);
    }
    long used = window.used(now);
    assertTrue(used >= 60_000 && used <= 60_100, "found " + used);
  }

  @Test
  void whatIsLargerThanTheLimitNeverFits() {
    assertEquals(SlidingWindow.NEVER, new SlidingWindow().waitNanos(11, 10, 0));
    assertEquals(0, new SlidingWindow().waitNanos(10, 10, 0));
  }
}
