package dev.freehold.limits;

import dev.freehold.inference.Usage;
import java.util.OptionalInt;

/**
 * How many tokens a request may take, said before it is sent.
 *
 * @param promptTokens tokens to be read
 * @param completionTokens tokens that may be written, over all answers asked for
 * @param completionStated whether the client named that bound; a guess may be made smaller to fit
 *     into a limit, a client's own bound may not
 */
public record Estimate(int promptTokens, int completionTokens, boolean completionStated) {

  /** Tokens of an answer whose request names no bound, as SDKs do by default. */
  public static final int COMPLETION_TOKENS_DEFAULT = 1_024;

  public Estimate {
    if (promptTokens < 0 || completionTokens < 0) {
      throw new IllegalArgumentException(
          "token counts must not be negative, found %d and %d"
              .formatted(promptTokens, completionTokens));
    }
  }

  /** Of a request with that bound for its answer, or with {@link #COMPLETION_TOKENS_DEFAULT}. */
  public static Estimate of(int promptTokens, OptionalInt completionTokensMax) {
    return new Estimate(
        promptTokens,
        completionTokensMax.orElse(COMPLETION_TOKENS_DEFAULT),
        completionTokensMax.isPresent());
  }

  /** Of several answers to the one prompt. */
  public Estimate times(int answers) {
    long completion = Math.min(Integer.MAX_VALUE, (long) completionTokens * answers);
    return new Estimate(promptTokens, (int) completion, completionStated);
  }

  long totalTokens() {
    return (long) promptTokens + completionTokens;
  }

  /** The same prompt with a guess that fits into so many tokens, where it is a guess. */
  Estimate within(long tokensMax) {
    if (completionStated || totalTokens() <= tokensMax) {
      return this;
    }
    long room = Math.max(1, tokensMax - promptTokens);
    return new Estimate(promptTokens, (int) Math.min(completionTokens, room), false);
  }

  /** What is charged where nobody can say how much was done. */
  Usage asUsage() {
    return new Usage(promptTokens, 0, completionTokens);
  }
}
