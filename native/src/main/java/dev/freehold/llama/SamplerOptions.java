package dev.freehold.llama;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * How the next token is chosen.
 *
 * @param seed of the random choice, taken modulo 2^32; negative means a random one
 * @param temperature 0 always takes the likeliest token
 * @param topK only the k likeliest tokens; 0 or less means all
 * @param topP only the likeliest tokens that together reach this probability; 1 means all
 * @param minP only tokens at least this likely, relative to the likeliest; 0 means all
 * @param typicalP locally typical sampling; 1 turns it off
 * @param repeatPenalty divides the logits of recent tokens; 1 turns it off
 * @param frequencyPenalty taken from a recent token's logit for each time it occurred
 * @param presencePenalty taken from a recent token's logit once
 * @param penaltyLastN how many tokens are recent; 0 turns the penalties off
 * @param logitBias added to the logits of tokens, by token; negative infinity forbids a token
 * @param numbers the rarer samplers' numbers; what is left out is llama.cpp's default
 * @param ignoreEos whether tokens that end the generation are never chosen
 * @param breakers texts that DRY does not look past; empty for llama.cpp's own
 * @param grammar GBNF that the output must follow from its first token; empty means none
 */
public record SamplerOptions(
    long seed,
    float temperature,
    int topK,
    float topP,
    float minP,
    float typicalP,
    float repeatPenalty,
    float frequencyPenalty,
    float presencePenalty,
    int penaltyLastN,
    Map<Integer, Float> logitBias,
    Map<SamplerNumber, Float> numbers,
    boolean ignoreEos,
    List<String> breakers,
    String grammar) {

  /** The most tokens that one request may bias. */
  public static final int LOGIT_BIAS_MAX = 1024;

  public SamplerOptions {
    logitBias = Map.copyOf(logitBias);
    numbers = Map.copyOf(numbers);
    breakers = List.copyOf(breakers);
    Objects.requireNonNull(grammar, "grammar");
    numbers.forEach((number, value) -> finite(number.field(), value));
    if (logitBias.size() > LOGIT_BIAS_MAX) {
      throw new IllegalArgumentException(
          "%d logit biases, expected at most %d".formatted(logitBias.size(), LOGIT_BIAS_MAX));
    }
    finite("temperature", temperature);
    finite("topP", topP);
    finite("minP", minP);
    finite("typicalP", typicalP);
    finite("repeatPenalty", repeatPenalty);
    finite("frequencyPenalty", frequencyPenalty);
    finite("presencePenalty", presencePenalty);
    if (repeatPenalty <= 0) {
      throw new IllegalArgumentException(
          "repeatPenalty is %s, expected more than 0".formatted(repeatPenalty));
    }
    for (float bias : logitBias.values()) {
      if (Float.isNaN(bias)) {
        throw new IllegalArgumentException("a logit bias is not a number");
      }
    }
  }

  /** llama.cpp's own defaults. */
  public static SamplerOptions defaults() {
    return new SamplerOptions(
        -1, 0.8f, 40, 0.95f, 0.05f, 1f, 1f, 0f, 0f, 64, Map.of(), Map.of(), false, List.of(), "");
  }

  /** Always the likeliest token. */
  public static SamplerOptions greedy() {
    return defaults().withTemperature(0);
  }

  private static void finite(String name, float value) {
    if (!Float.isFinite(value)) {
      throw new IllegalArgumentException("%s is %s, expected a number".formatted(name, value));
    }
  }

  public SamplerOptions withSeed(long value) {
    return with(fields -> fields.seed = value);
  }

  public SamplerOptions withTemperature(float value) {
    return with(fields -> fields.temperature = value);
  }

  public SamplerOptions withTopK(int value) {
    return with(fields -> fields.topK = value);
  }

  public SamplerOptions withTopP(float value) {
    return with(fields -> fields.topP = value);
  }

  public SamplerOptions withMinP(float value) {
    return with(fields -> fields.minP = value);
  }

  public SamplerOptions withTypicalP(float value) {
    return with(fields -> fields.typicalP = value);
  }

  public SamplerOptions withRepeatPenalty(float value) {
    return with(fields -> fields.repeatPenalty = value);
  }

  public SamplerOptions withFrequencyPenalty(float value) {
    return with(fields -> fields.frequencyPenalty = value);
  }

  public SamplerOptions withPresencePenalty(float value) {
    return with(fields -> fields.presencePenalty = value);
  }

  public SamplerOptions withPenaltyLastN(int value) {
    return with(fields -> fields.penaltyLastN = value);
  }

  public SamplerOptions withLogitBias(Map<Integer, Float> value) {
    return with(fields -> fields.logitBias = value);
  }

  public SamplerOptions withNumber(SamplerNumber number, float value) {
    Map<SamplerNumber, Float> changed = new EnumMap<>(SamplerNumber.class);
    changed.putAll(numbers);
    changed.put(number, value);
    return with(fields -> fields.numbers = changed);
  }

  public SamplerOptions withIgnoreEos(boolean value) {
    return with(fields -> fields.ignoreEos = value);
  }

  public SamplerOptions withBreakers(List<String> value) {
    return with(fields -> fields.breakers = value);
  }

  public SamplerOptions withGrammar(String value) {
    return with(fields -> fields.grammar = value);
  }

  private SamplerOptions with(Consumer<Fields> change) {
    Fields fields = new Fields(this);
    change.accept(fields);
    return fields.options();
  }

  /** The same values, open to change while a changed copy is made. */
  private static final class Fields {

    long seed;
    float temperature;
    int topK;
    float topP;
    float minP;
    float typicalP;
    float repeatPenalty;
    float frequencyPenalty;
    float presencePenalty;
    int penaltyLastN;
    Map<Integer, Float> logitBias;
    Map<SamplerNumber, Float> numbers;
    boolean ignoreEos;
    List<String> breakers;
    String grammar;

    Fields(SamplerOptions from) {
      seed = from.seed;
      temperature = from.temperature;
      topK = from.topK;
      topP = from.topP;
      minP = from.minP;
      typicalP = from.typicalP;
      repeatPenalty = from.repeatPenalty;
      frequencyPenalty = from.frequencyPenalty;
      presencePenalty = from.presencePenalty;
      penaltyLastN = from.penaltyLastN;
      logitBias = from.logitBias;
      numbers = from.numbers;
      ignoreEos = from.ignoreEos;
      breakers = from.breakers;
      grammar = from.grammar;
    }

    SamplerOptions options() {
      return new SamplerOptions(
          seed,
          temperature,
          topK,
          topP,
          minP,
          typicalP,
          repeatPenalty,
          frequencyPenalty,
          presencePenalty,
          penaltyLastN,
          logitBias,
          numbers,
          ignoreEos,
          breakers,
          grammar);
    }
  }
}
