package dev.freehold.controller.cli;

import dev.freehold.bundle.Pem;
import dev.freehold.bundle.files.DurableFiles;
import dev.freehold.bundle.files.DurableFiles.Access;
import dev.freehold.controller.operator.IssuedClient;
import dev.freehold.controller.operator.OperatorClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@Command(
    name = "client",
    mixinStandardHelpOptions = true,
    description = "Certificates of LAN clients.",
    subcommands = ClientCommand.Issue.class)
final class ClientCommand implements Runnable {

  @Spec CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "Expected a command: client issue.");
  }

  @Command(
      name = "issue",
      mixinStandardHelpOptions = true,
      description = {
        "Issues a certificate to a LAN client and writes what it needs to ask a box:",
        "  client.pem   the certificate and its chain",
        "  client.key   its key, made here; keep it secret",
        "  ca.pem       the root that verifies the box"
      })
  static final class Issue implements Callable<Integer> {

    @Spec CommandSpec spec;
    @Mixin OperatorOption operator;

    @Option(
        names = "--name",
        paramLabel = "NAME",
        required = true,
        description = "Who the client is; stands in usage records.")
    String name;

    @Option(
        names = "--group",
        paramLabel = "GROUP",
        required = true,
        arity = "1",
        description = "A group of the policy's clients; may be given more than once.")
    List<String> groups;

    @Option(
        names = "--out",
        paramLabel = "DIR",
        required = true,
        description = "The folder to write to; made if it is not there.")
    Path out;

    @Option(
        names = "--days",
        defaultValue = "7",
        description = "How many days it is valid, up to 30. Default: ${DEFAULT-VALUE}.")
    int days;

    @Override
    public Integer call() throws Exception {
      try (OperatorClient client = operator.connect()) {
        IssuedClient issued = client.issueClient(name, groups, days);
        Files.createDirectories(out);
        DurableFiles.write(out.resolve("client.key"), Pem.encode(issued.key()), Access.OWNER_ONLY);
        DurableFiles.write(
            out.resolve("client.pem"), issued.certificatesPem(), Access.EVERYONE_READS);
        DurableFiles.write(out.resolve("ca.pem"), issued.caPem(), Access.EVERYONE_READS);
        issued.warning().ifPresent(spec.commandLine().getErr()::println);
        spec.commandLine().getErr().flush();
        return 0;
      }
    }
  }
}
