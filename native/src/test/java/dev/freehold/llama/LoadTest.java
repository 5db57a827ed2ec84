package dev.freehold.llama;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LoadTest {

  @TempDir private Path directory;

  @Test
  void libraryComesOutOfTheJarWhenNothingIsNamed() {
    assertEquals("loaded 0.5.0\n", load(List.of(ChildJvm.NATIVE_ACCESS)));
  }

  @Test
  void libraryComesFromTheNamedDirectory() {
    Path built = Path.of("target", "native", "lib").toAbsolutePath();

    assertEquals("loaded 0.5.0\n", load(named(built)));
  }

  @Test
  void namedDirectoryWithoutTheLibraryIsNotPassedOver() {
    String answer = load(named(directory));

    assertTrue(answer.startsWith("refused: no libfreehold_llama"), answer);
    assertTrue(answer.contains(directory.toString()), answer);
    assertTrue(answer.contains("the system property freehold.native.dir"), answer);
  }

  @Test
  void missingLibrarySaysEveryPlaceThatWasLookedIn() throws IOException {
    Path classes = directory.resolve("dev/freehold/llama");
    Files.createDirectories(classes);
    for (Path from : List.of(Path.of("target/classes"), Path.of("target/test-classes"))) {
      try (var files = Files.list(from.resolve("dev/freehold/llama"))) {
        for (Path file : files.filter(Files::isRegularFile).toList()) {
          Files.copy(file, classes.resolve(file.getFileName()));
        }
      }
    }

    String answer =
        ChildJvm.run(directory.toString(), LoadProbe.class, List.of(ChildJvm.NATIVE_ACCESS)).out();

    assertTrue(answer.startsWith("refused: no libfreehold_llama"), answer);
    assertTrue(answer.contains("freehold.native.dir"), answer);
    assertTrue(answer.contains("FREEHOLD_NATIVE_DIR"), answer);
    assertTrue(answer.contains("/dev/freehold/llama/lib/" + NativeLibrary.platform()), answer);
  }

  @Test
  void libraryOfAnotherAbiVersionIsRefusedWithBothVersions() throws Exception {
    Path source = directory.resolve("other.c");
    Files.writeString(source, "int freehold_abi_version(void) { return 99; }\n");
    Path library = directory.resolve(System.mapLibraryName("freehold_llama"));
    Process compiler =
        new ProcessBuilder("cc", "-shared", "-fPIC", "-o", library.toString(), source.toString())
            .inheritIO()
            .start();
    assertEquals(0, compiler.waitFor());

    String answer = load(named(directory));

    assertTrue(
        answer.contains("has ABI version 99, this binding needs " + NativeLibrary.ABI_VERSION),
        answer);
  }

  @Test
  void fileThatIsNoLibraryIsRefusedWithTheLoadersReason() throws IOException {
    Path library = directory.resolve(System.mapLibraryName("freehold_llama"));
    Files.writeString(library, "this is not a library");

    String answer = load(named(directory));

    assertTrue(answer.startsWith("refused: " + library + " cannot be loaded: "), answer);
    assertTrue(answer.contains("file too short") || answer.contains("invalid"), answer);
  }

  @Test
  void jvmThatMayNotCallNativeCodeIsToldTheExactFlag() {
    String answer = load(List.of());

    assertTrue(answer.contains("start it with --enable-native-access=ALL-UNNAMED"), answer);
  }

  private static List<String> named(Path directory) {
    return List.of(ChildJvm.NATIVE_ACCESS, "-Dfreehold.native.dir=" + directory);
  }

  private static String load(List<String> jvmArguments) {
    ChildJvm.Result result = ChildJvm.run(LoadProbe.class, jvmArguments);
    assertEquals(0, result.exit(), result::err);
    return result.out();
  }
}
