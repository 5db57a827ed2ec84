package dev.freehold.hardwaretests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.freehold.hardwaretests.site.Distribution;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands as an operator types them, on any machine. */
final class LauncherSuite {

  private static final Path HOME = Distribution.underTest().home();

  @Test
  void commandsSayWhatTheyAre() {
    assertTrue(Distribution.underTest().run("freehold", "--help").contains("Usage: freehold"));
    assertTrue(
        Distribution.underTest().run("freeholdctl", "--help").contains("Usage: freeholdctl"));
  }

  @Test
  void commandWorksThroughALinkFromAnotherFolder(@TempDir Path elsewhere) throws Exception {
    Path link = elsewhere.resolve("freehold");
    Files.createSymbolicLink(link, HOME.resolve("bin/freehold"));

    Run run = run(elsewhere, List.of(link.toString(), "--version"), Map.of());

    assertEquals(0, run.exit(), run.output());
  }

  @Test
  void javaIsFoundWithoutAnyEnvironment(@TempDir Path elsewhere) throws Exception {
    String command = HOME.resolve("bin/freehold").toString();
    // JAVA_HOME names the JDK that runs this test, wherever the usual places of this machine are.
    List<String> clean =
        List.of("env", "-i", "PATH=/usr/bin:/bin", "JAVA_HOME=" + System.getProperty("java.home"));

    Run run = run(elsewhere, append(clean, command, "--version"), Map.of());

    assertEquals(0, run.exit(), run.output());
  }

  @Test
  void wrongJavaIsRefusedWithWhatToDo(@TempDir Path noJava) throws Exception {
    Run run =
        run(
            noJava,
            List.of(HOME.resolve("bin/freehold").toString(), "--version"),
            Map.of("FREEHOLD_JAVA_HOME", noJava.toString()));

    assertEquals(1, run.exit());
    assertTrue(run.output().contains("expected a Java 25"), run.output());
    assertTrue(run.output().contains(noJava.toString()), run.output());
  }

  @Test
  void unknownCommandIsAUsageError() {
    assertEquals(2, Distribution.underTest().runToEnd("freehold", "no-such-command").exit());
    assertEquals(2, Distribution.underTest().runToEnd("freeholdctl", "no-such-command").exit());
  }

  @Test
  void distributionCarriesItsLicences() throws IOException {
    for (String file : List.of("LICENSE", "NOTICE", "THIRD-PARTY.txt", "licences/llama.cpp.txt")) {
      assertTrue(Files.size(HOME.resolve(file)) > 0, file);
    }
    assertTrue(Files.readString(HOME.resolve("THIRD-PARTY.txt")).contains("io.helidon"));
  }

  private record Run(int exit, String output) {}

  private static Run run(Path folder, List<String> command, Map<String, String> environment)
      throws IOException, InterruptedException {
    ProcessBuilder builder =
        new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true);
    builder.environment().putAll(environment);
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Run(process.waitFor(), output);
  }

  private static List<String> append(List<String> words, String... more) {
    return java.util.stream.Stream.concat(words.stream(), java.util.Arrays.stream(more)).toList();
  }
}
