package dev.freehold.controller.cli;

import dev.freehold.controller.operator.OperatorClient;
import dev.freehold.controller.operator.OperatorException;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** Which controller a command speaks to, and as whom. */
final class OperatorOption {

  @Option(
      names = "--operator",
      paramLabel = "DIR",
      required = true,
      defaultValue = "${env:FREEHOLD_OPERATOR}",
      description = {
        "The operator's folder, which the controller writes as STATE/operator.",
        "Default: the environment variable FREEHOLD_OPERATOR."
      })
  Path folder;

  OperatorClient connect() throws OperatorException {
    return OperatorClient.open(folder);
  }
}
