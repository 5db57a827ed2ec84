package dev.freehold.hardwaretests.site;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * The runnable distribution under test.
 *
 * @param home the folder that holds {@code bin/freehold}
 */
public record Distribution(Path home) {

  /** Names the folder; the build sets it. */
  public static final String PROPERTY = "freehold.distribution";

  private static final Duration COMMAND_MAX = Duration.ofMinutes(2);

  public Distribution {
    home = home.toAbsolutePath().normalize();
    if (!Files.isExecutable(home.resolve("bin/freehold"))) {
      throw new SiteException(
          "Expected the distribution in "
              + home
              + ", found no bin/freehold there. `mvn -pl image -am package -DskipTests` makes it.");
    }
  }

  /** The one that the property names, else the one that the build left in the tree. */
  public static Distribution underTest() {
    return new Distribution(Path.of(System.getProperty(PROPERTY, "image/target/freehold")));
  }

  List<String> command(String name, List<String> arguments) {
    List<String> command = new ArrayList<>();
    command.add(home.resolve("bin").resolve(name).toString());
    command.addAll(arguments);
    return command;
  }

  /** What every process of the distribution is started with. */
  static Map<String, String> environment() {
    // The build's own JDK is a Java 25, wherever it was found.
    return Map.of("FREEHOLD_JAVA_HOME", System.getProperty("java.home"));
  }

  /** The same, with options of the virtual machine as {@code FREEHOLD_OPTS} takes them. */
  static Map<String, String> environment(String javaOptions) {
    Map<String, String> environment = new HashMap<>(environment());
    if (!javaOptions.isEmpty()) {
      environment.put("FREEHOLD_OPTS", javaOptions);
    }
    return environment;
  }

  /** Runs a command to its end and returns what it wrote to standard output. */
  public String run(String name, String... arguments) {
    Finished finished = runToEnd(name, arguments);
    if (finished.exit() != 0) {
      throw new SiteException(
          name
              + " "
              + arguments[0]
              + " ended with "
              + finished.exit()
              + ": "
              + finished.errors().strip()
              + finished.output().strip());
    }
    return finished.output();
  }

  /**
   * Runs a command to its end, its standard error in the user's terminal, its output nowhere.
   *
   * @return its exit code
   */
  public int runInTerminal(String name, String... arguments) {
    try {
      ProcessBuilder builder =
          new ProcessBuilder(command(name, List.of(arguments)))
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD);
      builder.environment().putAll(environment());
      return builder.start().waitFor();
    } catch (IOException e) {
      throw new SiteException(name + " cannot be started: " + e, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SiteException("Interrupted while " + name + " ran.", e);
    }
  }

  /** How a command ended. */
  public record Finished(int exit, String output, String errors) {}

  /** Runs a command to its end, however that is. */
  public Finished runToEnd(String name, String... arguments) {
    try {
      Path output = Files.createTempFile("freehold-", ".out");
      Path errors = Files.createTempFile("freehold-", ".err");
      try {
        ProcessBuilder builder =
            new ProcessBuilder(command(name, List.of(arguments)))
                .redirectOutput(output.toFile())
                .redirectError(errors.toFile());
        builder.environment().putAll(environment());
        Process process = builder.start();
        process.getOutputStream().close();
        if (!process.waitFor(COMMAND_MAX.toSeconds(), TimeUnit.SECONDS)) {
          process.destroyForcibly();
          throw new SiteException(name + " " + arguments[0] + " did not end.");
        }
        return new Finished(
            process.exitValue(),
            Files.readString(output, StandardCharsets.UTF_8),
            Files.readString(errors, StandardCharsets.UTF_8));
      } finally {
        Files.deleteIfExists(output);
        Files.deleteIfExists(errors);
      }
    } catch (IOException e) {
      throw new SiteException(name + " cannot be started: " + e, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SiteException("Interrupted while " + name + " ran.", e);
    }
  }
}
