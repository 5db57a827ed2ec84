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
 */
public record Inquiry(
    Caller caller,
    InferenceRequest request,
    Optional<Label> declaredLabel,
    boolean needsReasoning) {

  public Inquiry {
    Objects.requireNonNull(caller, "caller");
    Objects.requireNonNull(request, "request");
    Objects.requireNonNull(declaredLabel, "declaredLabel");
  }

  /** The same, of a request that names the model as the policy does. */
  Inquiry with(InferenceRequest other) {
    return new Inquiry(caller, other, declaredLabel, needsReasoning);
  }
}
