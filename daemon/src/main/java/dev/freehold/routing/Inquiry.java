package dev.freehold.routing;

import dev.freehold.bundle.policy.Feature;
import dev.freehold.bundle.policy.Label;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.OutputFormat;
import dev.freehold.inference.Prompt;
import java.util.EnumSet;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * A request together with what its client said about it.
 *
 * @param declaredLabel the label in {@code Freehold-Label}, which can only raise the group's
 * @param needsReasoning whether the client asked for a reasoning effort
 * @param contentDigest keyed digest of what the client sent
 */
public record Inquiry(
    Caller caller,
    InferenceRequest request,
    Optional<Label> declaredLabel,
    boolean needsReasoning,
    Optional<String> contentDigest) {

  public Inquiry {
    Objects.requireNonNull(caller, "caller");
    Objects.requireNonNull(request, "request");
    Objects.requireNonNull(declaredLabel, "declaredLabel");
    Objects.requireNonNull(contentDigest, "contentDigest");
  }

  /** One that nobody will want to recognise by its content. */
  public Inquiry(
      Caller caller,
      InferenceRequest request,
      Optional<Label> declaredLabel,
      boolean needsReasoning) {
    this(caller, request, declaredLabel, needsReasoning, Optional.empty());
  }

  /** The same, with the keyed digest of what the client sent. */
  public Inquiry withContent(String digest) {
    return new Inquiry(caller, request, declaredLabel, needsReasoning, Optional.of(digest));
  }

  /** The same, of a request that names the model as the policy does. */
  Inquiry with(InferenceRequest other) {
    return new Inquiry(caller, other, declaredLabel, needsReasoning, contentDigest);
  }

  /** What the request needs beyond text in and text out. */
  Set<Feature> needs() {
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
    if (needsReasoning) {
      features.add(Feature.REASONING);
    }
    return features;
  }
}
