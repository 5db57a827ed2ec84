package dev.freehold.llama;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Finds, opens and checks the shared libraries. After {@link #open} the calls' method handles can
 * be made; they live as long as the process.
 */
final class NativeLibrary {

  /** FREEHOLD_ABI_VERSION of the header this binding was written against. */
  static final int ABI_VERSION = 4;

  static final String DIRECTORY_PROPERTY = "freehold.native.dir";
  static final String DIRECTORY_VARIABLE = "FREEHOLD_NATIVE_DIR";

  private static final String RESOURCES = "/dev/freehold/llama/lib/";
  private static final Linker LINKER = Linker.nativeLinker();
  private static final Object LOCK = new Object();

  private static volatile SymbolLookup symbols;

  private NativeLibrary() {}

  /** Opens the library once a process; later calls find it open. */
  static void open() {
    synchronized (LOCK) {
      if (symbols != null) {
        return;
      }
      requireNativeAccess(NativeLibrary.class.getModule());
      try (Place place = find()) {
        Path library = place.directory().resolve(fileName());
        symbols = lookup(library);
        try {
          // By a handle of its own: a library of another version may lack the other functions.
          checkAbi(abiVersion(), library);
          checkLayouts(LibraryCalls.layout(), library);
          LibraryCalls.initialize(place.directory());
        } catch (RuntimeException e) {
          symbols = null;
          throw e;
        }
      }
    }
  }

  private static int abiVersion() {
    MethodHandle handle = bind("freehold_abi_version", FunctionDescriptor.of(JAVA_INT));
    try {
      return (int) handle.invokeExact();
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  static MethodHandle bind(String name, FunctionDescriptor shape, Linker.Option... options) {
    SymbolLookup opened = symbols;
    if (opened == null) {
      throw new IllegalStateException("the native library is not open: call Llama.load() first");
    }
    MemorySegment function =
        opened
            .find(name)
            .orElseThrow(
                () ->
                    new LlamaException(
                        "the native library has no function %s: it is of another version, build native/ again"
                            .formatted(name)));
    return LINKER.downcallHandle(function, shape, options);
  }

  /**
   * A downcall handle throws nothing checked, so whatever comes out of one is a bug or an error.
   */
  static RuntimeException unexpected(Throwable thrown) {
    if (thrown instanceof RuntimeException e) {
      return e;
    }
    if (thrown instanceof Error e) {
      throw e;
    }
    return new LlamaException("a native call failed in Java", thrown);
  }

  static void requireNativeAccess(Module module) {
    if (!module.isNativeAccessEnabled()) {
      throw new LlamaException(
          "this JVM may not call native code: start it with --enable-native-access="
              + (module.isNamed() ? module.getName() : "ALL-UNNAMED"));
    }
  }

  static void checkAbi(int found, Path library) {
    if (found != ABI_VERSION) {
      throw new LlamaException(
          "%s has ABI version %d, this binding needs %d: build native/ again, or unset %s and %s"
              .formatted(library, found, ABI_VERSION, DIRECTORY_PROPERTY, DIRECTORY_VARIABLE));
    }
  }

  static void checkLayouts(String report, Path library) {
    List<String> differences = Layouts.differences(Layouts.ALL, report);
    if (!differences.isEmpty()) {
      throw new LlamaException(
          "%s lays out its structs differently than this binding (%s): build native/ again"
              .formatted(library, String.join("; ", differences)));
    }
  }

  private static SymbolLookup lookup(Path library) {
    try {
      return SymbolLookup.libraryLookup(library, Arena.global());
    } catch (IllegalArgumentException e) {
      throw new LlamaException("%s cannot be loaded: %s".formatted(library, reasonOf(library)), e);
    }
  }

  /** The lookup does not say why it failed; the JDK's older way of loading does. */
  private static String reasonOf(Path library) {
    try {
      System.load(library.toString());
      return "it could be loaded a moment later, try again";
    } catch (UnsatisfiedLinkError e) {
      return e.getMessage();
    }
  }

  // --- where the libraries are

  /** A directory with the libraries in it; one made for this purpose is removed when closed. */
  private record Place(Path directory, boolean temporary) implements AutoCloseable {
    @Override
    public void close() {
      if (temporary) {
        // The loader holds the files open: their names are not needed any more.
        deleteAll(directory);
      }
    }
  }

  private static Place find() {
    Optional<Place> named =
        named("the system property " + DIRECTORY_PROPERTY, System.getProperty(DIRECTORY_PROPERTY))
            .or(
                () ->
                    named(
                        "the environment variable " + DIRECTORY_VARIABLE,
                        System.getenv(DIRECTORY_VARIABLE)));
    if (named.isPresent()) {
      return named.get();
    }
    String resources = RESOURCES + platform() + "/";
    try (InputStream list = NativeLibrary.class.getResourceAsStream(resources + "libraries.txt")) {
      if (list != null) {
        return new Place(extract(resources, list), true);
      }
    } catch (IOException e) {
      throw new LlamaException(
          "the native libraries cannot be written to %s: make room there or name another place with -Djava.io.tmpdir"
              .formatted(System.getProperty("java.io.tmpdir")),
          e);
    }
    throw new LlamaException(
        ("no %s found: the system property %s and the environment variable %s are not set, and the"
                + " class path has no %s, so this jar was built for another platform")
            .formatted(fileName(), DIRECTORY_PROPERTY, DIRECTORY_VARIABLE, resources));
  }

  /** A directory that someone named must be the right one: nothing else is tried then. */
  private static Optional<Place> named(String source, String value) {
    if (value == null || value.isBlank()) {
      return Optional.empty();
    }
    Path directory = Path.of(value).toAbsolutePath();
    if (!Files.isRegularFile(directory.resolve(fileName()))) {
      throw new LlamaException(
          "no %s in %s, which %s names".formatted(fileName(), directory, source));
    }
    return Optional.of(new Place(directory, false));
  }

  private static Path extract(String resources, InputStream list) throws IOException {
    Path directory = Files.createTempDirectory("freehold-llama-");
    try {
      String names = new String(list.readAllBytes(), StandardCharsets.UTF_8);
      for (String name : names.lines().toList()) {
        try (InputStream library = NativeLibrary.class.getResourceAsStream(resources + name)) {
          if (library == null) {
            throw new LlamaException(
                "the jar lists %s%s and does not have it".formatted(resources, name));
          }
          Files.copy(library, directory.resolve(name));
        }
      }
      return directory;
    } catch (IOException | RuntimeException e) {
      deleteAll(directory);
      throw e;
    }
  }

  private static void deleteAll(Path directory) {
    try (var files = Files.list(directory)) {
      for (Path file : files.toList()) {
        Files.deleteIfExists(file);
      }
      Files.deleteIfExists(directory);
    } catch (IOException e) {
      // Left to the system's own cleaning of temporary files: the libraries are loaded.
      directory.toFile().deleteOnExit();
    }
  }

  private static boolean mac() {
    return System.getProperty("os.name").toLowerCase(Locale.ROOT).startsWith("mac");
  }

  private static String fileName() {
    return mac() ? "libfreehold_llama.dylib" : "libfreehold_llama.so";
  }

  static String platform() {
    String arch = System.getProperty("os.arch");
    return (mac() ? "macos" : "linux") + "-" + ("amd64".equals(arch) ? "x86_64" : arch);
  }
}
