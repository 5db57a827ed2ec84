package dev.freehold.chat;

import dev.freehold.engine.ImagePrompt;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceException.Kind;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.OutputFormat;
import dev.freehold.inference.SamplerSetting;
import dev.freehold.inference.Sampling;
import dev.freehold.llama.LlamaException;
import dev.freehold.llama.Model;
import dev.freehold.llama.Sampler;
import dev.freehold.llama.SamplerNumber;
import dev.freehold.llama.SamplerOptions;
import dev.freehold.llama.TokenBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * One request's prompt in the model's tokens, with what the chat library knows of the answer's
 * form. Each answer takes a copy of the tokens; all the rest is closed here.
 */
public final class RenderedPrompt implements AutoCloseable {

  private final Model model;
  private final AnswerForm form;
  private final InferenceRequest request;
  private final int tokenCount;
  private final Optional<ImagePrompt> images;
  private TokenBuffer tokens;

  RenderedPrompt(Model model, TokenBuffer tokens, AnswerForm form, InferenceRequest request) {
    this(model, tokens, form, request, Optional.empty());
  }

  RenderedPrompt(
      Model model,
      TokenBuffer tokens,
      AnswerForm form,
      InferenceRequest request,
      Optional<ImagePrompt> images) {
    this.model = model;
    this.tokens = tokens;
    this.tokenCount = tokens.size();
    this.form = form;
    this.request = request;
    this.images = images;
  }

  /** The prompt once more, for the images in it to be computed; empty if it has none. */
  public Optional<ImagePrompt> images() {
    return images;
  }

  /** The prompt's exact length in tokens. */
  public int tokenCount() {
    return tokenCount;
  }

  /** The tokens for one answer, which the caller closes. */
  public synchronized TokenBuffer copyTokens() {
    if (tokens == null) {
      throw new IllegalStateException("the prompt is closed");
    }
    return tokens.copy();
  }

  /** A sampler that chooses this way, with the grammar the request's format and tools need. */
  public Sampler sampler(Sampling sampling) throws InferenceException {
    try {
      return form.sampler(model, options(sampling));
    } catch (LlamaException e) {
      if (request.format() instanceof OutputFormat.Grammar) {
        throw new InferenceException(
            Kind.INVALID_REQUEST, "the model cannot answer so: " + e.getMessage(), e);
      }
      throw new InferenceException(
          Kind.INVALID_REQUEST,
          "the model cannot sample this way: simplify the response format and the tools' schemas, "
              + "and let logit_bias name tokens of this model only",
          e);
    }
  }

  /** Texts that end the answer: the request's own and those of the model's format. */
  public List<String> stops() {
    List<String> stops = new ArrayList<>(request.sampling().stop());
    stops.addAll(form.stops());
    return stops;
  }

  /** Whether the answer is read as it comes, with nothing to parse in it. */
  public boolean isPlain() {
    return form.isPlain();
  }

  /** Reads this request's answer; it must not be used after {@link #close}. */
  public AnswerReader reader() {
    return form.reader();
  }

  /**
   * What a client leaves out takes llama.cpp's own defaults, which suit small models better than
   * the temperature of 1 that OpenAI's API states.
   */
  private static SamplerOptions options(Sampling sampling) {
    SamplerOptions options = SamplerOptions.defaults();
    if (sampling.temperature().isPresent()) {
      options = options.withTemperature((float) sampling.temperature().getAsDouble());
    }
    if (sampling.topP().isPresent()) {
      options = options.withTopP((float) sampling.topP().getAsDouble());
    }
    if (sampling.topK().isPresent()) {
      options = options.withTopK(sampling.topK().getAsInt());
    }
    if (sampling.minP().isPresent()) {
      options = options.withMinP((float) sampling.minP().getAsDouble());
    }
    if (sampling.frequencyPenalty().isPresent()) {
      options = options.withFrequencyPenalty((float) sampling.frequencyPenalty().getAsDouble());
    }
    if (sampling.presencePenalty().isPresent()) {
      options = options.withPresencePenalty((float) sampling.presencePenalty().getAsDouble());
    }
    if (sampling.repeatPenalty().isPresent()) {
      options = options.withRepeatPenalty((float) sampling.repeatPenalty().getAsDouble());
    }
    if (sampling.seed().isPresent()) {
      options = options.withSeed(sampling.seed().getAsLong());
    }
    options = withRarer(options, sampling.rarer());
    if (!sampling.logitBias().isEmpty()) {
      options = options.withLogitBias(floats(sampling));
    }
    return options;
  }

  private static SamplerOptions withRarer(SamplerOptions options, Sampling.Rarer rarer) {
    SamplerOptions changed =
        options.withBreakers(rarer.drySequenceBreakers()).withIgnoreEos(rarer.ignoreEos());
    for (Map.Entry<SamplerSetting, Double> entry : rarer.settings().entrySet()) {
      float value = entry.getValue().floatValue();
      changed =
          switch (entry.getKey()) {
            case TYPICAL_P -> changed.withTypicalP(value);
            case REPEAT_LAST_N -> changed.withPenaltyLastN((int) value);
            case TOP_N_SIGMA -> changed.withNumber(SamplerNumber.TOP_N_SIGMA, value);
            case XTC_PROBABILITY -> changed.withNumber(SamplerNumber.XTC_PROBABILITY, value);
            case XTC_THRESHOLD -> changed.withNumber(SamplerNumber.XTC_THRESHOLD, value);
            case DRY_MULTIPLIER -> changed.withNumber(SamplerNumber.DRY_MULTIPLIER, value);
            case DRY_BASE -> changed.withNumber(SamplerNumber.DRY_BASE, value);
            case DRY_ALLOWED_LENGTH -> changed.withNumber(SamplerNumber.DRY_ALLOWED_LENGTH, value);
            case DRY_PENALTY_LAST_N -> changed.withNumber(SamplerNumber.DRY_PENALTY_LAST_N, value);
            case MIROSTAT -> changed.withNumber(SamplerNumber.MIROSTAT, value);
            case MIROSTAT_TAU -> changed.withNumber(SamplerNumber.MIROSTAT_TAU, value);
            case MIROSTAT_ETA -> changed.withNumber(SamplerNumber.MIROSTAT_ETA, value);
            case DYNATEMP_RANGE -> changed.withNumber(SamplerNumber.DYNATEMP_RANGE, value);
            case DYNATEMP_EXPONENT -> changed.withNumber(SamplerNumber.DYNATEMP_EXPONENT, value);
            case MIN_KEEP -> changed.withNumber(SamplerNumber.MIN_KEEP, value);
          };
    }
    return changed;
  }

  private static Map<Integer, Float> floats(Sampling sampling) {
    return sampling.logitBias().entrySet().stream()
        .collect(Collectors.toMap(Map.Entry::getKey, entry -> entry.getValue().floatValue()));
  }

  @Override
  public synchronized void close() {
    if (tokens != null) {
      tokens.close();
      tokens = null;
    }
    form.close();
  }
}
