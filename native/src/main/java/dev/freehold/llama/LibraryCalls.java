package dev.freehold.llama;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;

/** The library's own functions. Its initializer runs only once the library is open. */
final class LibraryCalls {

  private static final MethodHandle FREEHOLD_LAYOUT =
      NativeLibrary.bind("freehold_layout", FunctionDescriptor.of(ADDRESS));
  private static final MethodHandle FREEHOLD_INITIALIZE =
      NativeLibrary.bind("freehold_initialize", FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS));
  private static final MethodHandle FREEHOLD_LLAMA_VERSION =
      NativeLibrary.bind("freehold_llama_version", FunctionDescriptor.of(ADDRESS));
  private static final MethodHandle FREEHOLD_SYSTEM_INFO =
      NativeLibrary.bind("freehold_system_info", FunctionDescriptor.of(ADDRESS));
  private static final MethodHandle FREEHOLD_BACKENDS =
      NativeLibrary.bind("freehold_backends", FunctionDescriptor.of(ADDRESS));
  private static final MethodHandle FREEHOLD_FREE =
      NativeLibrary.bind("freehold_free", FunctionDescriptor.ofVoid(ADDRESS));

  private LibraryCalls() {}

  static String layout() {
    return text(FREEHOLD_LAYOUT);
  }

  static String llamaVersion() {
    return text(FREEHOLD_LLAMA_VERSION);
  }

  static String systemInfo() {
    return text(FREEHOLD_SYSTEM_INFO);
  }

  static String backends() {
    return text(FREEHOLD_BACKENDS);
  }

  static void initialize(Path backendDirectory) {
    try (CallFrame frame = new CallFrame()) {
      MemorySegment directory = frame.arena().allocateFrom(backendDirectory.toString());
      int status = (int) FREEHOLD_INITIALIZE.invokeExact(directory, frame.message());
      frame.check(status, "llama.cpp could not start");
    } catch (Throwable t) {
      throw NativeLibrary.unexpected(t);
    }
  }

  static void free(MemorySegment memory) {
    try {
      FREEHOLD_FREE.invokeExact(memory);
    } catch (Throwable t) {
      throw NativeLibrary.unexpected(t);
    }
  }

  private static String text(MethodHandle handle) {
    try {
      MemorySegment text = (MemorySegment) handle.invokeExact();
      return text.reinterpret(Long.MAX_VALUE).getString(0);
    } catch (Throwable t) {
      throw NativeLibrary.unexpected(t);
    }
  }
}
