package dev.freehold.routing;

import dev.freehold.bundle.policy.Feature;
import dev.freehold.bundle.policy.ProviderSpec;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.OutputFormat;
import dev.freehold.inference.Prompt;
import dev.freehold.provider.Provider;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/** What a request needs of a provider, and whether one has it: known before it is chosen. */
final class Needs {

  private final InferenceRequest request;
  private final int promptTokens;
  private final Set<Feature> features;

  Needs(InferenceRequest request, Set<Feature> features, int promptTokens) {
    this.request = request;
    this.features = features;
    this.promptTokens = promptTokens;
  }

  /**
   * What a request needs beyond text in and text out.
   *
   * @param reasoning whether the client asked for a reasoning effort
   */
  static Set<Feature> of(InferenceRequest request, boolean reasoning) {
    Set<Feature> features = EnumSet.noneOf(Feature.class);
    switch (request.prompt()) {
      case Prompt.Chat chat -> {
        if (!chat.tools().isEmpty()) {
          features.add(Feature.TOOLS);
        }
        if (!chat.images().isEmpty()) {
          features.add(Feature.IMAGES);
        }
      }
      case Prompt.Text _ -> features.add(Feature.COMPLETION);
      case Prompt.Infill _ -> features.add(Feature.INFILL);
      case Prompt.Embedding _ -> features.add(Feature.EMBEDDINGS);
      case Prompt.Ranking _ -> features.add(Feature.RERANK);
    }
    if (request.format() instanceof OutputFormat.JsonSchema) {
      features.add(Feature.JSON_SCHEMA);
    }
    if (request.logprobs().isPresent()) {
      features.add(Feature.LOGPROBS);
    }
    if (reasoning) {
      features.add(Feature.REASONING);
    }
    return features;
  }

  /** Why a provider cannot answer, in words that follow its name; empty if it may be asked. */
  Optional<Lack> lackOf(ProviderSpec spec, Provider provider) {
    for (Feature feature : features) {
      if (spec.cannot().contains(feature)) {
        return Optional.of(
            new Lack("the policy says that it has no %s".formatted(feature.text()), false));
      }
    }
    if (spec.contextTokens().isPresent()) {
      long needed = (long) promptTokens + request.completionTokensMax().orElse(0);
      if (needed > spec.contextTokens().getAsInt()) {
        return Optional.of(
            new Lack(
                "the request needs a context of %d tokens, it has %d"
                    .formatted(needed, spec.contextTokens().getAsInt()),
                true));
      }
    }
    return provider.lacks(request).map(what -> new Lack("it has no " + what, false));
  }

  /**
   * What a provider lacks.
   *
   * @param context whether it is room for so many tokens
   */
  record Lack(String reason, boolean context) {}
}
