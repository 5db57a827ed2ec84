package dev.freehold.hardwaretests.benchmark;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.freehold.hardwaretests.site.ChatClient;
import dev.freehold.hardwaretests.site.ClientIdentity;
import dev.freehold.hardwaretests.site.Distribution;
import dev.freehold.hardwaretests.site.Site;
import dev.freehold.hardwaretests.site.SiteException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * One stream's decode speed through the box's API, mutual TLS and sampling and all, against what
 * llama-bench of the same build reaches without any of it.
 *
 * <p>Both take turns, so that a change of the machine's mood meets both; the medians are compared.
 * The box stays up and idle while llama-bench has its turn, which also shows that an idle box costs
 * nothing.
 *
 * <p>Arguments: the folder to run in, the tokens of one answer, the repetitions.
 */
public final class DecodeBenchmark {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int WARM_UPS = 4;

  /**
   * A model to measure.
   *
   * @param endTokens the tokens that end an answer, forbidden so that every answer has full length
   */
  private record Subject(String catalogue, List<String> endTokens) {}

  private static final List<Subject> SUBJECTS =
      List.of(
          new Subject("qwen2.5-coder-0.5b", List.of("151645", "151643")),
          new Subject("smollm2-135m", List.of("0", "2")));

  private final Path folder;
  private final int tokens;
  private final int repetitions;
  private final Path llamaBench;

  private DecodeBenchmark(Path folder, int tokens, int repetitions, Path llamaBench) {
    this.folder = folder;
    this.tokens = tokens;
    this.repetitions = repetitions;
    this.llamaBench = llamaBench;
  }

  public static void main(String[] args) throws IOException, InterruptedException {
    if (args.length != 3) {
      System.err.println("usage: DecodeBenchmark FOLDER TOKENS REPETITIONS");
      System.exit(2);
    }
    Path bin = Path.of(System.getProperty("freehold.native.bin", "native/target/native/bin"));
    new DecodeBenchmark(
            Path.of(args[0]),
            Integer.parseInt(args[1]),
            Integer.parseInt(args[2]),
            bin.resolve("llama-bench"))
        .run();
  }

  private void run() throws IOException, InterruptedException {
    System.out.printf(
        "One stream, decode, %d tokens, %d repetitions by turns, tokens/s (median):%n",
        tokens, repetitions);
    System.out.printf("%-20s %10s %12s %7s%n", "model", "freehold", "llama-bench", "ratio");
    for (Subject subject : SUBJECTS) {
      measure(subject);
    }
  }

  private void measure(Subject subject) throws IOException, InterruptedException {
    List<Double> ours = new ArrayList<>();
    List<Double> theirs = new ArrayList<>();
    try (Site site =
        Site.withBox(folder.resolve(subject.catalogue()), policy(subject.catalogue()))) {
      Distribution distribution = site.distribution();
      Path model =
          Path.of(distribution.run("freehold", "models", "path", subject.catalogue()).strip());
      ClientIdentity client = site.client("alice", "everyone");
      // A box runs for weeks: its code is compiled, its model in memory. So are they here.
      for (int i = 0; i < WARM_UPS; i++) {
        stream(site, client, subject);
      }
      bench(model);
      for (int i = 0; i < repetitions; i++) {
        ours.add(stream(site, client, subject));
        theirs.add(bench(model));
      }
    }
    double our = median(ours);
    double their = median(theirs);
    System.out.printf(
        Locale.ROOT,
        "%-20s %10.1f %12.1f %7.2f   (%s against %s)%n",
        subject.catalogue(),
        our,
        their,
        our / their,
        rounded(ours),
        rounded(theirs));
  }

  private static String policy(String catalogueName) throws IOException {
    try (InputStream in = DecodeBenchmark.class.getResourceAsStream("benchmark-policy.yaml")) {
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      return text.replace("MODEL", catalogueName);
    }
  }

  private double stream(Site site, ClientIdentity client, Subject subject)
      throws IOException, InterruptedException {
    ObjectNode request = ChatClient.request("model", "Write a long story about a lighthouse.");
    request.put("max_tokens", tokens);
    ObjectNode bias = request.putObject("logit_bias");
    subject.endTokens().forEach(token -> bias.put(token, -100));
    CurlStream answer = CurlStream.receive(site.box().url(), client, request);
    if (answer.tokens() != tokens) {
      throw new SiteException("Expected " + tokens + " tokens, found " + answer.tokens() + ".");
    }
    return answer.decodeTokensPerSecond();
  }

  private double bench(Path model) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                llamaBench.toString(),
                "--model",
                model.toString(),
                "--n-prompt",
                "0",
                "--n-gen",
                Integer.toString(tokens),
                "--repetitions",
                "1",
                "--flash-attn",
                "on",
                "--output",
                "json")
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    JsonNode result = JSON.readTree(process.getInputStream());
    if (process.waitFor() != 0) {
      throw new SiteException("llama-bench ended with " + process.exitValue() + ".");
    }
    return result.required(0).required("avg_ts").asDouble();
  }

  private static double median(List<Double> values) {
    List<Double> sorted = values.stream().sorted().toList();
    int middle = sorted.size() / 2;
    return sorted.size() % 2 == 1
        ? sorted.get(middle)
        : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
  }

  private static String rounded(List<Double> values) {
    return String.join(
        " ", values.stream().map(value -> String.format(Locale.ROOT, "%.1f", value)).toList());
  }
}
