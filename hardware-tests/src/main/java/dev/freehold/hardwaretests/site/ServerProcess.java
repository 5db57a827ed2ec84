package dev.freehold.hardwaretests.site;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A server as a child process, its output in a file. */
public final class ServerProcess implements AutoCloseable {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration STOP_MAX = Duration.ofSeconds(45);
  private static final int LOG_SHOWN_LINES = 25;

  private final String name;
  private final Process process;
  private final Path log;

  private ServerProcess(String name, Process process, Path log) {
    this.name = name;
    this.process = process;
    this.log = log;
  }

  /** Starts a server; its output goes to the end of the log. */
  public static ServerProcess start(
      String name, List<String> command, Map<String, String> environment, Path log) {
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
    builder.environment().putAll(environment);
    try {
      Process process = builder.start();
      process.getOutputStream().close();
      return new ServerProcess(name, process, log);
    } catch (IOException e) {
      throw new SiteException("The " + name + " cannot be started: " + e, e);
    }
  }

  public long pid() {
    return process.pid();
  }

  /** What it ended with; it must have ended. */
  public int exitCode() {
    return process.exitValue();
  }

  public boolean alive() {
    return process.isAlive();
  }

  /**
   * Waits for the file that a server writes, whole, when it serves. One that an earlier process
   * left behind names that process and is passed over.
   */
  public JsonNode awaitReady(Path file, Duration atMost) {
    return Await.until(
        "the " + name + " to be ready (" + file + ")\n" + "Its log: " + log,
        atMost,
        () -> {
          requireAlive();
          return Optional.of(file)
              .filter(Files::exists)
              .map(ServerProcess::read)
              .filter(ready -> ready.required("pid").asLong() == process.pid());
        });
  }

  private static JsonNode read(Path file) {
    try {
      return JSON.readTree(Files.readAllBytes(file));
    } catch (IOException e) {
      throw new SiteException(file + " cannot be read: " + e, e);
    }
  }

  /** Fails, with the end of its log, if the server has ended. */
  public void requireAlive() {
    if (!process.isAlive()) {
      throw new SiteException(
          "The " + name + " ended with " + process.exitValue() + ". It said:\n" + logTail());
    }
  }

  /** Waits until one of them has ended, and returns it. */
  public static ServerProcess awaitFirstEnd(ServerProcess... servers) {
    CompletableFuture<?>[] ends =
        Arrays.stream(servers)
            .map(server -> server.process.onExit().thenApply(_ -> server))
            .toArray(CompletableFuture<?>[]::new);
    return (ServerProcess) CompletableFuture.anyOf(ends).join();
  }

  @Override
  public String toString() {
    return "the " + name;
  }

  /** The last lines of the log. */
  public String logTail() {
    try {
      List<String> lines = Files.readString(log, StandardCharsets.UTF_8).lines().toList();
      return String.join(
          "\n", lines.subList(Math.max(0, lines.size() - LOG_SHOWN_LINES), lines.size()));
    } catch (IOException e) {
      return "(its log cannot be read: " + e + ")";
    }
  }

  /** Ends it as a power cut would: SIGKILL. */
  public void kill() {
    process.destroyForcibly();
    awaitEnd(STOP_MAX);
  }

  /** Ends it as a bug in native code would: SIGSEGV. */
  public void crash() {
    try {
      new ProcessBuilder("kill", "-SEGV", Long.toString(process.pid())).start().waitFor();
    } catch (IOException e) {
      throw new SiteException("The " + name + " cannot be crashed: " + e, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (!awaitEnd(STOP_MAX)) {
      throw new SiteException("The " + name + " did not end by a SIGSEGV.");
    }
  }

  /** Asks it to end, and ends it if it does not within a bound. */
  @Override
  public void close() {
    process.destroy();
    if (!awaitEnd(STOP_MAX)) {
      process.destroyForcibly();
      awaitEnd(STOP_MAX);
    }
  }

  private boolean awaitEnd(Duration atMost) {
    try {
      return process.waitFor(atMost.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
