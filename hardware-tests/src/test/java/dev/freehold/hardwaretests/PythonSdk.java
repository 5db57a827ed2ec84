package dev.freehold.hardwaretests;

import dev.freehold.hardwaretests.site.SiteException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DynamicTest;

/**
 * The official Python SDKs and pytest, installed by pip from a list of hashes into a folder outside
 * the tree that its content names, so that another clone finds it there.
 */
final class PythonSdk {

  private static final String REQUIREMENTS = "requirements.txt";

  /** What the scenarios of every file share. */
  private static final List<String> SHARED = List.of("conftest.py", "office.py");

  private static final Duration INSTALL_MAX = Duration.ofMinutes(5);

  /** All the scenarios of one file, on a machine that builds beside them. */
  private static final Duration RUN_MAX = Duration.ofMinutes(20);

  private static final int PYTEST_PASSED = 0;
  private static final int PYTEST_FAILED = 1;

  private final Path folder;

  private PythonSdk(Path folder) {
    this.folder = folder;
  }

  /** Finds the SDKs in the cache, or installs them there. */
  static PythonSdk installed() {
    return installed(REQUIREMENTS);
  }

  /** Finds the packages of a list in the cache, or installs them there. */
  static PythonSdk installed(String list) {
    try {
      byte[] requirements = resource(list);
      String interpreter =
          run(
              List.of(
                  "python3", "-c", "import sys, platform; print(sys.version, platform.platform())"),
              Map.of(),
              INSTALL_MAX);
      Path cache = cache();
      Path folder = cache.resolve("python-" + hash(requirements, interpreter));
      Files.createDirectories(cache);
      try (FileChannel channel =
              FileChannel.open(
                  cache.resolve("python.lock"),
                  StandardOpenOption.CREATE,
                  StandardOpenOption.WRITE);
          FileLock _ = channel.lock()) {
        if (!Files.isDirectory(folder)) {
          install(requirements, folder);
        }
      }
      return new PythonSdk(folder);
    } catch (IOException e) {
      throw new SiteException("The Python SDKs cannot be installed: " + e, e);
    }
  }

  /** Where the packages are, for {@code PYTHONPATH}. */
  Path folder() {
    return folder;
  }

  /** Runs a program and returns what it printed; a failure shows its traceback. */
  String run(String program, Map<String, String> environment) {
    try {
      Path file = Files.createTempFile("freehold-", ".py");
      try {
        Files.writeString(file, program);
        return run(List.of("python3", file.toString()), withPackages(environment), RUN_MAX);
      } finally {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new SiteException("The program cannot be run: " + e, e);
    }
  }

  /** Runs a file of the test resources by pytest; each of its scenarios is a test of its own. */
  List<DynamicTest> tests(String file, Map<String, String> environment) {
    try {
      Path tests = Files.createTempDirectory("freehold-");
      try {
        for (String name : SHARED) {
          Files.write(tests.resolve(name), resource(name));
        }
        Files.write(tests.resolve(file), resource(file));
        Path report = tests.resolve("report.xml");
        List<String> command = new ArrayList<>(List.of("python3", "-m", "pytest"));
        command.addAll(List.of("--quiet", "-p", "no:cacheprovider", "--rootdir", tests.toString()));
        command.addAll(List.of("--junitxml", report.toString(), tests.resolve(file).toString()));
        Ended ended = runToEnd(command, withPackages(environment), RUN_MAX);
        if (ended.exit() != PYTEST_PASSED && ended.exit() != PYTEST_FAILED) {
          throw failure(command, ended);
        }
        return PytestReport.read(report);
      } finally {
        deleteTree(tests);
      }
    } catch (IOException e) {
      throw new SiteException(file + " cannot be run: " + e, e);
    }
  }

  private Map<String, String> withPackages(Map<String, String> environment) {
    Map<String, String> all = new HashMap<>(environment);
    all.put("PYTHONPATH", folder.toString());
    all.put("PYTHONDONTWRITEBYTECODE", "1");
    return all;
  }

  /** Installed beside its place and moved there, so that a broken install leaves nothing half. */
  private static void install(byte[] requirements, Path folder) throws IOException {
    Path staged = Files.createTempDirectory(folder.getParent(), "python-");
    try {
      Path list = staged.resolve(REQUIREMENTS);
      Files.write(list, requirements);
      List<String> command = new ArrayList<>(List.of("python3", "-m", "pip", "install", "--quiet"));
      command.addAll(List.of("--require-hashes", "--only-binary=:all:", "--no-deps"));
      command.addAll(List.of("--target", staged.resolve("packages").toString()));
      command.addAll(List.of("--requirement", list.toString()));
      run(command, Map.of(), INSTALL_MAX);
      Files.move(staged.resolve("packages"), folder, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      deleteTree(staged);
    }
  }

  private static void deleteTree(Path path) throws IOException {
    if (Files.isDirectory(path)) {
      try (DirectoryStream<Path> children = Files.newDirectoryStream(path)) {
        for (Path child : children) {
          deleteTree(child);
        }
      }
    }
    Files.deleteIfExists(path);
  }

  private static Path cache() {
    return Optional.ofNullable(System.getenv("FREEHOLD_CACHE"))
        .filter(named -> !named.isBlank())
        .map(Path::of)
        .orElseGet(() -> Path.of(System.getProperty("user.home"), ".cache", "freehold"));
  }

  private static String hash(byte[] requirements, String interpreter) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(requirements);
      digest.update(interpreter.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest.digest(), 0, 8);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform has SHA-256.", e);
    }
  }

  private static byte[] resource(String name) throws IOException {
    try (InputStream in = PythonSdk.class.getResourceAsStream(name)) {
      return in.readAllBytes();
    }
  }

  private static String run(List<String> command, Map<String, String> environment, Duration atMost)
      throws IOException {
    Ended ended = runToEnd(command, environment, atMost);
    if (ended.exit() != 0) {
      throw failure(command, ended);
    }
    return ended.output();
  }

  private static SiteException failure(List<String> command, Ended ended) {
    return new SiteException(
        "%s ended with %d: %s%s"
            .formatted(String.join(" ", command), ended.exit(), ended.errors(), ended.output()));
  }

  private record Ended(int exit, String output, String errors) {}

  private static Ended runToEnd(
      List<String> command, Map<String, String> environment, Duration atMost) throws IOException {
    Path output = Files.createTempFile("freehold-", ".out");
    Path errors = Files.createTempFile("freehold-", ".err");
    try {
      ProcessBuilder builder =
          new ProcessBuilder(command)
              .redirectOutput(output.toFile())
              .redirectError(errors.toFile());
      builder.environment().putAll(environment);
      Process process = builder.start();
      process.getOutputStream().close();
      if (!process.waitFor(atMost.toSeconds(), TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new SiteException(
            "%s did not end within %d s: %s%s"
                .formatted(
                    String.join(" ", command),
                    atMost.toSeconds(),
                    Files.readString(errors),
                    Files.readString(output)));
      }
      return new Ended(process.exitValue(), Files.readString(output), Files.readString(errors));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SiteException("Interrupted while python3 ran.", e);
    } finally {
      Files.delete(output);
      Files.delete(errors);
    }
  }
}
