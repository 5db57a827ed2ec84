package dev.freehold.llama;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** The functions of contexts: decoding, the KV cache, saved sequences. */
final class ContextCalls {

  static final int OK = 0;
  static final int NO_KV_SLOT = 1;
  static final int ABORTED = 2;

  private static final MethodHandle FREEHOLD_CONTEXT_CREATE =
      NativeLibrary.bind(
          "freehold_context_create",
          FunctionDescriptor.of(
              JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT,
              JAVA_INT, ADDRESS, ADDRESS));
  private static final MethodHandle FREEHOLD_CONTEXT_CREATE_POOLED =
      NativeLibrary.bind(
          "freehold_context_create_pooled",
          FunctionDescriptor.of(
              JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, ADDRESS));
  private static final MethodHandle FREEHOLD_CONTEXT_FREE =
      NativeLibrary.bind("freehold_context_free", FunctionDescriptor.ofVoid(JAVA_LONG));
  private static final MethodHandle FREEHOLD_CONTEXT_TOKENS =
      NativeLibrary.bind("freehold_context_tokens", FunctionDescriptor.of(JAVA_INT, JAVA_LONG));
  private static final MethodHandle FREEHOLD_DECODE =
      NativeLibrary.bind(
          "freehold_decode", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, ADDRESS, ADDRESS));
  private static final MethodHandle FREEHOLD_SEQUENCE_REMOVE =
      NativeLibrary.bind(
          "freehold_sequence_remove",
          FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS));
  private static final MethodHandle FREEHOLD_SEQUENCE_COPY =
      NativeLibrary.bind(
          "freehold_sequence_copy",
          FunctionDescriptor.of(
              JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS));
  private static final MethodHandle FREEHOLD_SEQUENCE_LAST_POSITION =
      NativeLibrary.bind(
          "freehold_sequence_last_position",
          FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_INT, ADDRESS, ADDRESS));
  private static final MethodHandle FREEHOLD_CONTEXT_CLEAR =
      NativeLibrary.bind(
          "freehold_context_clear", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, ADDRESS));
  private static final MethodHandle FREEHOLD_CONTEXT_THREADS =
      NativeLibrary.bind(
          "freehold_context_threads",
          FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_INT, ADDRESS));
  // Critical: one store.
  private static final MethodHandle FREEHOLD_CONTEXT_REQUEST_ABORT =
      NativeLibrary.bind(
          "freehold_context_request_abort",
          FunctionDescriptor.ofVoid(JAVA_LONG, JAVA_INT),
          Linker.Option.critical(false));
  private static final MethodHandle FREEHOLD_STATE_SIZE =
      NativeLibrary.bind(
          "freehold_state_size",
          FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_INT, ADDRESS, ADDRESS));
  private static final MethodHandle FREEHOLD_STATE_SAVE =
      NativeLibrary.bind(
          "freehold_state_save",
          FunctionDescriptor.of(
              JAVA_INT, JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, ADDRESS, ADDRESS));
  private static final MethodHandle FREEHOLD_STATE_RESTORE =
      NativeLibrary.bind(
          "freehold_state_restore",
          FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, ADDRESS));
  private static final MethodHandle FREEHOLD_EMBEDDINGS_SEQUENCE =
      NativeLibrary.bind(
          "freehold_embeddings_sequence",
          FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_INT, ADDRESS, ADDRESS, ADDRESS));
  private static final MethodHandle FREEHOLD_LOGPROBS =
      NativeLibrary.bind(
          "freehold_logprobs",
          FunctionDescriptor.of(
              JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, ADDRESS, ADDRESS,
              ADDRESS));

  private ContextCalls() {}

  static int create(
      long model, ContextOptions options, MemorySegment context, MemorySegment message) {
    try {
      return (int)
          FREEHOLD_CONTEXT_CREATE.invokeExact(
              model,
              options.contextTokens(),
              options.batchTokens(),
              options.microBatchTokens(),
              options.sequencesMax(),
              options.threads(),
              options.batchThreads(),
              options.flash().code(),
              context,
              message);
    } catch (Throwable t) {
      throw NativeLibrary.unexpected(t);
    }
  }

  static int createPooled(
      long model,
      int batchTokens,
      int sequencesMax,
      int threads,
      int pooling,
      MemorySegment context,
      MemorySegment message) {
    try {
      return (int)
          FREEHOLD_CONTEXT_CREATE_POOLED.invokeExact(
              model, batchTokens, sequencesMax, threads, pooling, context, message);
    } catch (Throwable t) {
      throw NativeLibrary.unexpected(t);
    }
  }

  static int embeddingsSequence(
      long context,
      int sequence,
      MemorySegment floats,
      MemorySegment count,
      MemorySegment message) {
    try {
      return (int)
          FREEHOLD_EMBEDDINGS_SEQUENCE.invokeExact(context, sequence, floats, count, message);
    } catch (Throwable t) {
      throw NativeLibrary.unexpected(t);
    }
  }

  static void free(long context) {
    try {
      FREEHOLD_CONTEXT_FREE.invokeExact(context);
    } catch (Throwable t) {
      throw NativeLibrary.unexpected(t);
    }
  }

  static int tokens(long context) {
    try {
      return (int) FREEHOLD_CONTEXT_TOKENS.invokeExact(context);
    } catch (Throwable t) {
      throw NativeLibrary.unexpected(t);
    }
  }

  static int decode(long context, MemorySegment batch, MemorySegment message) {
    try {
      return (int) FREEHOLD_DECODE.invokeExact(context, batch, message);
    } catch (Throwable t) {
      throw NativeLibrary.unexpected(t);
    }
  }

  static int sequenceRemove(long context, int sequence, int from, int to, MemorySegment message) {
    try {
      return (int) FREEHOLD_SEQUENCE_REMOVE.invokeExact(context, sequence, from, to, message);
    } catch (Throwable t) {
      throw NativeLibrary.unexpected(t);
    }
  }

  static int sequenceCopy(
      long context, int source, int target, int from, int to, MemorySegment message) {
    try {
      return (int) FREEHOLD_SEQUENCE_COPY.invokeExact(context, source, target, from, to, message);
    } catch (Throwable t) {
      throw NativeLibrary.unexpected(t);
    }
  }

  static int sequenceLastPosition(
      long context, int sequence, MemorySegment position, MemorySegment message) {
    try {
      return (int)
          FREEHOLD_SEQUENCE_LAST_POSITION.invokeExact(context, sequence, position, message);
    } catch (Throwable t) {
      throw NativeLibrary.unexpected(t);
    }
  }

  static int clear(long context, MemorySegment message) {
    try {
      return (int) FREEHOLD_CONTEXT_CLEAR.invokeExact(context, message);
    } catch (Throwable t) {
      throw NativeLibrary.unexpected(t);
    }
  }

  static int threads(long context, int threads, int batchThreads, MemorySegment message) {
    try {
      return (int) FREEHOLD_CONTEXT_THREADS.invokeExact(context, threads, batchThreads, message);
    } catch (Throwable t) {
      throw NativeLibrary.unexpected(t);
    }
  }

  static void requestAbort(long context, int on) {
    try {
      FREEHOLD_CONTEXT_REQUEST_ABORT.invokeExact(context, on);
    } catch (Throwable t) {
      throw NativeLibrary.unexpected(t);
    }
  }

  static int stateSize(long context, int sequence, MemorySegment bytes, MemorySegment message) {
    try {
      return (int) FREEHOLD_STATE_SIZE.invokeExact(context, sequence, bytes, message);
    } catch (Throwable t) {
      throw NativeLibrary.unexpected(t);
    }
  }

  static int stateSave(
      long context,
      int sequence,
      MemorySegment into,
      long capacity,
      MemorySegment bytes,
      MemorySegment message) {
    try {
      return (int)
          FREEHOLD_STATE_SAVE.invokeExact(context, sequence, into, capacity, bytes, message);
    } catch (Throwable t) {
      throw NativeLibrary.unexpected(t);
    }
  }

  static int stateRestore(
      long context, int sequence, MemorySegment from, long bytes, MemorySegment message) {
    try {
      return (int) FREEHOLD_STATE_RESTORE.invokeExact(context, sequence, from, bytes, message);
    } catch (Throwable t) {
      throw NativeLibrary.unexpected(t);
    }
  }

  static int logprobs(
      long context,
      int index,
      int token,
      int top,
      MemorySegment chosen,
      MemorySegment topTokens,
      MemorySegment topLogprobs,
      MemorySegment message) {
    try {
      return (int)
          FREEHOLD_LOGPROBS.invokeExact(
              context, index, token, top, chosen, topTokens, topLogprobs, message);
    } catch (Throwable t) {
      throw NativeLibrary.unexpected(t);
    }
  }
}
