package dev.freehold.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** Steps of a box with two cores, as measured: 10 ms alone, beside a neighbour as stated. */
class ComputeThreadsTest {

  private static final double ALONE_TWO = 10e6;
  private static final double ALONE_ONE = 17e6;
  private static final double BESIDE_TWO = 100e6;
  private static final double BESIDE_ONE = 18e6;

  private final ComputeThreads threads = new ComputeThreads(2, 4);
  private double spentNanos;

  private void run(int steps, boolean neighbour, int streams) {
    for (int i = 0; i < steps; i++) {
      double cost =
          threads.threads() == 2
              ? (neighbour ? BESIDE_TWO : ALONE_TWO)
              : (neighbour ? BESIDE_ONE : ALONE_ONE);
      spentNanos += cost;
      threads.measured(streams, cost);
    }
  }

  @Test
  void quietBoxSpendsLittleOnTryingFewerThreads() {
    run(2_000, false, 1);
    assertTrue(spentNanos < 2_000 * ALONE_TWO * 1.02, "%.0f ms".formatted(spentNanos / 1e6));
  }

  @Test
  void boxThatStartsBesideABusyNeighbourFindsOut() {
    run(20, true, 1);
    assertEquals(1, threads.threads());
  }

  @Test
  void busyNeighbourIsAnsweredWithinADozenSteps() {
    run(50, false, 1);
    run(15, true, 1);
    assertEquals(1, threads.threads());
  }

  @Test
  void longBesideABusyNeighbourCostsLittleMoreThanOneThreadAlone() {
    run(50, false, 1);
    spentNanos = 0;
    run(2_000, true, 1);
    assertTrue(spentNanos < 2_000 * BESIDE_ONE * 1.1, "%.0f ms".formatted(spentNanos / 1e6));
  }

  @Test
  void allThreadsComeBackWhenTheNeighbourHasGone() {
    run(50, false, 1);
    run(200, true, 1);
    run(1_100, false, 1);
    assertEquals(2, threads.threads());
  }

  /** A small model may gain little from a second thread; it is still the faster choice. */
  @Test
  void allThreadsComeBackForASmallGain() {
    run(20, true, 1);
    assertEquals(1, threads.threads());
    for (int i = 0; i < 200; i++) {
      threads.measured(1, threads.threads() == 2 ? ALONE_ONE * 0.93 : ALONE_ONE);
    }
    assertEquals(2, threads.threads());
  }

  @Test
  void moreStreamsAreNoReasonForSuspicion() {
    run(500, false, 1);
    for (int i = 0; i < 20; i++) {
      threads.measured(4, 25e6);
      assertEquals(2, threads.threads());
    }
  }

  @Test
  void boxWithOneCoreHasNoChoice() {
    ComputeThreads one = new ComputeThreads(1, 4);
    for (int i = 0; i < 100; i++) {
      one.measured(1, i % 2 == 0 ? 10e6 : 900e6);
      assertEquals(1, one.threads());
    }
  }
}
