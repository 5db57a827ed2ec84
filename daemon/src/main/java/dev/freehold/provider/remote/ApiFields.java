package dev.freehold.provider.remote;

import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.OutputFormat;
import dev.freehold.inference.Prompt;
import dev.freehold.inference.Sampling;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;

/**
 * What an API has a field for, and the one rule for what it has none for.
 *
 * <p>What changes what an answer promises is known to be lacking before the provider is chosen:
 * {@link Promise}, and stop texts beyond the API's number. What only tunes how tokens are chosen is
 * left out of the request, or brought into the API's range: {@link Sampler}, and {@code min_p},
 * {@code repeat_penalty} and the rarer samplers, which no such API has.
 *
 * @param promises those that it keeps
 * @param stopsMax how many stop texts it takes
 * @param samplers those that it has, and how far each goes
 */
public record ApiFields(Set<Promise> promises, int stopsMax, Map<Sampler, Range> samplers) {

  public ApiFields {
    promises = Set.copyOf(promises);
    samplers = Map.copyOf(samplers);
  }

  /** An API that keeps these promises, takes any number of stop texts and has no samplers yet. */
  public static ApiFields keeping(Promise... promises) {
    return new ApiFields(Set.of(promises), Sampling.STOPS_MAX, Map.of());
  }

  /** The same, taking fewer stop texts. */
  public ApiFields withStopsMax(int most) {
    return new ApiFields(promises, most, samplers);
  }

  /** The same, having samplers too, which go as far as clients may. */
  public ApiFields with(Sampler... more) {
    ApiFields fields = this;
    for (Sampler sampler : more) {
      fields = fields.with(sampler, Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY);
    }
    return fields;
  }

  /** The same, having a sampler too; a number beyond its range is brought to the nearer end. */
  public ApiFields with(Sampler sampler, double least, double most) {
    Map<Sampler, Range> all = new EnumMap<>(Sampler.class);
    all.putAll(samplers);
    all.put(sampler, new Range(least, most));
    return new ApiFields(promises, stopsMax, all);
  }

  /** What a client counts on, in words that follow "it has no". */
  public enum Promise {
    GRAMMAR("grammars"),
    JSON_OBJECT("JSON without a schema"),
    LOGPROBS("log probabilities"),
    LOGIT_BIAS("logit_bias"),
    IGNORE_EOS("ignore_eos"),
    ONE_CALL_AT_A_TIME("way to forbid several tool calls at once");

    private final String text;

    Promise(String text) {
      this.text = text;
    }

    private boolean isAskedBy(InferenceRequest request) {
      return switch (this) {
        case GRAMMAR -> request.format() instanceof OutputFormat.Grammar;
        case JSON_OBJECT -> request.format() instanceof OutputFormat.JsonObject;
        case LOGPROBS -> request.logprobs().isPresent();
        case LOGIT_BIAS -> !request.sampling().logitBias().isEmpty();
        case IGNORE_EOS -> request.sampling().rarer().ignoreEos();
        case ONE_CALL_AT_A_TIME ->
            request.prompt() instanceof Prompt.Chat chat
                && !chat.tools().isEmpty()
                && !chat.parallelToolCalls();
      };
    }
  }

  /** What only tunes. */
  public enum Sampler {
    TEMPERATURE,
    TOP_P,
    TOP_K,
    FREQUENCY_PENALTY,
    PRESENCE_PENALTY,
    SEED
  }

  /** How far a number goes. */
  public record Range(double least, double most) {

    private double nearest(double value) {
      return Math.clamp(value, least, most);
    }
  }

  /** The first promise that is asked for and not kept, in words that follow "it has no". */
  public Optional<String> lacks(InferenceRequest request) {
    for (Promise promise : Promise.values()) {
      if (!promises.contains(promise) && promise.isAskedBy(request)) {
        return Optional.of(promise.text);
      }
    }
    return request.sampling().stop().size() > stopsMax
        ? Optional.of("room for more than %d stop texts".formatted(stopsMax))
        : Optional.empty();
  }

  /** The same request, less what cannot be said there of how tokens are chosen. */
  public InferenceRequest within(InferenceRequest request) {
    return request.withSampling(within(request.sampling()));
  }

  private Sampling within(Sampling asked) {
    return new Sampling(
        within(Sampler.TEMPERATURE, asked.temperature()),
        within(Sampler.TOP_P, asked.topP()),
        topK(asked.topK()),
        OptionalDouble.empty(),
        within(Sampler.FREQUENCY_PENALTY, asked.frequencyPenalty()),
        within(Sampler.PRESENCE_PENALTY, asked.presencePenalty()),
        OptionalDouble.empty(),
        samplers.containsKey(Sampler.SEED) ? asked.seed() : OptionalLong.empty(),
        asked.logitBias(),
        asked.stop());
  }

  private OptionalDouble within(Sampler sampler, OptionalDouble asked) {
    Range range = samplers.get(sampler);
    return range == null || asked.isEmpty()
        ? OptionalDouble.empty()
        : OptionalDouble.of(range.nearest(asked.getAsDouble()));
  }

  /** Zero is llama.cpp's word for all, which these APIs do when nothing is said. */
  private OptionalInt topK(OptionalInt asked) {
    Range range = samplers.get(Sampler.TOP_K);
    return range == null || asked.orElse(0) == 0
        ? OptionalInt.empty()
        : OptionalInt.of((int) range.nearest(asked.getAsInt()));
  }
}
