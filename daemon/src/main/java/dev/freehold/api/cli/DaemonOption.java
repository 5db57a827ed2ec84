package dev.freehold.api.cli;

import dev.freehold.api.ControlClient;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** Which running daemon a command asks: the one whose control socket is in this state folder. */
final class DaemonOption {

  @Option(
      names = "--state",
      required = true,
      paramLabel = "DIR",
      description = "The daemon's state folder.")
  private Path state;

  ControlClient connect() {
    return new ControlClient(state.resolve("freehold.sock"));
  }
}
