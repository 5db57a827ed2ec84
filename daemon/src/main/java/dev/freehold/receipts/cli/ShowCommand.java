package dev.freehold.receipts.cli;

import dev.freehold.receipts.Attempt;
import dev.freehold.receipts.ContentDigest;
import dev.freehold.receipts.ContentDigests;
import dev.freehold.receipts.Decision;
import dev.freehold.receipts.Entry.RequestEntry;
import dev.freehold.receipts.Outcome;
import dev.freehold.receipts.Receipt;
import dev.freehold.receipts.ReceiptException;
import dev.freehold.receipts.ReceiptSource;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code freehold receipts show}. */
@Command(
    name = "show",
    mixinStandardHelpOptions = true,
    description = {
      "Shows receipts as they stand; verify says whether they are the box's.",
      "",
      "With --content, says which request had exactly the bytes of a file as its content or its",
      "answer. That takes the box's key of digests (content.key), beside the receipts."
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:shown, or found",
      "1:no such request, or no request with that content",
      "2:the receipts or the key cannot be read; the reason is printed"
    })
final class ShowCommand implements Callable<Integer> {

  private static final int LAST_MAX = 10_000;
  private static final int BUFFER_BYTES = 65_536;

  @Spec private CommandSpec spec;
  @Mixin private PlaceParameter place;

  @Option(names = "--request", paramLabel = "ID", description = "Only this request's receipts.")
  private String request;

  @Option(
      names = "--last",
      paramLabel = "N",
      defaultValue = "20",
      description = "The last so many (default: ${DEFAULT-VALUE}).")
  private int last;

  @Option(
      names = "--content",
      paramLabel = "FILE",
      description = "Finds the request whose content or answer this is.")
  private Path content;

  @Option(
      names = "--key",
      paramLabel = "FOLDER",
      description = "The folder with content.key, where it is not beside the receipts.")
  private Path key;

  @Option(names = "--json", description = "Prints the lines as they stand in the log.")
  private boolean json;

  @Override
  public Integer call() {
    if (last < 1 || last > LAST_MAX) {
      throw new ParameterException(
          spec.commandLine(), "--last must be 1 to " + LAST_MAX + ", found " + last);
    }
    PrintWriter out = spec.commandLine().getOut();
    try {
      ReceiptSource source = place.source();
      int code = content == null ? show(source, out) : find(source, out);
      out.flush();
      return code;
    } catch (IOException e) {
      spec.commandLine().getErr().println("freehold receipts show: " + e.getMessage());
      return VerifyCommand.UNCHECKED;
    }
  }

  private int show(ReceiptSource source, PrintWriter out) throws IOException {
    Deque<Receipt> shown = new ArrayDeque<>();
    source.read(
        receipt -> {
          if (isAskedFor(receipt)) {
            if (shown.size() == last) {
              shown.removeFirst();
            }
            shown.addLast(receipt);
          }
        });
    shown.forEach(
        receipt ->
            out.println(
                json
                    ? receipt.toJson()
                    : "%-8d %-27s %-12s %s"
                        .formatted(
                            receipt.sequence(),
                            receipt.time(),
                            receipt.entry().kind(),
                            receipt.bodyJson())));
    if (shown.isEmpty()) {
      spec.commandLine()
          .getErr()
          .println("freehold receipts show: no receipts of request " + request + " are here");
      return 1;
    }
    return 0;
  }

  private boolean isAskedFor(Receipt receipt) {
    return request == null
        || (receipt.entry() instanceof RequestEntry entry && entry.requestId().equals(request));
  }

  private int find(ReceiptSource source, PrintWriter out) throws IOException {
    Path folder =
        Optional.ofNullable(key)
            .or(source::folder)
            .orElseThrow(
                () ->
                    new ReceiptException(
                        "An export has no key of digests. Expected --key FOLDER, the box's folder"
                            + " of receipts."));
    Finder finder = new Finder(digest(ContentDigests.read(folder)), out);
    source.read(finder);
    if (!finder.found) {
      out.printf(
          "%s is neither the content nor the answer of %s%n",
          content, request == null ? "any request here" : "request " + request);
      return 1;
    }
    return 0;
  }

  private String digest(ContentDigests digests) throws IOException {
    ContentDigest digest = digests.begin();
    byte[] buffer = new byte[BUFFER_BYTES];
    try (InputStream in = Files.newInputStream(content)) {
      for (int count = in.read(buffer); count > 0; count = in.read(buffer)) {
        digest.update(buffer, 0, count);
      }
    }
    return digest.finish();
  }

  /** Says of each request with the digest what it was, and where it went. */
  private final class Finder implements Consumer<Receipt> {

    private final Optional<String> digest;
    private final PrintWriter out;
    private final Set<String> open = new HashSet<>();
    private boolean found;

    private Finder(String digest, PrintWriter out) {
      this.digest = Optional.of(digest);
      this.out = out;
    }

    @Override
    public void accept(Receipt receipt) {
      if (!isAskedFor(receipt) || !(receipt.entry() instanceof RequestEntry entry)) {
        return;
      }
      switch (entry) {
        case Decision decision -> {
          if (decision.content().equals(digest)) {
            found = true;
            open.add(decision.requestId());
            out.printf(
                "%s is the content of request %s of %s, decided %s as %s%n",
                content,
                decision.requestId(),
                decision.client(),
                receipt.time(),
                decision.label().text());
          }
        }
        case Attempt attempt -> {
          if (open.contains(attempt.requestId())) {
            out.printf(
                "  %s: %d bytes for %s (%s%s) at %s%n",
                receipt.time(),
                attempt.bytes(),
                attempt.provider(),
                attempt.trust().text(),
                attempt.region().map(region -> ", " + region).orElse(""),
                attempt.host());
          }
        }
        case Outcome outcome -> {
          if (open.remove(outcome.requestId())) {
            out.printf(
                "  %s: %s%s%n",
                receipt.time(),
                outcome.ending().text(),
                outcome.provider().map(name -> " by " + name).orElse(""));
          }
          if (outcome.answer().equals(digest)) {
            found = true;
            out.printf(
                "%s is the answer to request %s, %s%n",
                content, outcome.requestId(), receipt.time());
          }
        }
      }
    }
  }
}
