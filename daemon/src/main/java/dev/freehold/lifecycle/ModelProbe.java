package dev.freehold.lifecycle;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Tries a model in a throw-away process before this one loads it, once for each file and build of
 * llama.cpp: a file that makes native code crash must not take the daemon down.
 */
final class ModelProbe {

  private static final Duration LIMIT = Duration.ofMinutes(5);
  private static final int OUTPUT_BYTES_MAX = 16_384;

  private final Path passed;
  private final String build;

  /**
   * @param passed the folder that remembers what has passed
   * @param build the build of llama.cpp, part of what is remembered
   */
  ModelProbe(Path passed, String build) {
    this.passed = passed;
    this.build = build.replaceAll("[^A-Za-z0-9._-]", "_");
  }

  /**
   * @throws ModelUnusable if the process did not end well; its message says how it ended
   */
  void ensurePasses(Path gguf, String identity, int contextTokens)
      throws IOException, InterruptedException, ModelUnusable {
    Path marker = passed.resolve("%s-%d-%s".formatted(identity, contextTokens, build));
    if (Files.exists(marker)) {
      return;
    }
    run(gguf, contextTokens);
    Files.createDirectories(passed);
    Files.writeString(marker, "");
  }

  /** Tells an operator's own file from what it was before, without reading gigabytes. */
  static String identity(Path gguf) throws IOException {
    return "%08x-%d-%d"
        .formatted(
            gguf.toAbsolutePath().hashCode(),
            Files.size(gguf),
            Files.getLastModifiedTime(gguf).toMillis());
  }

  private void run(Path gguf, int contextTokens)
      throws IOException, InterruptedException, ModelUnusable {
    Process process =
        new ProcessBuilder(command(gguf, contextTokens)).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String output =
        new String(process.getInputStream().readNBytes(OUTPUT_BYTES_MAX), UTF_8).strip();
    if (!process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new ModelUnusable(
          "%s did not load within %d s in a probe process".formatted(gguf, LIMIT.toSeconds()));
    }
    if (process.exitValue() != 0) {
      throw new ModelUnusable(
          "%s failed in a probe process (exit code %d): %s"
              .formatted(gguf, process.exitValue(), output));
    }
  }

  /** The same Java, class path and library folder as this process, with little heap. */
  private static List<String> command(Path gguf, int contextTokens) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("--enable-native-access=ALL-UNNAMED");
    command.add("-Xmx64m");
    command.add("-XX:+UseSerialGC");
    command.add("-XX:TieredStopAtLevel=1");
    command.add("-XX:-CreateCoredumpOnCrash");
    String libraries = System.getProperty("freehold.native.dir");
    if (libraries != null) {
      command.add("-Dfreehold.native.dir=" + libraries);
    }
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add(Freehold.class.getName());
    command.add("probe");
    command.add("--context");
    command.add(Integer.toString(contextTokens));
    command.add(gguf.toString());
    return command;
  }
}
