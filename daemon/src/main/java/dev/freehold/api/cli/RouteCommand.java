package dev.freehold.api.cli;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.freehold.api.ControlClient;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code freehold route}: the routing in force. */
@Command(
    name = "route",
    description = "Shows where requests go.",
    mixinStandardHelpOptions = true,
    subcommands = RouteCommand.Explain.class)
public final class RouteCommand implements Runnable {

  @Spec private CommandSpec spec;

  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }

  /** What {@code --path} may name. */
  static final class Paths implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return ControlClient.explainedPaths().iterator();
    }
  }

  /** {@code freehold route explain FILE}. */
  @Command(
      name = "explain",
      description =
          "Says where the running daemon would send a request, and why, without sending it.",
      mixinStandardHelpOptions = true)
  static final class Explain implements Callable<Integer> {

    @Spec private CommandSpec spec;

    @Mixin private DaemonOption daemon;

    @Option(
        names = "--client",
        defaultValue = "explain",
        paramLabel = "NAME",
        description = "The name in the client's certificate (default: ${DEFAULT-VALUE}).")
    private String client;

    @Option(
        names = "--group",
        paramLabel = "GROUP",
        description = "A group in the client's certificate; may be given several times.")
    private List<String> groups = List.of();

    @Option(
        names = "--label",
        paramLabel = "LABEL",
        description = "What the client sends as Freehold-Label.")
    private String label;

    @Option(
        names = "--path",
        defaultValue = "/v1/chat/completions",
        paramLabel = "PATH",
        completionCandidates = Paths.class,
        description = {
          "The path of the API that the body is meant for (default: ${DEFAULT-VALUE}), one of:",
          "${COMPLETION-CANDIDATES}"
        })
    private String path;

    @Option(names = "--json", description = "Prints the daemon's answer as it is.")
    private boolean json;

    @Parameters(paramLabel = "FILE", description = "The request's body, as for POST on that path.")
    private Path file;

    @Override
    public Integer call() {
      PrintWriter out = spec.commandLine().getOut();
      try (ControlClient control = daemon.connect()) {
        JsonNode answer =
            control.explain(
                client, groups, Optional.ofNullable(label), path, Files.readAllBytes(file));
        if (json) {
          out.println(answer.toPrettyString());
        } else {
          print(out, answer);
        }
        out.flush();
        return 0;
      } catch (NoSuchFileException e) {
        return failed("there is no file " + file);
      } catch (JacksonException e) {
        return failed(file + " is not JSON");
      } catch (IOException e) {
        return failed(e.getMessage());
      }
    }

    private int failed(String why) {
      spec.commandLine().getErr().println("freehold route explain: " + why);
      return 1;
    }

    private static void print(PrintWriter out, JsonNode answer) {
      out.printf("label       %s%n", answer.path("label").asText());
      out.printf("raised by   %s%n", words(answer.path("raisedBy"), "nothing"));
      out.printf("model       %s%n", answer.path("model").asText());
      out.printf(
          "prompt      %d tokens%s%n",
          answer.path("promptTokens").asInt(),
          answer.path("promptTokensExact").asBoolean()
              ? ""
              : " (an estimate: the local model is not loaded)");
      out.printf("needs       %s%n", words(answer.path("needs"), "nothing beyond text"));
      out.printf("detected    %s%n", words(answer.path("detected"), "no personal data"));
      out.printf("queue       %.1f s%n", answer.path("engineQueueSeconds").asDouble());
      out.printf(
          "route       %s%n",
          answer.hasNonNull("route")
              ? answer.path("route").asText() + " (" + answer.path("order").asText() + ")"
              : "none applies");
      printCandidates(out, answer.path("candidates"));
      boolean first = true;
      for (JsonNode rejection : answer.path("rejected")) {
        out.printf(
            "%-11s %s: %s%n",
            first ? "rejected" : "",
            rejection.path("provider").asText(),
            rejection.path("reason").asText());
        first = false;
      }
    }

    private static void printCandidates(PrintWriter out, JsonNode candidates) {
      int place = 1;
      for (JsonNode candidate : candidates) {
        out.printf(
            Locale.ROOT,
            "%-11s %d. %s (%s%s)%s%n",
            place == 1 ? "candidates" : "",
            place++,
            candidate.path("provider").asText(),
            candidate.path("trust").asText(),
            candidate.hasNonNull("region") ? ", " + candidate.path("region").asText() : "",
            outlook(candidate));
      }
      if (candidates.isEmpty()) {
        out.printf("candidates  none: the request would be refused%n");
      }
    }

    /** What is known of it: its price, and how fast it answered lately. */
    private static String outlook(JsonNode candidate) {
      List<String> known = new ArrayList<>();
      if (candidate.hasNonNull("expectedCost")) {
        known.add("costs up to " + candidate.path("expectedCost").asText());
      }
      if (candidate.hasNonNull("firstTokenSeconds")) {
        known.add(
            String.format(
                Locale.ROOT,
                "first token after %.2f s",
                candidate.path("firstTokenSeconds").asDouble()));
      }
      if (candidate.hasNonNull("tokensPerSecond")) {
        known.add(
            String.format(
                Locale.ROOT, "%.0f tokens/s", candidate.path("tokensPerSecond").asDouble()));
      }
      return known.isEmpty() ? "" : ": " + String.join(", ", known);
    }

    private static String words(JsonNode list, String none) {
      List<String> words = new ArrayList<>();
      list.forEach(word -> words.add(word.asText()));
      return words.isEmpty() ? none : String.join(", ", words);
    }
  }
}
