package dev.freehold.llama;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Objects;

/**
 * A KV cache and the computation over it. Owned by one thread; only {@link #requestAbort} may be
 * called from others. Its sequences share one pool of cells.
 */
public final class Context implements AutoCloseable {

  private final Model model;
  private final long address;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment message = arena.allocate(CallFrame.MESSAGE_BYTES);
  private final MemorySegment floatsAt = arena.allocate(JAVA_LONG);
  private final MemorySegment floatsCount = arena.allocate(JAVA_INT);
  private final Lifetime lifetime;
  private final int contextTokens;

  /** What all its sequences are computed with, null for the model alone. */
  private Adapter adapter;

  private Context(Model model, long address) {
    this.model = model;
    this.address = address;
    this.lifetime = new Lifetime("the context", this::free);
    this.contextTokens = ContextCalls.tokens(address);
  }

  /**
   * Makes a context. The model stays in memory until the context is closed.
   *
   * @throws LlamaException if there is not enough memory or the model does not allow the options
   */
  public static Context create(Model model, ContextOptions options) {
    Objects.requireNonNull(options, "options");
    model.lifetime().enter();
    try (CallFrame frame = new CallFrame()) {
      int status = ContextCalls.create(model.address(), options, frame.pointer(), frame.message());
      frame.check(status, "no context could be made");
      return new Context(model, frame.address());
    } catch (RuntimeException | Error e) {
      model.lifetime().exit();
      throw e;
    }
  }

  /**
   * Makes a context whose batches give a vector, or scores, for each of their sequences. A sequence
   * lies whole within one batch and begins at position 0; whoever decodes calls {@link #clear}
   * before the next batch. The model stays in memory until the context is closed.
   *
   * @param batchTokens the most tokens of one batch, and so of one sequence
   * @param sequencesMax the most sequences of one batch, numbered from 0
   * @param threads compute threads
   * @param pooling what becomes of a sequence's outputs; the model's own unless it is a trial
   * @throws LlamaException if there is not enough memory
   */
  public static Context createPooled(
      Model model, int batchTokens, int sequencesMax, int threads, Pooling pooling) {
    if (pooling == Pooling.NONE) {
      throw new IllegalArgumentException("a pooled context needs a pooling, found NONE");
    }
    ContextOptions.requirePositive("batchTokens", batchTokens);
    ContextOptions.requirePositive("threads", threads);
    ContextOptions.requireSequences(sequencesMax);
    model.lifetime().enter();
    try (CallFrame frame = new CallFrame()) {
      int status =
          ContextCalls.createPooled(
              model.address(),
              batchTokens,
              sequencesMax,
              threads,
              pooling.code(),
              frame.pointer(),
              frame.message());
      frame.check(status, "no context could be made");
      return new Context(model, frame.address());
    } catch (RuntimeException | Error e) {
      model.lifetime().exit();
      throw e;
    }
  }

  private void free() {
    ContextCalls.free(address);
    arena.close();
    if (adapter != null) {
      adapter.lifetime().exit();
    }
    model.lifetime().exit();
  }

  /** The cells of the cache, which may be a few more than were asked for. */
  public int contextTokens() {
    requireOpen();
    return contextTokens;
  }

  public Model model() {
    return model;
  }

  /**
   * Computes a batch. Allocates nothing.
   *
   * @throws LlamaException if the batch is empty, too large or malformed, or the computation failed
   */
  public DecodeResult decode(Batch batch) {
    lifetime.enter();
    try {
      batch.lifetime().enter();
      try {
        return result(ContextCalls.decode(address, batch.struct(), message));
      } finally {
        batch.lifetime().exit();
      }
    } finally {
      lifetime.exit();
    }
  }

  /**
   * Computes a part of an image. Allocates nothing.
   *
   * @throws LlamaException as {@link #decode(Batch)}, or if an image that must be decoded at once
   *     has more tokens than this context takes
   */
  public DecodeResult decode(ImageBatch batch) {
    if (batch.model() != model) {
      throw new IllegalArgumentException(
          batch.model() == null ? "the batch holds no image" : "an image for another model");
    }
    lifetime.enter();
    try {
      batch.lifetime().enter();
      try {
        return result(
            VisionCalls.decode(address, batch.struct(), Model.flag(batch.nonCausal()), message));
      } finally {
        batch.lifetime().exit();
      }
    } finally {
      lifetime.exit();
    }
  }

  /**
   * Computes with an adapter of this context's model from the next decode on, for every sequence.
   * The adapter stays in memory until this context is closed. Once a context, before it is used:
   * what its cache holds was computed without.
   */
  public void adapt(Adapter chosen, float scale) {
    if (adapter != null || !chosen.isFor(model)) {
      throw new IllegalArgumentException(
          adapter != null ? "the context has an adapter already" : "an adapter of another model");
    }
    lifetime.enter();
    try {
      chosen.lifetime().enter();
      int status = AdapterCalls.apply(address, chosen.address(), scale, message);
      if (status < 0) {
        chosen.lifetime().exit();
      }
      check(status, "the adapter could not be used");
      adapter = chosen;
    } finally {
      lifetime.exit();
    }
  }

  private DecodeResult result(int status) {
    return switch (status) {
      case ContextCalls.OK -> DecodeResult.OK;
      case ContextCalls.NO_KV_SLOT -> DecodeResult.NO_KV_SLOT;
      case ContextCalls.ABORTED -> DecodeResult.ABORTED;
      default -> throw CallFrame.failure("the batch could not be decoded", message);
    };
  }

  /**
   * Removes the cells of a sequence from one position up to, not including, another; -1 leaves that
   * end open.
   *
   * @return false if this kind of cache cannot remove just that part; a whole sequence always can
   *     be
   */
  public boolean removeSequence(int sequence, int fromPosition, int toPosition) {
    lifetime.enter();
    try {
      int status =
          ContextCalls.sequenceRemove(address, sequence, fromPosition, toPosition, message);
      check(status, "the sequence could not be removed");
      return status != 0;
    } finally {
      lifetime.exit();
    }
  }

  /** Lets a sequence share another's cells; -1 leaves an end of the range open. */
  public void copySequence(int source, int target, int fromPosition, int toPosition) {
    lifetime.enter();
    try {
      int status =
          ContextCalls.sequenceCopy(address, source, target, fromPosition, toPosition, message);
      check(status, "the sequence could not be copied");
    } finally {
      lifetime.exit();
    }
  }

  /** The last position a sequence has in the cache; -1 if it has none. */
  public int lastPosition(int sequence) {
    lifetime.enter();
    try (CallFrame frame = new CallFrame()) {
      int status =
          ContextCalls.sequenceLastPosition(address, sequence, frame.number(), frame.message());
      frame.check(status, "the sequence could not be looked up");
      return frame.count();
    } finally {
      lifetime.exit();
    }
  }

  /** Removes every sequence. */
  public void clear() {
    lifetime.enter();
    try {
      check(ContextCalls.clear(address, message), "the cache could not be cleared");
    } finally {
      lifetime.exit();
    }
  }

  /** Sets how many threads compute, from the next decode on. */
  public void threads(int decode, int batch) {
    lifetime.enter();
    try {
      check(
          ContextCalls.threads(address, decode, batch, message),
          "the threads could not be changed");
    } finally {
      lifetime.exit();
    }
  }

  /**
   * Raises or lowers the flag that ends a running decode within about one layer's time, for the
   * whole batch, on CPUs only. It stays raised until it is lowered. From any thread.
   */
  public void requestAbort(boolean on) {
    lifetime.enter();
    try {
      ContextCalls.requestAbort(address, Model.flag(on));
    } finally {
      lifetime.exit();
    }
  }

  /** How many bytes {@link #saveSequence} would write now. */
  public long sequenceStateBytes(int sequence) {
    lifetime.enter();
    try (CallFrame frame = new CallFrame()) {
      int status = ContextCalls.stateSize(address, sequence, frame.number(), frame.message());
      frame.check(status, "the sequence's size could not be read");
      return frame.bytes();
    } finally {
      lifetime.exit();
    }
  }

  /**
   * Copies a sequence's cells out of the cache into native memory.
   *
   * @return the number of bytes written
   */
  public long saveSequence(int sequence, MemorySegment into) {
    Model.requireNative(into);
    lifetime.enter();
    try (CallFrame frame = new CallFrame()) {
      int status =
          ContextCalls.stateSave(
              address, sequence, into, into.byteSize(), frame.number(), frame.message());
      frame.check(status, "the sequence could not be saved");
      return frame.bytes();
    } finally {
      lifetime.exit();
    }
  }

  /** Puts saved cells back, as the given sequence. */
  public void restoreSequence(int sequence, MemorySegment from) {
    Model.requireNative(from);
    lifetime.enter();
    try {
      int status = ContextCalls.stateRestore(address, sequence, from, from.byteSize(), message);
      check(status, "the sequence could not be restored");
    } finally {
      lifetime.exit();
    }
  }

  /**
   * Copies a sequence's vector, or its scores, from where the last batch left them. No float of it
   * passes through the heap.
   *
   * @param into native memory, which takes as many of the first floats as fit
   * @return how many floats there are, which may be more than were copied
   * @throws LlamaException if the last batch had no such sequence, or the context is not pooled
   */
  public int embeddings(int sequence, MemorySegment into) {
    Model.requireNative(into);
    lifetime.enter();
    try {
      int status =
          ContextCalls.embeddingsSequence(address, sequence, floatsAt, floatsCount, message);
      check(status, "the sequence has no vector");
      int count = floatsCount.get(JAVA_INT, 0);
      long bytes = Math.min((long) count * Float.BYTES, into.byteSize());
      MemorySegment floats = MemorySegment.ofAddress(floatsAt.get(JAVA_LONG, 0));
      MemorySegment.copy(floats.reinterpret(bytes), 0, into, 0, bytes);
      return count;
    } finally {
      lifetime.exit();
    }
  }

  /**
   * Natural logarithms of the probabilities at an output of the last batch, before any sampler
   * changed them.
   *
   * @param batchIndex what {@link Batch#add} returned for the output
   * @param token the token whose own is returned
   * @param top how many of the likeliest tokens are written, likeliest first
   * @param topTokens native memory for {@code top} ints
   * @param topLogprobs native memory for {@code top} floats
   */
  public float logprobs(
      int batchIndex, int token, int top, MemorySegment topTokens, MemorySegment topLogprobs) {
    Model.requireNative(topTokens);
    Model.requireNative(topLogprobs);
    Objects.checkFromIndexSize(0L, (long) top * Integer.BYTES, topTokens.byteSize());
    Objects.checkFromIndexSize(0L, (long) top * Float.BYTES, topLogprobs.byteSize());
    lifetime.enter();
    try (CallFrame frame = new CallFrame()) {
      int status =
          ContextCalls.logprobs(
              address, batchIndex, token, top, frame.number(), topTokens, topLogprobs, message);
      check(status, "the probabilities could not be read");
      return frame.number().get(JAVA_FLOAT, 0);
    } finally {
      lifetime.exit();
    }
  }

  private void check(int status, String doing) {
    if (status < 0) {
      throw CallFrame.failure(doing, message);
    }
  }

  private void requireOpen() {
    if (lifetime.closed()) {
      throw new IllegalStateException("the context is closed");
    }
  }

  Lifetime lifetime() {
    return lifetime;
  }

  long address() {
    return address;
  }

  @Override
  public void close() {
    lifetime.close();
  }
}
