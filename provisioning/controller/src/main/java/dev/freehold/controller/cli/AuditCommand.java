package dev.freehold.controller.cli;

import dev.freehold.controller.operator.OperatorClient;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

@Command(
    name = "audit",
    mixinStandardHelpOptions = true,
    description = "Prints who did what to whom, the newest first: time, actor, action, subject.")
final class AuditCommand implements Callable<Integer> {

  @Spec CommandSpec spec;
  @Mixin OperatorOption operator;

  @Override
  public Integer call() throws Exception {
    PrintWriter out = spec.commandLine().getOut();
    try (OperatorClient client = operator.connect()) {
      client.auditTrail().forEach(out::println);
      out.flush();
      return 0;
    }
  }
}
