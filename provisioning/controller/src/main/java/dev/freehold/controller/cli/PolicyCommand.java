package dev.freehold.controller.cli;

import dev.freehold.bundle.files.DurableFiles;
import dev.freehold.bundle.policy.Label;
import dev.freehold.bundle.policy.Policy;
import dev.freehold.bundle.policy.PolicyException;
import dev.freehold.bundle.policy.Problem;
import dev.freehold.bundle.policy.TrustClass;
import dev.freehold.controller.operator.OperatorClient;
import dev.freehold.controller.operator.OperatorException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "policy",
    mixinStandardHelpOptions = true,
    description = "The one file that says what boxes may do.",
    subcommands = {
      PolicyCommand.Validate.class,
      PolicyCommand.Publish.class,
      PolicyTryCommand.class
    })
final class PolicyCommand implements Runnable {

  @Spec CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(), "Expected a command: policy validate, policy try or policy publish.");
  }

  /** Prints problems as compilers do, so that editors find their places. */
  static int report(CommandSpec spec, Path file, List<Problem> problems) {
    PrintWriter err = spec.commandLine().getErr();
    problems.forEach(problem -> err.println(file + ":" + problem));
    err.flush();
    return 1;
  }

  @Command(
      name = "validate",
      mixinStandardHelpOptions = true,
      description = {
        "Checks a policy file without publishing it, and shows which providers the requests of"
            + " each",
        "label may reach; no controller is needed.",
        "Each problem is one line FILE:LINE:COLUMN: what is wrong.",
        "The language is described in provisioning/README.md, section \"The policy file\"."
      })
  static final class Validate implements Callable<Integer> {

    @Spec CommandSpec spec;

    @Parameters(paramLabel = "FILE", description = "The policy file.")
    Path file;

    @Override
    public Integer call() throws Exception {
      try {
        Policy policy = Policy.parse(DurableFiles.readText(file));
        printReach(spec.commandLine().getOut(), policy);
        return 0;
      } catch (PolicyException e) {
        return report(spec, file, e.problems());
      }
    }

    /** The statement on locality in the end: who may be sent what. */
    private void printReach(PrintWriter out, Policy policy) {
      out.printf("%s is valid. Requests may go to:%n", file);
      for (Label label : Label.values()) {
        Set<TrustClass> allowed = policy.allowed(label);
        List<String> providers =
            policy.providers().values().stream()
                .filter(provider -> allowed.contains(provider.trust()))
                .map(provider -> provider.name() + " (" + provider.trust().text() + ")")
                .toList();
        out.printf(
            "  %-13s %s%n",
            label.text(), providers.isEmpty() ? "nobody" : String.join(", ", providers));
      }
      out.flush();
    }
  }

  @Command(
      name = "publish",
      mixinStandardHelpOptions = true,
      description = {
        "Publishes a policy to every box, now and when it enrols, and prints the version.",
        "Credentials given once stay for later publications that use them."
      })
  static final class Publish implements Callable<Integer> {

    @Spec CommandSpec spec;
    @Mixin OperatorOption operator;

    @Parameters(paramLabel = "FILE", description = "The policy file.")
    Path file;

    @Option(
        names = "--credential",
        paramLabel = "NAME=SOURCE",
        arity = "1",
        description = {
          "A provider's secret by the name the policy uses: NAME=@FILE reads a file,",
          "NAME=env:VARIABLE the environment. It is never taken from the command line itself."
        })
    Map<String, String> credentials = new LinkedHashMap<>();

    @Override
    public Integer call() throws Exception {
      Map<String, String> secrets = new LinkedHashMap<>();
      for (Map.Entry<String, String> entry : credentials.entrySet()) {
        secrets.put(entry.getKey(), secret(entry.getKey(), entry.getValue()));
      }
      try (OperatorClient client = operator.connect()) {
        long version = client.publish(DurableFiles.readText(file), secrets);
        spec.commandLine().getOut().println(version);
        spec.commandLine().getOut().flush();
        return 0;
      } catch (OperatorException e) {
        if (e.problems().isEmpty()) {
          throw e;
        }
        return report(spec, file, e.problems());
      }
    }

    private String secret(String name, String source) throws IOException {
      if (source.startsWith("@")) {
        return DurableFiles.readText(Path.of(source.substring(1))).strip();
      }
      if (source.startsWith("env:")) {
        String value = System.getenv(source.substring("env:".length()));
        if (value != null) {
          return value.strip();
        }
        throw new ParameterException(
            spec.commandLine(),
            "The environment has no variable of the name given for credential " + name + ".");
      }
      throw new ParameterException(
          spec.commandLine(),
          "Expected --credential "
              + name
              + "=@FILE or "
              + name
              + "=env:VARIABLE, found something else. A secret on the command line is seen by"
              + " every user of the machine.");
    }
  }
}
