package dev.freehold.controller.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.freehold.bundle.files.DurableFiles;
import dev.freehold.bundle.files.DurableFiles.Access;
import dev.freehold.controller.operator.OperatorClient;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "receipts",
    mixinStandardHelpOptions = true,
    description = "What the controller holds of the boxes' receipts.",
    subcommands = ReceiptsCommand.Head.class)
final class ReceiptsCommand implements Runnable {

  @Spec CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "Expected a command: receipts head BOX.");
  }

  @Command(
      name = "head",
      mixinStandardHelpOptions = true,
      description = {
        "Prints the last signed head that the controller holds of a box's receipts, as JSON.",
        "Verifying the box's receipts against it shows whether their end was cut off:",
        "freehold receipts verify PLACE --head FILE."
      })
  static final class Head implements Callable<Integer> {

    @Spec CommandSpec spec;
    @Mixin OperatorOption operator;

    @Parameters(paramLabel = "BOX", description = "The box's serial.")
    String box;

    @Option(
        names = "--line",
        paramLabel = "N",
        description = {
          "The head that line N of the receipts came to. A line ends where the receipts went",
          "backwards. Default: the last."
        })
    Integer line;

    @Option(names = "--out", paramLabel = "FILE", description = "Writes it to this file instead.")
    Path out;

    @Override
    public Integer call() throws Exception {
      try (OperatorClient client = operator.connect()) {
        JsonNode heads = client.receiptHeads(box).path("heads");
        for (JsonNode held : heads) {
          if (line == null || held.path("line").asInt() == line) {
            warn(held, heads);
            write(held.path("head").toPrettyString() + "\n");
            return 0;
          }
        }
        return fail(
            heads.isEmpty()
                ? "The box " + box + " has not reported a head of its receipts yet."
                : "The receipts of " + box + " have no line " + line + ".");
      }
    }

    private void warn(JsonNode held, JsonNode heads) {
      PrintWriter err = spec.commandLine().getErr();
      if (!held.path("verified").asBoolean()) {
        err.println(
            "The signature is not verified: it names a certificate that the controller does not"
                + " hold. Verify it with the box's certificate of that time.");
      }
      if (heads.size() > 1) {
        err.printf(
            "The receipts of this box went backwards %d times: see freeholdctl alerts, and verify"
                + " them against the lines before, --line 0 to %d.%n",
            heads.size() - 1, heads.size() - 1);
      }
      err.flush();
    }

    private void write(String head) throws Exception {
      if (out == null) {
        spec.commandLine().getOut().print(head);
        spec.commandLine().getOut().flush();
      } else {
        DurableFiles.write(out.toAbsolutePath(), head, Access.EVERYONE_READS);
      }
    }

    private int fail(String why) {
      spec.commandLine().getErr().println(why);
      spec.commandLine().getErr().flush();
      return 1;
    }
  }
}
