package dev.freehold.receipts.cli;

import dev.freehold.receipts.ReceiptSource;
import dev.freehold.receipts.Verdict;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code freehold receipts verify}. */
@Command(
    name = "verify",
    mixinStandardHelpOptions = true,
    description = "Checks that receipts are as the box signed them: chain, order, signatures.",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:intact",
      "1:tampered, reordered, inserted, deleted, cut, unsigned or untrusted; where is printed",
      "2:it could not be checked; the reason is printed"
    })
final class VerifyCommand implements Callable<Integer> {

  static final int INTACT = 0;
  static final int BROKEN = 1;
  static final int UNCHECKED = 2;

  @Spec private CommandSpec spec;
  @Mixin private PlaceParameter place;
  @Mixin private TrustOptions trust;

  @Option(names = "--json", description = "Prints the verdict as JSON.")
  private boolean json;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    try {
      ReceiptSource source = place.source();
      Verdict verdict = trust.verifier(source).verify(source);
      if (json) {
        out.println(Verdicts.json(verdict).toPrettyString());
      } else {
        Verdicts.print(out, verdict, trust.isOwnRoot());
      }
      out.flush();
      return verdict instanceof Verdict.Intact ? INTACT : BROKEN;
    } catch (IOException e) {
      spec.commandLine().getErr().println("freehold receipts verify: " + e.getMessage());
      return UNCHECKED;
    }
  }
}
