package dev.freehold.controller.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.freehold.controller.operator.OperatorClient;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
    name = "alerts",
    mixinStandardHelpOptions = true,
    description = {
      "Shows what a person should look at, the newest first: clients that boxes shut out,",
      "receipts that went backwards, usage that shrank."
    })
final class AlertsCommand implements Callable<Integer> {

  @Spec CommandSpec spec;
  @Mixin OperatorOption operator;

  @Option(names = "--json", description = "Prints the controller's answer as it is.")
  boolean json;

  @Override
  public Integer call() throws Exception {
    PrintWriter out = spec.commandLine().getOut();
    try (OperatorClient client = operator.connect()) {
      JsonNode answer = client.alerts();
      if (json) {
        out.println(answer.toPrettyString());
      } else {
        answer.path("alerts").forEach(alert -> print(out, alert));
      }
      out.flush();
      return 0;
    }
  }

  private static void print(PrintWriter out, JsonNode alert) {
    out.printf(
        "%s  %s  %s  %s%s%n    %s%n",
        alert.path("raised").asText(),
        alert.path("box").asText(),
        alert.path("kind").asText(),
        alert.path("subject").asText(),
        alert.hasNonNull("until") ? "  until " + alert.path("until").asText() : "",
        alert.path("detail").asText());
  }
}
