package dev.freehold.engine;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.freehold.llama.TokenPack;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * One request's inputs and what became of them: the reader's end of it, and what the engine's
 * thread keeps about it. One thread reads; {@link #cancel} may come from any.
 *
 * <p>The vectors are copied once, from where llama.cpp left them into the task's own memory, since
 * the next decode overwrites them. That memory has two holders, the engine and the reader, and goes
 * with the later of them: a cancelled task's last vectors may still be under way.
 */
public final class EmbeddingTask implements AutoCloseable {

  private final EmbeddingEngine engine;
  private final EmbeddingRequest request;
  private final int inputs;
  private final long submittedNanos = System.nanoTime();
  private final Arena arena;
  private final MemorySegment vectors;
  private final AtomicInteger holders = new AtomicInteger(2);

  /* The engine's thread's own. */
  int planned;
  private int computed;
  private int computedTokens;

  /* Written by the engine's thread; the reader sees what lies before a volatile write. */
  private volatile int ready;
  private volatile int readyTokens;
  private volatile boolean admitted;
  private volatile boolean ended;
  private EngineException failure;

  private volatile boolean cancelled;
  private volatile Thread reader;

  /* The reader's own. */
  private int taken;
  private boolean closed;

  @SuppressWarnings("MustBeClosedChecker") // the task owns the arena
  EmbeddingTask(EmbeddingEngine engine, EmbeddingRequest request) {
    this.engine = engine;
    this.request = request;
    this.inputs = request.inputs().sequences();
    this.arena = Arena.ofShared();
    this.vectors = arena.allocate(JAVA_FLOAT, (long) inputs * request.width());
  }

  /**
   * Waits for the next result; they come in the order of the inputs.
   *
   * @return which input, from 0; -1 when all have been told
   * @throws EngineException if the task broke off
   */
  public int next() throws EngineException, InterruptedException {
    while (true) {
      boolean over = ended;
      if (taken < ready) {
        taken++;
        return taken - 1;
      }
      if (over) {
        if (failure != null) {
          throw failure;
        }
        return -1;
      }
      await(waitNanos());
    }
  }

  /** A task that is still queued must not wait past its deadline; a running one may. */
  private long waitNanos() throws EngineException {
    if (admitted) {
      return Long.MAX_VALUE / 4;
    }
    long left = submittedNanos + engine.queueDeadlineNanos() - System.nanoTime();
    if (left <= 0 && engine.withdraw(this)) {
      throw new EngineException(
          EngineException.Kind.QUEUE_TIMEOUT,
          "no turn came in time: the box is busy, try again later",
          engine.retryAfter());
    }
    return Math.max(left, 1_000_000);
  }

  private void await(long nanos) throws InterruptedException {
    int seen = taken;
    reader = Thread.currentThread();
    try {
      if (ready == seen && !ended) {
        LockSupport.parkNanos(this, nanos);
      }
    } finally {
      reader = null;
    }
    if (Thread.interrupted()) {
      throw new InterruptedException();
    }
  }

  /** The floats of a result that {@link #next} has told; valid until {@link #close}. */
  public MemorySegment result(int input) {
    if (input < 0 || input >= taken) {
      throw new IndexOutOfBoundsException("input %d has no result yet".formatted(input));
    }
    return slot(input).asReadOnly();
  }

  /** The tokens of those inputs whose results are there. */
  public int computedTokens() {
    return readyTokens;
  }

  /** Ends the task at the next step boundary. What was told stays readable. */
  public void cancel() {
    if (!cancelled) {
      cancelled = true;
      engine.cancelled(this);
    }
  }

  /** Cancels what is still running, and frees the results once the engine has let go of them. */
  @Override
  public void close() {
    cancel();
    if (!closed) {
      closed = true;
      letGo();
    }
  }

  private void letGo() {
    if (holders.decrementAndGet() == 0) {
      arena.close();
    }
  }

  boolean hasEnded() {
    return ended;
  }

  boolean isCancelled() {
    return cancelled;
  }

  void admitted() {
    admitted = true;
  }

  TokenPack tokens() {
    return request.inputs();
  }

  /** Inputs that no batch has held yet. */
  boolean isPlanned() {
    return planned == inputs;
  }

  boolean isComputed() {
    return computed == inputs;
  }

  /** What was planned did not come about. */
  void plan() {
    planned = computed;
  }

  /** Where the next result belongs. */
  MemorySegment nextSlot() {
    return slot(computed);
  }

  private MemorySegment slot(int input) {
    long bytes = (long) request.width() * Float.BYTES;
    return vectors.asSlice(input * bytes, bytes);
  }

  /** The next result lies in its slot. */
  void resultIsThere() {
    if (request.normalised()) {
      normalise(nextSlot(), request.width());
    }
    computedTokens += request.inputs().length(computed);
    computed++;
  }

  static void normalise(MemorySegment vector, int width) {
    double squares = 0;
    for (int i = 0; i < width; i++) {
      float component = vector.getAtIndex(JAVA_FLOAT, i);
      squares += (double) component * component;
    }
    // A vector of zeros has no direction and stays what it is.
    double factor = squares > 0 ? 1 / Math.sqrt(squares) : 0;
    for (int i = 0; i < width; i++) {
      vector.setAtIndex(JAVA_FLOAT, i, (float) (vector.getAtIndex(JAVA_FLOAT, i) * factor));
    }
  }

  /** Shows the reader what a step has computed. */
  void publish() {
    if (ready < computed) {
      readyTokens = computedTokens;
      ready = computed;
      wake();
    }
  }

  void end() {
    publish();
    finish();
  }

  void fail(EngineException why) {
    failure = why;
    finish();
  }

  private void finish() {
    ended = true;
    wake();
    request.inputs().close();
    letGo();
  }

  private void wake() {
    Thread waiting = reader;
    if (waiting != null) {
      LockSupport.unpark(waiting);
    }
  }

  long ageNanos() {
    return System.nanoTime() - submittedNanos;
  }
}
