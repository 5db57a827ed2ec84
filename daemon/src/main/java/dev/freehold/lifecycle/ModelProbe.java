package dev.freehold.lifecycle;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freehold.bundle.files.DurableFiles;
import dev.freehold.provider.GgufFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Asks a throw-away process about a model before this one loads it, once for each file, context and
 * build of llama.cpp: first what memory the model takes, which is told without taking it, then,
 * when there is room, whether it loads and generates. A file that makes native code crash must not
 * take the daemon down.
 */
final class ModelProbe {

  private static final Duration LIMIT = Duration.ofMinutes(5);
  private static final int OUTPUT_BYTES_MAX = 16_384;

  private final Path known;
  private final String build;

  /**
   * @param known the folder that remembers what was found out
   * @param build the build of llama.cpp, part of what is remembered
   */
  ModelProbe(Path known, String build) {
    this.known = known;
    this.build = build.replaceAll("[^A-Za-z0-9._-]", "_");
  }

  /**
   * What is asked about.
   *
   * @param identity tells the model's own file from any other
   */
  record Question(GgufFiles files, String identity, int contextTokens, int slots) {

    Path gguf() {
      return files.model();
    }
  }

  /** What is known by now, if anything is. */
  Optional<ProbeReport> known(Question question) throws IOException {
    Path file = file(question);
    return Files.exists(file) ? ProbeReport.parse(Files.readString(file)) : Optional.empty();
  }

  /**
   * What memory the model takes.
   *
   * @throws ModelUnusable if the process did not end well; its message says how it ended
   */
  ProbeReport measure(Question question) throws IOException, InterruptedException, ModelUnusable {
    Optional<ProbeReport> before = known(question);
    return before.isPresent() ? before.get() : ask(question, List.of("--measure"));
  }

  /**
   * Whether the model loads and generates; it takes the memory that {@link #measure} told.
   *
   * @return with the trial in it
   * @throws ModelUnusable if the process did not end well; its message says how it ended
   */
  ProbeReport tryOut(Question question) throws IOException, InterruptedException, ModelUnusable {
    Optional<ProbeReport> before = known(question).filter(report -> report.trial().isPresent());
    return before.isPresent() ? before.get() : ask(question, List.of());
  }

  private ProbeReport ask(Question question, List<String> flags)
      throws IOException, InterruptedException, ModelUnusable {
    String answer = run(question, flags);
    ProbeReport report =
        ProbeReport.parse(answer)
            .orElseThrow(
                () ->
                    new ModelUnusable(
                        "the probe process of %s answered something else than a report: %s"
                            .formatted(question.gguf(), answer)));
    DurableFiles.createPrivateFolder(known);
    DurableFiles.write(
        file(question), report.text().getBytes(UTF_8), DurableFiles.Access.OWNER_ONLY);
    return report;
  }

  private Path file(Question question) throws IOException {
    StringBuilder identity = new StringBuilder(question.identity());
    for (Optional<Path> beside :
        List.of(question.files().projector(), question.files().adapter())) {
      if (beside.isPresent()) {
        identity.append('+').append(identity(beside.get()));
      }
    }
    return known.resolve(
        "%s-%d-%d-%s".formatted(identity, question.contextTokens(), question.slots(), build));
  }

  /** Tells an operator's own file from what it was before, without reading gigabytes. */
  static String identity(Path gguf) throws IOException {
    return "%08x-%d-%d"
        .formatted(
            gguf.toAbsolutePath().hashCode(),
            Files.size(gguf),
            Files.getLastModifiedTime(gguf).toMillis());
  }

  /**
   * Both outputs go to files, so that nothing waits for a process that hangs but the wait that has
   * a limit and ends when this thread is interrupted.
   */
  private static String run(Question question, List<String> flags)
      throws IOException, InterruptedException, ModelUnusable {
    Path folder = Files.createTempDirectory("freehold-probe-");
    Path output = folder.resolve("out");
    Path errors = folder.resolve("err");
    try {
      Process process =
          new ProcessBuilder(command(question, flags))
              .redirectOutput(output.toFile())
              .redirectError(errors.toFile())
              .start();
      try {
        process.getOutputStream().close();
        if (!process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
          throw new ModelUnusable(
              "%s did not load within %d s in a probe process"
                  .formatted(question.gguf(), LIMIT.toSeconds()));
        }
      } finally {
        process.destroyForcibly();
      }
      if (process.exitValue() != 0) {
        throw new ModelUnusable(
            "%s failed in a probe process (exit code %d): %s"
                .formatted(question.gguf(), process.exitValue(), beginning(errors)));
      }
      return beginning(output);
    } finally {
      Files.deleteIfExists(output);
      Files.deleteIfExists(errors);
      Files.deleteIfExists(folder);
    }
  }

  private static String beginning(Path file) throws IOException {
    try (var in = Files.newInputStream(file)) {
      return new String(in.readNBytes(OUTPUT_BYTES_MAX), UTF_8).strip();
    }
  }

  /** The same Java, class path and library folder as this process, with little heap. */
  private static List<String> command(Question question, List<String> flags) {
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
    command.addAll(flags);
    command.add("--context");
    command.add(Integer.toString(question.contextTokens()));
    command.add("--slots");
    command.add(Integer.toString(question.slots()));
    question.files().projector().ifPresent(file -> option(command, "--projector", file));
    question.files().adapter().ifPresent(file -> option(command, "--adapter", file));
    command.add(question.gguf().toString());
    return command;
  }

  private static void option(List<String> command, String name, Path file) {
    command.add(name);
    command.add(file.toString());
  }
}
