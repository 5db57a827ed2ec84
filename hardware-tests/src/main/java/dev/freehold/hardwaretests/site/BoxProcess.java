package dev.freehold.hardwaretests.site;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A box: its state, and the daemon while one runs over it. */
public final class BoxProcess implements AutoCloseable {

  /** Fetching is no part of this: only loading a model that is on the disk. */
  private static final Duration START_MAX = Duration.ofMinutes(2);

  private static final Duration HEALTH_MAX = Duration.ofSeconds(10);

  private final Distribution distribution;
  private final Path state;
  private final Path log;
  private final String javaOptions;
  private ServerProcess process;
  private JsonNode ready;

  private BoxProcess(Distribution distribution, Path state, Path log, String javaOptions) {
    this.distribution = distribution;
    this.state = state;
    this.log = log;
    this.javaOptions = javaOptions;
  }

  /** Enrols a new box that will have no options of its virtual machine. */
  public static BoxProcess enrol(
      Distribution distribution,
      ControllerProcess controller,
      String serial,
      Path state,
      Path log) {
    return enrol(distribution, controller, serial, state, log, "");
  }

  /** Enrols a new box with a token that the controller makes for it. The daemon is not started. */
  public static BoxProcess enrol(
      Distribution distribution,
      ControllerProcess controller,
      String serial,
      Path state,
      Path log,
      String javaOptions) {
    try {
      Path token = Files.createTempFile("freehold-token-", "");
      try {
        Files.writeString(token, controller.createToken(serial));
        distribution.run(
            "freehold",
            "enrol",
            "--state",
            state.toString(),
            "--controller",
            controller.url(),
            "--pin",
            controller.pin(),
            "--serial",
            serial,
            "--token-file",
            token.toString());
      } finally {
        Files.deleteIfExists(token);
      }
    } catch (IOException e) {
      throw new SiteException("The token file cannot be written: " + e, e);
    }
    return new BoxProcess(distribution, state, log, javaOptions);
  }

  /**
   * Starts the daemon on free loopback ports and waits until it serves.
   *
   * @param options of {@code freehold serve}, beside those that every box here has
   */
  public void start(String... options) {
    launch(options);
    try {
      ready = process.awaitReady(state.resolve("ready.json"), START_MAX);
    } catch (RuntimeException e) {
      process.close();
      throw e;
    }
  }

  /** Starts the daemon and kills it after a time, whether or not it serves by then. */
  public void startAndKill(Duration after) throws InterruptedException {
    launch();
    // The moment of the kill is what is asked for: there is nothing to wait for.
    Thread.sleep(after);
    process.kill();
  }

  private void launch(String... options) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "serve",
                "--state",
                state.toString(),
                "--listen",
                "127.0.0.1:0",
                "--health",
                "127.0.0.1:0"));
    arguments.addAll(List.of(options));
    process =
        ServerProcess.start(
            "box",
            distribution.command("freehold", arguments),
            Distribution.environment(javaOptions),
            log);
  }

  public Path state() {
    return state;
  }

  public Path log() {
    return log;
  }

  /** The address that ends in {@code /v1}. */
  public String url() {
    return ready.required("url").asText();
  }

  public int port() {
    return ready.required("port").asInt();
  }

  /** The loopback address of health and metrics. */
  public String health() {
    return ready.required("health").asText();
  }

  public ServerProcess process() {
    return process;
  }

  /** The value of a metric, summed over its label sets; zero if it is not there. */
  public double metric(String name) {
    return metric(name, "");
  }

  /** The value of a metric, summed over those of its label sets that hold a text. */
  public double metric(String name, String label) {
    double sum = 0;
    for (String line : get("/metrics").lines().toList()) {
      if ((line.startsWith(name + "{") || line.startsWith(name + " ")) && line.contains(label)) {
        sum += Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1));
      }
    }
    return sum;
  }

  /** Reads a page of the loopback port. */
  public String get(String path) {
    try (HttpClient client = HttpClient.newHttpClient()) {
      HttpRequest request =
          HttpRequest.newBuilder(URI.create(health() + path)).timeout(HEALTH_MAX).build();
      HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
      if (response.statusCode() != 200) {
        throw new SiteException(path + " answered " + response.statusCode());
      }
      return response.body();
    } catch (IOException e) {
      throw new SiteException(path + " cannot be read: " + e, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SiteException("Interrupted while reading " + path, e);
    }
  }

  /** Runs a {@code freehold} command over this box's state. */
  public String command(String... arguments) {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.addAll(List.of("--state", state.toString()));
    return distribution.run("freehold", all.toArray(String[]::new));
  }

  /** Ends the daemon as a power cut would. */
  public void kill() {
    process.kill();
  }

  @Override
  public void close() {
    if (process != null) {
      process.close();
    }
  }
}
