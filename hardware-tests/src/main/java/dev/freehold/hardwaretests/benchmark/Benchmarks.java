package dev.freehold.hardwaretests.benchmark;

import java.io.IOException;
import java.nio.file.Path;

/**
 * The program behind {@code mvn -Pbenchmark}: one benchmark after the other, or one by its name.
 *
 * <p>Arguments: which ({@code all}, {@code decode}, {@code gateway}), the folder to run in, the
 * tokens of an answer and the repetitions for decode, the rounds for gateway.
 */
public final class Benchmarks {

  private Benchmarks() {}

  public static void main(String[] args) throws IOException, InterruptedException {
    if (args.length != 5 || !args[0].matches("all|decode|gateway")) {
      System.err.println("usage: Benchmarks all|decode|gateway FOLDER TOKENS REPETITIONS ROUNDS");
      System.exit(2);
    }
    Path folder = Path.of(args[1]);
    if (!args[0].equals("gateway")) {
      DecodeBenchmark.main(new String[] {folder.resolve("decode").toString(), args[2], args[3]});
    }
    if (!args[0].equals("decode")) {
      GatewayBenchmark.main(new String[] {folder.resolve("gateway").toString(), args[4]});
    }
  }
}
