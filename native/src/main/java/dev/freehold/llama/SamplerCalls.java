package dev.freehold.llama;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** The functions of samplers. */
final class SamplerCalls {

  private static final MethodHandle FREEHOLD_SAMPLER_CREATE =
      NativeLibrary.bind(
          "freehold_sampler_create",
          FunctionDescriptor.of(JAVA_INT, JAVA_LONG, ADDRESS, JAVA_LONG, ADDRESS, ADDRESS));
  private static final MethodHandle FREEHOLD_SAMPLER_FREE =
      NativeLibrary.bind("freehold_sampler_free", FunctionDescriptor.ofVoid(JAVA_LONG));
  private static final MethodHandle FREEHOLD_SAMPLER_SAMPLE =
      NativeLibrary.bind(
          "freehold_sampler_sample",
          FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT, ADDRESS));
  private static final MethodHandle FREEHOLD_SAMPLER_ACCEPT =
      NativeLibrary.bind(
          "freehold_sampler_accept", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_INT, ADDRESS));
  private static final MethodHandle FREEHOLD_SAMPLER_RESET =
      NativeLibrary.bind(
          "freehold_sampler_reset", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, ADDRESS));

  private SamplerCalls() {}

  static int create(
      long model, MemorySegment params, long prompt, MemorySegment sampler, MemorySegment message) {
    try {
      return (int) FREEHOLD_SAMPLER_CREATE.invokeExact(model, params, prompt, sampler, message);
    } catch (Throwable t) {
      throw NativeLibrary.unexpected(t);
    }
  }

  static void free(long sampler) {
    try {
      FREEHOLD_SAMPLER_FREE.invokeExact(sampler);
    } catch (Throwable t) {
      throw NativeLibrary.unexpected(t);
    }
  }

  static int sample(long sampler, long context, int index, MemorySegment message) {
    try {
      return (int) FREEHOLD_SAMPLER_SAMPLE.invokeExact(sampler, context, index, message);
    } catch (Throwable t) {
      throw NativeLibrary.unexpected(t);
    }
  }

  static int accept(long sampler, int token, MemorySegment message) {
    try {
      return (int) FREEHOLD_SAMPLER_ACCEPT.invokeExact(sampler, token, message);
    } catch (Throwable t) {
      throw NativeLibrary.unexpected(t);
    }
  }

  static int reset(long sampler, MemorySegment message) {
    try {
      return (int) FREEHOLD_SAMPLER_RESET.invokeExact(sampler, message);
    } catch (Throwable t) {
      throw NativeLibrary.unexpected(t);
    }
  }
}
