package dev.freehold.provider.remote;

import dev.freehold.inference.Sampling;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;

/**
 * What a request asks of the choice of tokens, held against what an API has a field for. A value
 * that changes nothing, such as a penalty of 0, asks for nothing.
 */
public final class SamplingNeeds {

  private SamplingNeeds() {}

  /** The settings, each by the name that clients use. */
  public enum Setting {
    TEMPERATURE("temperature"),
    TOP_P("top_p"),
    TOP_K("top_k"),
    MIN_P("min_p"),
    FREQUENCY_PENALTY("frequency_penalty"),
    PRESENCE_PENALTY("presence_penalty"),
    REPEAT_PENALTY("repeat_penalty"),
    SEED("seed"),
    LOGIT_BIAS("logit_bias"),
    RARER("samplers of llama.cpp");

    private final String text;

    Setting(String text) {
      this.text = text;
    }
  }

  /**
   * The first thing asked for that is not had, in words that follow "it has no".
   *
   * @param stopsMax how many stop texts are taken
   */
  public static Optional<String> beyond(Sampling sampling, Set<Setting> had, int stopsMax) {
    for (Setting setting : Setting.values()) {
      if (!had.contains(setting) && isAsked(sampling, setting)) {
        return Optional.of(setting.text);
      }
    }
    return sampling.stop().size() > stopsMax
        ? Optional.of("room for more than %d stop texts".formatted(stopsMax))
        : Optional.empty();
  }

  private static boolean isAsked(Sampling sampling, Setting setting) {
    return switch (setting) {
      case TEMPERATURE -> sampling.temperature().isPresent();
      case TOP_P -> differs(sampling.topP(), 1);
      case TOP_K -> sampling.topK().orElse(0) != 0;
      case MIN_P -> differs(sampling.minP(), 0);
      case FREQUENCY_PENALTY -> differs(sampling.frequencyPenalty(), 0);
      case PRESENCE_PENALTY -> differs(sampling.presencePenalty(), 0);
      case REPEAT_PENALTY -> differs(sampling.repeatPenalty(), 1);
      case SEED -> sampling.seed().isPresent();
      case LOGIT_BIAS -> !sampling.logitBias().isEmpty();
      case RARER -> !sampling.rarer().equals(Sampling.Rarer.NONE);
    };
  }

  private static boolean differs(OptionalDouble value, double neutral) {
    return value.isPresent() && value.getAsDouble() != neutral;
  }
}
