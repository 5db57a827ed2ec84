package dev.freehold.engine;

import dev.freehold.llama.Sampler;
import dev.freehold.llama.TokenBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What to generate. The prompt, its images and the sampler are native memory: {@link Engine#submit}
 * takes them over, whether it accepts the request or not, and closes them when the generation has
 * ended.
 *
 * @param prompt the prompt's tokens, at least one
 * @param sampler the chain that chooses tokens, used by no one else
 * @param completionTokensMax absent: until the model ends or the context is full
 * @param stops texts that end the generation, left out of it
 * @param specialText whether control tokens appear in the text, as parsers of tool calls need it
 * @param reproducible whether the same request must give the same text each time it runs alone
 * @param logprobs how many alternatives to tell of each token, absent if nothing is to be told
 * @param background whether it may wait while other requests are served
 * @param images what stands in the prompt in place of some of its tokens; text follows the last
 */
public record GenerationRequest(
    TokenBuffer prompt,
    Sampler sampler,
    OptionalInt completionTokensMax,
    List<String> stops,
    boolean specialText,
    boolean reproducible,
    OptionalInt logprobs,
    boolean background,
    Optional<PromptImages> images) {

  public GenerationRequest {
    Objects.requireNonNull(prompt, "prompt");
    Objects.requireNonNull(sampler, "sampler");
    Objects.requireNonNull(completionTokensMax, "completionTokensMax");
    Objects.requireNonNull(logprobs, "logprobs");
    Objects.requireNonNull(images, "images");
    stops = List.copyOf(stops);
    if (stops.stream().anyMatch(String::isEmpty)) {
      throw new IllegalArgumentException("a stop text must not be empty");
    }
    if (completionTokensMax.isPresent() && completionTokensMax.getAsInt() < 1) {
      throw new IllegalArgumentException(
          "completionTokensMax must be at least 1, found " + completionTokensMax.getAsInt());
    }
    if (logprobs.orElse(0) < 0 || logprobs.orElse(0) > TokenScores.ALTERNATIVES_MAX) {
      throw new IllegalArgumentException(
          "logprobs must be between 0 and %d, found %d"
              .formatted(TokenScores.ALTERNATIVES_MAX, logprobs.getAsInt()));
    }
  }

  /** A request of text that somebody waits for and that wants to know no probabilities. */
  public GenerationRequest(
      TokenBuffer prompt,
      Sampler sampler,
      OptionalInt completionTokensMax,
      List<String> stops,
      boolean specialText,
      boolean reproducible) {
    this(
        prompt,
        sampler,
        completionTokensMax,
        stops,
        specialText,
        reproducible,
        OptionalInt.empty(),
        false,
        Optional.empty());
  }

  /** A request of text alone. */
  public GenerationRequest(
      TokenBuffer prompt,
      Sampler sampler,
      OptionalInt completionTokensMax,
      List<String> stops,
      boolean specialText,
      boolean reproducible,
      OptionalInt logprobs,
      boolean background) {
    this(
        prompt,
        sampler,
        completionTokensMax,
        stops,
        specialText,
        reproducible,
        logprobs,
        background,
        Optional.empty());
  }

  /** Why an engine of this size can never run it, if so. */
  Optional<EngineException> refusal(int sequenceTokensMax, int batchTokens) {
    int tokens = prompt.size();
    if (tokens == 0) {
      return Optional.of(
          new EngineException(
              EngineException.Kind.EMPTY, "the prompt has no tokens, at least one is needed"));
    }
    if (tokens + 1 > sequenceTokensMax) {
      return Optional.of(
          new EngineException(
              EngineException.Kind.TOO_LONG,
              "the context holds %d tokens, but the prompt has %d: shorten it"
                  .formatted(sequenceTokensMax, tokens)));
    }
    return images.flatMap(those -> those.refusal(tokens, batchTokens));
  }

  byte[][] stopBytes() {
    return stops.stream().map(stop -> stop.getBytes(StandardCharsets.UTF_8)).toArray(byte[][]::new);
  }

  void release() {
    prompt.close();
    sampler.close();
    images.ifPresent(PromptImages::close);
  }

  @Override
  public String toString() {
    return "GenerationRequest[]";
  }
}
