package dev.freehold.engine;

import java.util.Arrays;

/**
 * How many threads compute a step, chosen by what steps cost. Owned by the engine's thread.
 *
 * <p>llama.cpp's threads meet at a spinning barrier many times a step. As long as each has a core
 * to itself, more threads are faster; when another program takes a core away, all wait for the one
 * that was descheduled, and a step can cost ten times as much. One thread less then is the faster
 * choice (measured on two cores beside one busy neighbour: 8 tokens/s with two threads, 75 with
 * one). So when steps are suddenly slow, fewer threads are tried and kept while they pay, and all
 * of them are tried again from time to time, less often each time it does not pay. Soon after the
 * start fewer are tried in any case: a box may start beside a busy neighbour and know no better.
 *
 * <p>Only steps without prompt tokens are compared, each with others of as many streams.
 */
final class ComputeThreads {

  /** A step this many times slower than the best seen is suspicious. */
  private static final double SUSPICIOUS = 2.0;

  private static final int STRIKES_MAX = 6;

  /** Steps of one trial; their median decides, so that a hiccup does not. */
  private static final int TRIAL_STEPS = 5;

  /**
   * What a trial must win by. Fewer threads have to be clearly better, so that noise does not make
   * the choice flutter; all of them, the normal state, need only be no worse.
   */
  private static final double GAIN_OF_FEWER = 0.9;

  private static final double GAIN_OF_ALL = 0.98;

  private static final int RETRY_STEPS_MIN = 32;
  private static final int RETRY_STEPS_MAX = 1024;

  /** Without suspicion fewer threads are tried after so many steps, then ever more rarely. */
  private static final int CHECK_STEPS_MIN = 8;

  private static final int CHECK_STEPS_MAX = 4096;

  /** Sequences grow and steps with them: a best time loses its force over some hundred steps. */
  private static final double BEST_DRIFT = 1.001;

  private enum Phase {
    ALL,
    TRYING_FEWER,
    FEWER,
    TRYING_ALL
  }

  private final int all;
  private final int fewer;
  private final double[] bestNanos;
  private final double[] trialNanos = new double[TRIAL_STEPS];
  private Phase phase = Phase.ALL;
  private int strikes;
  private int trialSteps;
  private int trialStreams;
  private double rivalNanos;
  private double recentNanos;
  private int stepsUntilRetry;
  private int retrySteps = RETRY_STEPS_MIN;
  private int stepsUntilCheck = CHECK_STEPS_MIN;
  private int checkSteps = CHECK_STEPS_MIN;

  ComputeThreads(int all, int streamsMax) {
    this.all = all;
    this.fewer = Math.max(1, all - Math.max(1, all / 4));
    this.bestNanos = new double[streamsMax + 1];
    Arrays.fill(bestNanos, Double.MAX_VALUE);
  }

  /** The threads of the next step. */
  int threads() {
    return switch (phase) {
      case ALL, TRYING_ALL -> all;
      case FEWER, TRYING_FEWER -> fewer;
    };
  }

  /** Takes in what a step without prompt tokens cost. */
  void measured(int streams, double stepNanos) {
    if (all == fewer) {
      return;
    }
    switch (phase) {
      case ALL -> watch(streams, stepNanos);
      case FEWER -> wait(streams, stepNanos);
      case TRYING_FEWER, TRYING_ALL -> trial(streams, stepNanos);
    }
  }

  private void watch(int streams, double stepNanos) {
    bestNanos[streams] = Math.min(bestNanos[streams] * BEST_DRIFT, stepNanos);
    boolean slow = stepNanos > bestNanos[streams] * SUSPICIOUS;
    strikes = slow ? strikes + 1 : Math.max(0, strikes - 1);
    recentNanos = smoothed(stepNanos);
    stepsUntilCheck--;
    if (strikes >= STRIKES_MAX || stepsUntilCheck <= 0) {
      begin(Phase.TRYING_FEWER, streams);
    }
  }

  private void wait(int streams, double stepNanos) {
    recentNanos = smoothed(stepNanos);
    stepsUntilRetry--;
    if (stepsUntilRetry <= 0) {
      begin(Phase.TRYING_ALL, streams);
    }
  }

  private double smoothed(double stepNanos) {
    return recentNanos == 0 ? stepNanos : recentNanos + 0.2 * (stepNanos - recentNanos);
  }

  private void begin(Phase trial, int streams) {
    phase = trial;
    rivalNanos = recentNanos;
    recentNanos = 0;
    trialSteps = 0;
    trialStreams = streams;
    strikes = 0;
  }

  private void trial(int streams, double stepNanos) {
    if (streams != trialStreams) {
      // The comparison no longer holds: go back to what there was before, and look again.
      settle(phase == Phase.TRYING_FEWER ? Phase.ALL : Phase.FEWER);
      return;
    }
    trialNanos[trialSteps++] = stepNanos;
    boolean hopeless = phase == Phase.TRYING_ALL && stepNanos > rivalNanos * SUSPICIOUS;
    if (trialSteps < TRIAL_STEPS && !hopeless) {
      return;
    }
    double gain = phase == Phase.TRYING_FEWER ? GAIN_OF_FEWER : GAIN_OF_ALL;
    boolean won = !hopeless && median() < rivalNanos * gain;
    if (phase == Phase.TRYING_FEWER) {
      bestNanos[streams] = won ? bestNanos[streams] : rivalNanos;
      retrySteps = RETRY_STEPS_MIN;
      checkSteps = won ? CHECK_STEPS_MIN : Math.min(checkSteps * 4, CHECK_STEPS_MAX);
      settle(won ? Phase.FEWER : Phase.ALL);
    } else {
      retrySteps = won ? RETRY_STEPS_MIN : Math.min(retrySteps * 2, RETRY_STEPS_MAX);
      settle(won ? Phase.ALL : Phase.FEWER);
    }
  }

  private void settle(Phase next) {
    phase = next;
    recentNanos = 0;
    stepsUntilRetry = retrySteps;
    stepsUntilCheck = checkSteps;
  }

  private double median() {
    Arrays.sort(trialNanos);
    return trialNanos[TRIAL_STEPS / 2];
  }
}
