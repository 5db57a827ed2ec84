package dev.freehold.inference;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * How tokens are chosen. What a client leaves out stays absent, so that each provider applies its
 * own default.
 *
 * @param temperature 0 for greedy, at most 2
 * @param topP nucleus size in (0, 1]
 * @param topK how many candidates are kept, 0 for all
 * @param minP smallest probability relative to the best candidate
 * @param frequencyPenalty in [-2, 2]
 * @param presencePenalty in [-2, 2]
 * @param repeatPenalty llama.cpp's penalty, 1 for none
 * @param seed the same seed gives the same answer when a request runs alone
 * @param logitBias token id to bias in [-100, 100]
 * @param stop texts that end the answer, themselves left out; at most {@link #STOPS_MAX}
 */
public record Sampling(
    OptionalDouble temperature,
    OptionalDouble topP,
    OptionalInt topK,
    OptionalDouble minP,
    OptionalDouble frequencyPenalty,
    OptionalDouble presencePenalty,
    OptionalDouble repeatPenalty,
    OptionalLong seed,
    Map<Integer, Double> logitBias,
    List<String> stop) {

  /** OpenAI allows four; agents in the field send more, so the bound is wider. */
  public static final int STOPS_MAX = 16;

  public Sampling {
    Objects.requireNonNull(temperature, "temperature");
    Objects.requireNonNull(topP, "topP");
    Objects.requireNonNull(topK, "topK");
    Objects.requireNonNull(minP, "minP");
    Objects.requireNonNull(frequencyPenalty, "frequencyPenalty");
    Objects.requireNonNull(presencePenalty, "presencePenalty");
    Objects.requireNonNull(repeatPenalty, "repeatPenalty");
    Objects.requireNonNull(seed, "seed");
    logitBias = Map.copyOf(logitBias);
    stop = List.copyOf(stop);
  }

  /** Everything left to the provider. */
  public static Sampling defaults() {
    return new Sampling(
        OptionalDouble.empty(),
        OptionalDouble.empty(),
        OptionalInt.empty(),
        OptionalDouble.empty(),
        OptionalDouble.empty(),
        OptionalDouble.empty(),
        OptionalDouble.empty(),
        OptionalLong.empty(),
        Map.of(),
        List.of());
  }

  @Override
  public String toString() {
    return "Sampling[]";
  }
}
