package dev.freehold.lifecycle;

import dev.freehold.inference.Ability;
import dev.freehold.llama.MemoryNeed;
import java.io.IOException;
import java.io.StringReader;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What a probe process found out about a model, as it prints it and as the box remembers it.
 *
 * @param need the memory it takes, told without loading it
 * @param trial what was seen when it was loaded; absent if it has not been
 */
record ProbeReport(MemoryNeed need, Optional<Trial> trial) {

  private static final String WEIGHTS = "weightsBytes";
  private static final String CACHE = "cacheBytes";
  private static final String COMPUTE = "computeBytes";
  private static final String REQUEST_TOKENS = "requestTokensMax";
  private static final String ABILITIES = "abilities";

  /**
   * A load that went well.
   *
   * @param requestTokensMax the most tokens that one request can have
   */
  record Trial(int requestTokensMax, Set<Ability> abilities) {

    Trial {
      abilities = Set.copyOf(abilities);
    }
  }

  String text() {
    StringBuilder text = new StringBuilder();
    line(text, WEIGHTS, Long.toString(need.weightsBytes()));
    line(text, CACHE, Long.toString(need.cacheBytes()));
    line(text, COMPUTE, Long.toString(need.computeBytes()));
    if (trial.isPresent()) {
      line(text, REQUEST_TOKENS, Integer.toString(trial.get().requestTokensMax()));
      line(
          text,
          ABILITIES,
          trial.get().abilities().stream()
              .sorted()
              .map(Ability::text)
              .collect(Collectors.joining(" ")));
    }
    return text.toString();
  }

  private static void line(StringBuilder text, String key, String value) {
    text.append(key).append('=').append(value).append('\n');
  }

  /** Reads a report; empty if the text is none, which a file of an older version is. */
  static Optional<ProbeReport> parse(String text) {
    Properties lines = new Properties();
    try {
      lines.load(new StringReader(text));
      MemoryNeed need =
          new MemoryNeed(number(lines, WEIGHTS), number(lines, CACHE), number(lines, COMPUTE));
      Optional<Trial> trial =
          lines.containsKey(REQUEST_TOKENS)
              ? Optional.of(
                  new Trial(
                      Math.toIntExact(number(lines, REQUEST_TOKENS)),
                      abilities(lines.getProperty(ABILITIES, ""))))
              : Optional.empty();
      return Optional.of(new ProbeReport(need, trial));
    } catch (IOException | IllegalArgumentException | ArithmeticException e) {
      return Optional.empty();
    }
  }

  private static long number(Properties lines, String key) {
    return Long.parseLong(lines.getProperty(key, "").strip());
  }

  private static Set<Ability> abilities(String words) {
    EnumSet<Ability> abilities = EnumSet.noneOf(Ability.class);
    Arrays.stream(words.split(" ", -1))
        .map(Ability::find)
        .flatMap(Optional::stream)
        .forEach(abilities::add);
    return abilities;
  }
}
