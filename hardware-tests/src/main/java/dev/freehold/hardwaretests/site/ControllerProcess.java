package dev.freehold.hardwaretests.site;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A running controller and its operator's commands. */
public final class ControllerProcess implements AutoCloseable {

  private static final Duration START_MAX = Duration.ofSeconds(90);

  private final Distribution distribution;
  private final Path state;
  private final ServerProcess process;
  private final String url;
  private final String pin;

  private ControllerProcess(
      Distribution distribution, Path state, ServerProcess process, JsonNode ready) {
    this.distribution = distribution;
    this.state = state;
    this.process = process;
    this.url = ready.required("url").asText();
    this.pin = ready.required("pin").asText();
  }

  /** Starts a controller with no options of its virtual machine. */
  public static ControllerProcess start(Distribution distribution, Path state, Path log) {
    return start(distribution, state, log, "");
  }

  /** Starts a controller on a free loopback port and waits until it serves. */
  public static ControllerProcess start(
      Distribution distribution, Path state, Path log, String javaOptions) {
    Path ready = state.resolve("ready.json");
    ServerProcess process =
        ServerProcess.start(
            "controller",
            distribution.command(
                "freeholdctl",
                List.of("serve", "--state", state.toString(), "--listen", "127.0.0.1:0")),
            Distribution.environment(javaOptions),
            log);
    try {
      return new ControllerProcess(
          distribution, state, process, process.awaitReady(ready, START_MAX));
    } catch (RuntimeException e) {
      process.close();
      throw e;
    }
  }

  public ServerProcess process() {
    return process;
  }

  public String url() {
    return url;
  }

  public String pin() {
    return pin;
  }

  /** Makes a one-time token for a box. */
  public String createToken(String serial) {
    return operator("token", "create", "--box", serial).strip();
  }

  /** Publishes a policy to every box and returns what the command printed. */
  public String publish(Path policy, Map<String, Path> credentials) {
    List<String> arguments = new ArrayList<>(List.of("policy", "publish", policy.toString()));
    credentials.forEach(
        (name, file) -> arguments.addAll(List.of("--credential", name + "=@" + file)));
    return operator(arguments.toArray(String[]::new)).strip();
  }

  /** Issues a LAN client's certificate into a folder. */
  public ClientIdentity issueClient(String name, String group, Path folder) {
    operator("client", "issue", "--name", name, "--group", group, "--out", folder.toString());
    return ClientIdentity.in(folder);
  }

  /** Runs {@code freeholdctl} as this controller's operator and returns what it printed. */
  public String command(String... arguments) {
    return operator(arguments);
  }

  private String operator(String... arguments) {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.addAll(List.of("--operator", state.resolve("operator").toString()));
    return distribution.run("freeholdctl", all.toArray(String[]::new));
  }

  @Override
  public void close() {
    process.close();
  }
}
