package dev.freehold.llama;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** The functions of LoRA adapters. */
final class AdapterCalls {

  private static final MethodHandle FREEHOLD_ADAPTER_LOAD =
      NativeLibrary.bind(
          "freehold_adapter_load",
          FunctionDescriptor.of(JAVA_INT, JAVA_LONG, ADDRESS, ADDRESS, ADDRESS));
  private static final MethodHandle FREEHOLD_ADAPTER_FREE =
      NativeLibrary.bind("freehold_adapter_free", FunctionDescriptor.ofVoid(JAVA_LONG));
  private static final MethodHandle FREEHOLD_CONTEXT_ADAPTER =
      NativeLibrary.bind(
          "freehold_context_adapter",
          FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_FLOAT, ADDRESS));

  private AdapterCalls() {}

  static int load(long model, MemorySegment path, MemorySegment adapter, MemorySegment message) {
    try {
      return (int) FREEHOLD_ADAPTER_LOAD.invokeExact(model, path, adapter, message);
    } catch (Throwable t) {
      throw NativeLibrary.unexpected(t);
    }
  }

  static void free(long adapter) {
    try {
      FREEHOLD_ADAPTER_FREE.invokeExact(adapter);
    } catch (Throwable t) {
      throw NativeLibrary.unexpected(t);
    }
  }

  static int apply(long context, long adapter, float scale, MemorySegment message) {
    try {
      return (int) FREEHOLD_CONTEXT_ADAPTER.invokeExact(context, adapter, scale, message);
    } catch (Throwable t) {
      throw NativeLibrary.unexpected(t);
    }
  }
}
