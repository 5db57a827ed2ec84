package dev.freehold.inference;

import java.util.Objects;
import java.util.OptionalInt;

/**
 * One request for inference.
 *
 * @param id the request's id, the same as in {@code x-request-id} and the usage record
 * @param model the name the client asked for, as the policy lists it
 * @param prompt what to answer
 * @param sampling how to choose tokens
 * @param format the shape the answer must have
 * @param completionTokensMax how many tokens may be generated at most, absent for "until the model
 *     ends or its context is full"
 * @param logprobs how many alternatives to tell of each token, absent if no probabilities are
 *     wanted
 * @param priority which class it waits in
 * @param extras what else the client said, for a provider of the same API
 */
public record InferenceRequest(
    String id,
    String model,
    Prompt prompt,
    Sampling sampling,
    OutputFormat format,
    OptionalInt completionTokensMax,
    OptionalInt logprobs,
    Priority priority,
    Extras extras) {

  public InferenceRequest {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(model, "model");
    Objects.requireNonNull(prompt, "prompt");
    Objects.requireNonNull(sampling, "sampling");
    Objects.requireNonNull(format, "format");
    Objects.requireNonNull(completionTokensMax, "completionTokensMax");
    Objects.requireNonNull(logprobs, "logprobs");
    Objects.requireNonNull(priority, "priority");
    Objects.requireNonNull(extras, "extras");
  }

  /** A request that says only what the box knows. */
  public InferenceRequest(
      String id,
      String model,
      Prompt prompt,
      Sampling sampling,
      OutputFormat format,
      OptionalInt completionTokensMax,
      OptionalInt logprobs,
      Priority priority) {
    this(id, model, prompt, sampling, format, completionTokensMax, logprobs, priority, Extras.NONE);
  }

  /** A request of a waiting client that asks for no probabilities. */
  public InferenceRequest(
      String id,
      String model,
      Prompt prompt,
      Sampling sampling,
      OutputFormat format,
      OptionalInt completionTokensMax) {
    this(
        id,
        model,
        prompt,
        sampling,
        format,
        completionTokensMax,
        OptionalInt.empty(),
        Priority.INTERACTIVE);
  }

  /** The same request of a model by another name. */
  public InferenceRequest withModel(String name) {
    return new InferenceRequest(
        id, name, prompt, sampling, format, completionTokensMax, logprobs, priority, extras);
  }

  /** The same request, its tokens chosen another way. */
  public InferenceRequest withSampling(Sampling other) {
    return new InferenceRequest(
        id, model, prompt, other, format, completionTokensMax, logprobs, priority, extras);
  }

  /** The same request, asking for other probabilities. */
  public InferenceRequest withLogprobs(OptionalInt alternatives) {
    return new InferenceRequest(
        id, model, prompt, sampling, format, completionTokensMax, alternatives, priority, extras);
  }

  /** The same request, with what else the client said. */
  public InferenceRequest withExtras(Extras other) {
    return new InferenceRequest(
        id, model, prompt, sampling, format, completionTokensMax, logprobs, priority, other);
  }

  @Override
  public String toString() {
    return "InferenceRequest[id=" + id + ", model=" + model + "]";
  }
}
