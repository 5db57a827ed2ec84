package dev.freehold.llama;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * The functions of models and vocabularies. A model's own address crosses as a long, since its
 * {@link Lifetime} keeps it valid; memory of a caller's crosses as a segment, which the JVM keeps
 * alive during the call.
 */
final class ModelCalls {

  /** What {@link #piece} gives for a token that is not in the vocabulary. */
  static final int NO_SUCH_TOKEN = Integer.MIN_VALUE;

  /* freehold_infill_mark */
  static final int INFILL_BEFORE = 0;
  static final int INFILL_AFTER = 1;
  static final int INFILL_GAP = 2;
  static final int INFILL_REPOSITORY = 3;
  static final int INFILL_FILE = 4;

  /* freehold_added_token */
  static final int ADDS_BOS = 1;
  static final int ADDS_EOS = 2;
  static final int ADDS_SEP = 4;

  private static final FunctionDescriptor MODEL_TO_INT = FunctionDescriptor.of(JAVA_INT, JAVA_LONG);
  private static final FunctionDescriptor MODEL_TO_LONG =
      FunctionDescriptor.of(JAVA_LONG, JAVA_LONG);

  private static final MethodHandle FREEHOLD_MODEL_LOAD =
      NativeLibrary.bind(
          "freehold_model_load",
          FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, ADDRESS));
  private static final MethodHandle FREEHOLD_MODEL_FREE =
      NativeLibrary.bind("freehold_model_free", FunctionDescriptor.ofVoid(JAVA_LONG));
  private static final MethodHandle FREEHOLD_MEMORY_NEED =
      NativeLibrary.bind(
          "freehold_memory_need",
          FunctionDescriptor.of(
              JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT,
              ADDRESS, ADDRESS));
  private static final MethodHandle FREEHOLD_MODEL_SIZE_BYTES =
      NativeLibrary.bind("freehold_model_size_bytes", MODEL_TO_LONG);
  private static final MethodHandle FREEHOLD_MODEL_PARAMETER_COUNT =
      NativeLibrary.bind("freehold_model_parameter_count", MODEL_TO_LONG);
  private static final MethodHandle FREEHOLD_MODEL_TRAINED_CONTEXT =
      NativeLibrary.bind("freehold_model_trained_context", MODEL_TO_INT);
  private static final MethodHandle FREEHOLD_MODEL_VOCABULARY_SIZE =
      NativeLibrary.bind("freehold_model_vocabulary_size", MODEL_TO_INT);
  private static final MethodHandle FREEHOLD_MODEL_BOS =
      NativeLibrary.bind("freehold_model_bos", MODEL_TO_INT);
  private static final MethodHandle FREEHOLD_MODEL_EOS =
      NativeLibrary.bind("freehold_model_eos", MODEL_TO_INT);
  private static final MethodHandle FREEHOLD_MODEL_INFILL_MARK =
      NativeLibrary.bind(
          "freehold_model_infill_mark", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_INT));
  private static final MethodHandle FREEHOLD_MODEL_SEP =
      NativeLibrary.bind("freehold_model_sep", MODEL_TO_INT);
  private static final MethodHandle FREEHOLD_MODEL_ADDED_TOKENS =
      NativeLibrary.bind("freehold_model_added_tokens", MODEL_TO_INT);
  private static final MethodHandle FREEHOLD_MODEL_POOLING =
      NativeLibrary.bind("freehold_model_pooling", MODEL_TO_INT);
  private static final MethodHandle FREEHOLD_MODEL_EMBEDDING_LENGTH =
      NativeLibrary.bind("freehold_model_embedding_length", MODEL_TO_INT);
  private static final MethodHandle FREEHOLD_MODEL_HAS_CHAT_TEMPLATE =
      NativeLibrary.bind("freehold_model_has_chat_template", MODEL_TO_INT);
  private static final MethodHandle FREEHOLD_MODEL_DESCRIPTION =
      NativeLibrary.bind(
          "freehold_model_description",
          FunctionDescriptor.of(JAVA_INT, JAVA_LONG, ADDRESS, ADDRESS, ADDRESS));
  private static final MethodHandle FREEHOLD_MODEL_METADATA =
      NativeLibrary.bind(
          "freehold_model_metadata",
          FunctionDescriptor.of(JAVA_INT, JAVA_LONG, ADDRESS, ADDRESS, ADDRESS, ADDRESS));
  private static final MethodHandle FREEHOLD_TOKEN_ENDS_GENERATION =
      NativeLibrary.bind(
          "freehold_token_ends_generation",
          FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_INT),
          Linker.Option.critical(false));
  private static final MethodHandle FREEHOLD_TOKENIZE =
      NativeLibrary.bind(
          "freehold_tokenize",
          FunctionDescriptor.of(
              JAVA_INT, JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_INT, JAVA_INT, ADDRESS, ADDRESS,
              ADDRESS));
  private static final MethodHandle FREEHOLD_DETOKENIZE =
      NativeLibrary.bind(
          "freehold_detokenize",
          FunctionDescriptor.of(
              JAVA_INT, JAVA_LONG, ADDRESS, JAVA_INT, JAVA_INT, ADDRESS, ADDRESS, ADDRESS));
  // Critical: a copy of a few bytes out of a table, which neither blocks nor calls back.
  private static final MethodHandle FREEHOLD_TOKEN_PIECE =
      NativeLibrary.bind(
          "freehold_token_piece",
          FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT),
          Linker.Option.critical(false));

  private ModelCalls() {}

  static int load(
      MemorySegment path,
      int gpuLayers,
      int mmap,
      int checkTensors,
      MemorySegment model,
      MemorySegment message) {
    try {
      return (int)
          FREEHOLD_MODEL_LOAD.invokeExact(path, gpuLayers, mmap, checkTensors, model, message);
    } catch (Throwable t) {
      throw NativeLibrary.unexpected(t);
    }
  }

  static int memoryNeed(
      MemorySegment path,
      int gpuLayers,
      ContextOptions options,
      MemorySegment bytes,
      MemorySegment message) {
    try {
      return (int)
          FREEHOLD_MEMORY_NEED.invokeExact(
              path,
              gpuLayers,
              options.contextTokens(),
              options.batchTokens(),
              options.microBatchTokens(),
              options.sequencesMax(),
              options.flash().code(),
              bytes,
              message);
    } catch (Throwable t) {
      throw NativeLibrary.unexpected(t);
    }
  }

  static void free(long model) {
    try {
      FREEHOLD_MODEL_FREE.invokeExact(model);
    } catch (Throwable t) {
      throw NativeLibrary.unexpected(t);
    }
  }

  static long sizeBytes(long model) {
    return toLong(FREEHOLD_MODEL_SIZE_BYTES, model);
  }

  static long parameterCount(long model) {
    return toLong(FREEHOLD_MODEL_PARAMETER_COUNT, model);
  }

  static int trainedContext(long model) {
    return toInt(FREEHOLD_MODEL_TRAINED_CONTEXT, model);
  }

  static int vocabularySize(long model) {
    return toInt(FREEHOLD_MODEL_VOCABULARY_SIZE, model);
  }

  static int bos(long model) {
    return toInt(FREEHOLD_MODEL_BOS, model);
  }

  static int eos(long model) {
    return toInt(FREEHOLD_MODEL_EOS, model);
  }

  static int infillMark(long model, int which) {
    try {
      return (int) FREEHOLD_MODEL_INFILL_MARK.invokeExact(model, which);
    } catch (Throwable t) {
      throw NativeLibrary.unexpected(t);
    }
  }

  static int sep(long model) {
    return toInt(FREEHOLD_MODEL_SEP, model);
  }

  /** Any of {@link #ADDS_BOS}, {@link #ADDS_EOS} and {@link #ADDS_SEP} together. */
  static int addedTokens(long model) {
    return toInt(FREEHOLD_MODEL_ADDED_TOKENS, model);
  }

  static int pooling(long model) {
    return toInt(FREEHOLD_MODEL_POOLING, model);
  }

  static int embeddingLength(long model) {
    return toInt(FREEHOLD_MODEL_EMBEDDING_LENGTH, model);
  }

  static int hasChatTemplate(long model) {
    return toInt(FREEHOLD_MODEL_HAS_CHAT_TEMPLATE, model);
  }

  private static int toInt(MethodHandle handle, long model) {
    try {
      return (int) handle.invokeExact(model);
    } catch (Throwable t) {
      throw NativeLibrary.unexpected(t);
    }
  }

  private static long toLong(MethodHandle handle, long model) {
    try {
      return (long) handle.invokeExact(model);
    } catch (Throwable t) {
      throw NativeLibrary.unexpected(t);
    }
  }

  static int description(
      long model, MemorySegment text, MemorySegment bytes, MemorySegment message) {
    try {
      return (int) FREEHOLD_MODEL_DESCRIPTION.invokeExact(model, text, bytes, message);
    } catch (Throwable t) {
      throw NativeLibrary.unexpected(t);
    }
  }

  static int metadata(
      long model,
      MemorySegment key,
      MemorySegment text,
      MemorySegment bytes,
      MemorySegment message) {
    try {
      return (int) FREEHOLD_MODEL_METADATA.invokeExact(model, key, text, bytes, message);
    } catch (Throwable t) {
      throw NativeLibrary.unexpected(t);
    }
  }

  static int endsGeneration(long model, int token) {
    try {
      return (int) FREEHOLD_TOKEN_ENDS_GENERATION.invokeExact(model, token);
    } catch (Throwable t) {
      throw NativeLibrary.unexpected(t);
    }
  }

  static int tokenize(
      long model,
      MemorySegment text,
      long bytes,
      int addSpecial,
      int parseSpecial,
      MemorySegment tokens,
      MemorySegment count,
      MemorySegment message) {
    try {
      return (int)
          FREEHOLD_TOKENIZE.invokeExact(
              model, text, bytes, addSpecial, parseSpecial, tokens, count, message);
    } catch (Throwable t) {
      throw NativeLibrary.unexpected(t);
    }
  }

  static int detokenize(
      long model,
      MemorySegment tokens,
      int count,
      int withSpecial,
      MemorySegment text,
      MemorySegment bytes,
      MemorySegment message) {
    try {
      return (int)
          FREEHOLD_DETOKENIZE.invokeExact(model, tokens, count, withSpecial, text, bytes, message);
    } catch (Throwable t) {
      throw NativeLibrary.unexpected(t);
    }
  }

  static int piece(long model, int token, MemorySegment into, int capacity, int special) {
    try {
      return (int) FREEHOLD_TOKEN_PIECE.invokeExact(model, token, into, capacity, special);
    } catch (Throwable t) {
      throw NativeLibrary.unexpected(t);
    }
  }
}
