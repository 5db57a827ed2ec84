package dev.freehold.hardwaretests.site;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** A program of the machine, run to its end. */
public final class Command {

  private Command() {}

  /** How a program ended. */
  public record Ended(int exit, String output, String errors) {}

  /**
   * Runs a program to its end, however that is.
   *
   * @param folder to run it in; empty for this process's own
   * @throws SiteException if it did not end in time
   */
  public static Ended runToEnd(
      List<String> command,
      Map<String, String> environment,
      Optional<Path> folder,
      Duration atMost) {
    try {
      Path output = Files.createTempFile("freehold-", ".out");
      Path errors = Files.createTempFile("freehold-", ".err");
      try {
        ProcessBuilder builder =
            new ProcessBuilder(command)
                .redirectOutput(output.toFile())
                .redirectError(errors.toFile());
        folder.ifPresent(in -> builder.directory(in.toFile()));
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
      } finally {
        Files.delete(output);
        Files.delete(errors);
      }
    } catch (IOException e) {
      throw new SiteException(command.getFirst() + " cannot be run: " + e, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SiteException("Interrupted while " + command.getFirst() + " ran.", e);
    }
  }

  /**
   * Runs a program and returns what it wrote to standard output.
   *
   * @throws SiteException with what it said, if it failed
   */
  public static String run(
      List<String> command,
      Map<String, String> environment,
      Optional<Path> folder,
      Duration atMost) {
    Ended ended = runToEnd(command, environment, folder, atMost);
    if (ended.exit() != 0) {
      throw failure(command, ended);
    }
    return ended.output();
  }

  /** What to say of a program that failed. */
  public static SiteException failure(List<String> command, Ended ended) {
    return new SiteException(
        "%s ended with %d: %s%s"
            .formatted(String.join(" ", command), ended.exit(), ended.errors(), ended.output()));
  }
}
