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
 * @param rarer the rarer samplers
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
    List<String> stop,
    Rarer rarer) {

  /**
   * Samplers that OpenAI's API does not have.
   *
   * @param settings their numbers
   * @param drySequenceBreakers texts that the DRY sampler does not look past; empty for the
   *     provider's own
   * @param ignoreEos whether the model must go on where it would end
   */
  public record Rarer(
      Map<SamplerSetting, Double> settings, List<String> drySequenceBreakers, boolean ignoreEos) {

    public static final Rarer NONE = new Rarer(Map.of(), List.of(), false);

    public Rarer {
      settings = Map.copyOf(settings);
      drySequenceBreakers = List.copyOf(drySequenceBreakers);
    }

    @Override
    public String toString() {
      return "Rarer[]";
    }
  }

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
    Objects.requireNonNull(rarer, "rarer");
  }

  /** Without any of the rarer samplers. */
  public Sampling(
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
    this(
        temperature,
        topP,
        topK,
        minP,
        frequencyPenalty,
        presencePenalty,
        repeatPenalty,
        seed,
        logitBias,
        stop,
        Rarer.NONE);
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

  /** For one of several answers to the same prompt: each has a seed of its own. */
  public Sampling forChoice(int choice) {
    return new Sampling(
        temperature,
        topP,
        topK,
        minP,
        frequencyPenalty,
        presencePenalty,
        repeatPenalty,
        seed.isPresent() ? OptionalLong.of(seed.getAsLong() + choice) : seed,
        logitBias,
        stop,
        rarer);
  }

  @Override
  public String toString() {
    return "Sampling[]";
  }
}
