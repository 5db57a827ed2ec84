package dev.freehold.llama;

import java.util.List;

/** The loaded library: one a process, never unloaded. */
public final class Llama {

  private static final Llama INSTANCE = new Llama();

  private Llama() {}

  /**
   * Loads the native library, or finds it loaded. It is taken from the directory named by the
   * system property {@code freehold.native.dir}, else by the environment variable {@code
   * FREEHOLD_NATIVE_DIR}, else from this jar.
   *
   * @throws LlamaException if it is not there, is of another version, lays out a struct differently
   *     or may not be called by this JVM; the message says which, and what to do
   */
  public static Llama load() {
    NativeLibrary.open();
    return INSTANCE;
  }

  /** llama.cpp's version, such as {@code 0.5.0}. */
  public String version() {
    return LibraryCalls.llamaVersion();
  }

  /** The processor features the kernels were built for, as llama.cpp prints them. */
  public String systemInfo() {
    return LibraryCalls.systemInfo();
  }

  /** The compute devices found, such as {@code CPU} or {@code CUDA0}. */
  public List<String> backends() {
    return LibraryCalls.backends().lines().toList();
  }
}
