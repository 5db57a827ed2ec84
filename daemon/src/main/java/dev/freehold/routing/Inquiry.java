package dev.freehold.routing;

import dev.freehold.bundle.policy.Label;
import dev.freehold.inference.InferenceRequest;
import java.util.Objects;
import java.util.Optional;

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
}
