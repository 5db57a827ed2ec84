package dev.freehold.llama;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** The functions of images: projectors, prompts with images in them, their embeddings. */
final class VisionCalls {

  private static final MethodHandle FREEHOLD_PROJECTOR_LOAD =
      NativeLibrary.bind(
          "freehold_projector_load",
          FunctionDescriptor.of(
              JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT, JAVA_INT, ADDRESS, ADDRESS));
  private static final MethodHandle FREEHOLD_PROJECTOR_FREE =
      NativeLibrary.bind("freehold_projector_free", FunctionDescriptor.ofVoid(JAVA_LONG));
  private static final MethodHandle FREEHOLD_PROJECTOR_WIDTH =
      NativeLibrary.bind("freehold_projector_width", FunctionDescriptor.of(JAVA_INT, JAVA_LONG));
  private static final MethodHandle FREEHOLD_PROJECTOR_NON_CAUSAL =
      NativeLibrary.bind(
          "freehold_projector_non_causal", FunctionDescriptor.of(JAVA_INT, JAVA_LONG));
  private static final MethodHandle FREEHOLD_VISION_TOKENIZE =
      NativeLibrary.bind(
          "freehold_vision_tokenize",
          FunctionDescriptor.of(
              JAVA_INT, JAVA_LONG, ADDRESS, JAVA_LONG, ADDRESS, JAVA_LONG, ADDRESS, ADDRESS,
              JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, ADDRESS));
  private static final MethodHandle FREEHOLD_VISION_PROMPT_FREE =
      NativeLibrary.bind("freehold_vision_prompt_free", FunctionDescriptor.ofVoid(JAVA_LONG));
  private static final MethodHandle FREEHOLD_VISION_PROMPT_TOKENS =
      NativeLibrary.bind(
          "freehold_vision_prompt_tokens", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, ADDRESS));
  private static final MethodHandle FREEHOLD_VISION_PROMPT_SPANS =
      NativeLibrary.bind(
          "freehold_vision_prompt_spans", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, ADDRESS));
  private static final MethodHandle FREEHOLD_VISION_ENCODE =
      NativeLibrary.bind(
          "freehold_vision_encode",
          FunctionDescriptor.of(
              JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, ADDRESS));
  private static final MethodHandle FREEHOLD_DECODE_IMAGE =
      NativeLibrary.bind(
          "freehold_decode_image",
          FunctionDescriptor.of(JAVA_INT, JAVA_LONG, ADDRESS, JAVA_INT, ADDRESS));

  private VisionCalls() {}

  static int load(
      MemorySegment path,
      long model,
      int threads,
      int useGpu,
      MemorySegment projector,
      MemorySegment message) {
    try {
      return (int)
          FREEHOLD_PROJECTOR_LOAD.invokeExact(path, model, threads, useGpu, projector, message);
    } catch (Throwable t) {
      throw NativeLibrary.unexpected(t);
    }
  }

  static void free(long projector) {
    try {
      FREEHOLD_PROJECTOR_FREE.invokeExact(projector);
    } catch (Throwable t) {
      throw NativeLibrary.unexpected(t);
    }
  }

  static int width(long projector) {
    try {
      return (int) FREEHOLD_PROJECTOR_WIDTH.invokeExact(projector);
    } catch (Throwable t) {
      throw NativeLibrary.unexpected(t);
    }
  }

  static int nonCausal(long projector) {
    try {
      return (int) FREEHOLD_PROJECTOR_NON_CAUSAL.invokeExact(projector);
    } catch (Throwable t) {
      throw NativeLibrary.unexpected(t);
    }
  }

  /** What {@link #tokenize} reads; the segments are native. */
  record Input(
      MemorySegment text,
      long bytes,
      MemorySegment marker,
      MemorySegment images,
      MemorySegment imageBytes,
      int imageCount) {}

  static int tokenize(
      long projector,
      Input input,
      int withPixels,
      int addSpecial,
      int parseSpecial,
      MemorySegment prompt,
      MemorySegment message) {
    try {
      return (int)
          FREEHOLD_VISION_TOKENIZE.invokeExact(
              projector,
              input.text(),
              input.bytes(),
              input.marker(),
              input.marker().byteSize(),
              input.images(),
              input.imageBytes(),
              input.imageCount(),
              withPixels,
              addSpecial,
              parseSpecial,
              prompt,
              message);
    } catch (Throwable t) {
      throw NativeLibrary.unexpected(t);
    }
  }

  static void promptFree(long prompt) {
    try {
      FREEHOLD_VISION_PROMPT_FREE.invokeExact(prompt);
    } catch (Throwable t) {
      throw NativeLibrary.unexpected(t);
    }
  }

  static int promptTokens(long prompt, MemorySegment tokens) {
    try {
      return (int) FREEHOLD_VISION_PROMPT_TOKENS.invokeExact(prompt, tokens);
    } catch (Throwable t) {
      throw NativeLibrary.unexpected(t);
    }
  }

  static int promptSpans(long prompt, MemorySegment spans) {
    try {
      return (int) FREEHOLD_VISION_PROMPT_SPANS.invokeExact(prompt, spans);
    } catch (Throwable t) {
      throw NativeLibrary.unexpected(t);
    }
  }

  static int encode(
      long projector, long prompt, int span, MemorySegment into, MemorySegment message) {
    try {
      return (int)
          FREEHOLD_VISION_ENCODE.invokeExact(
              projector, prompt, span, into, into.byteSize(), message);
    } catch (Throwable t) {
      throw NativeLibrary.unexpected(t);
    }
  }

  static int decode(long context, MemorySegment batch, int nonCausal, MemorySegment message) {
    try {
      return (int) FREEHOLD_DECODE_IMAGE.invokeExact(context, batch, nonCausal, message);
    } catch (Throwable t) {
      throw NativeLibrary.unexpected(t);
    }
  }
}
