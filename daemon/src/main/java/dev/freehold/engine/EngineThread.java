package dev.freehold.engine;

import dev.freehold.llama.Context;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;

/**
 * The life of the platform thread that owns an engine's context: it takes steps until it is stopped
 * or fails, and then lets go of everything. Whatever others may do to it meanwhile is here: raise
 * the abort flag of the decode call that is under way, and stop it.
 */
final class EngineThread {

  /** What the thread does over and over; it may wait for work, which {@link #stop} interrupts. */
  @FunctionalInterface
  interface Step {
    void take() throws InterruptedException;
  }

  private final Logger log;
  private final String engine;
  private final Context context;
  private final Thread thread;

  private volatile boolean stopping;

  /**
   * @param name the thread's
   * @param engine what its messages call it, as in "the engine"
   * @param release ends what is waiting and running and frees what the thread owns but the context,
   *     which is freed after it
   */
  EngineThread(
      String name, String engine, Logger log, Context context, Step step, Runnable release) {
    this.engine = engine;
    this.log = log;
    this.context = context;
    this.thread =
        Thread.ofPlatform()
            .name(name)
            .daemon(true)
            .unstarted(() -> stepUntilStopped(step, release));
  }

  void start() {
    thread.start();
  }

  boolean isStopping() {
    return stopping;
  }

  /** Breaks off the decode call that is under way. Any thread may ask for it, at any time. */
  void abortDecode() {
    try {
      context.requestAbort(true);
    } catch (IllegalStateException e) {
      log.log(Level.DEBUG, "{0} had stopped already", engine);
    }
  }

  /**
   * Lowers the abort flag before a decode call. Whoever raised it may want that call ended as well:
   * what they wanted must be looked up after this, or one that came just before it is lost.
   *
   * @return whether the engine goes on
   */
  boolean lowerAbort() {
    context.requestAbort(false);
    return !stopping;
  }

  /** Returns when everything has been let go of. A second time it does nothing. */
  void stop() {
    stopping = true;
    abortDecode();
    thread.interrupt();
    Uninterrupted.await(
        () -> {
          thread.join();
          return true;
        });
  }

  private void stepUntilStopped(Step step, Runnable release) {
    try {
      while (!stopping) {
        step.take();
      }
    } catch (InterruptedException e) {
      // Only stop() interrupts this thread: the loop is over.
      stopping = true;
    } catch (RuntimeException | Error e) {
      stopping = true;
      log.log(Level.ERROR, engine + " failed and has stopped", e);
    } finally {
      release.run();
      context.close();
    }
  }
}
