package dev.freehold.controller.cli;

import dev.freehold.controller.operator.OperatorClient;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@Command(
    name = "token",
    mixinStandardHelpOptions = true,
    description = "One-time tokens, by which boxes enrol.",
    subcommands = TokenCommand.Create.class)
final class TokenCommand implements Runnable {

  @Spec CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "Expected a command: token create.");
  }

  @Command(
      name = "create",
      mixinStandardHelpOptions = true,
      description = {
        "Makes a token for one box and prints it, once; only its hash is kept.",
        "The box uses it up: freehold enrol --serial SERIAL --token-file FILE …"
      })
  static final class Create implements Callable<Integer> {

    @Spec CommandSpec spec;
    @Mixin OperatorOption operator;

    @Option(
        names = "--box",
        paramLabel = "SERIAL",
        required = true,
        description = "The box's serial: letters, digits and dashes.")
    String box;

    @Option(
        names = "--ttl",
        paramLabel = "DURATION",
        defaultValue = "10m",
        converter = Lifetime.class,
        description = "How long it may be used, up to 7d. Default: ${DEFAULT-VALUE}.")
    Duration lifetime;

    @Override
    public Integer call() throws Exception {
      try (OperatorClient client = operator.connect()) {
        spec.commandLine().getOut().println(client.createToken(box, lifetime));
        spec.commandLine().getOut().flush();
        return 0;
      }
    }
  }
}
