package dev.freehold.hardwaretests;

import dev.freehold.hardwaretests.site.Command;
import dev.freehold.hardwaretests.site.PinnedPackages;
import dev.freehold.hardwaretests.site.SiteException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.DynamicTest;

/** The official Python SDKs and pytest, installed by pip from a list of hashes. */
final class PythonSdk {

  private static final String REQUIREMENTS = "requirements.txt";

  /** What the scenarios of every file share. */
  private static final List<String> SHARED = List.of("conftest.py", "office.py");

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
      return new PythonSdk(PinnedPackages.python(resource(list)));
    } catch (IOException e) {
      throw new SiteException("The list of Python packages cannot be read: " + e, e);
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
        return Command.run(
            List.of("python3", file.toString()),
            withPackages(environment),
            Optional.empty(),
            RUN_MAX);
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
        Command.Ended ended =
            Command.runToEnd(command, withPackages(environment), Optional.empty(), RUN_MAX);
        if (ended.exit() != PYTEST_PASSED && ended.exit() != PYTEST_FAILED) {
          throw Command.failure(command, ended);
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

  private static byte[] resource(String name) throws IOException {
    try (InputStream in = PythonSdk.class.getResourceAsStream(name)) {
      return in.readAllBytes();
    }
  }
}
