package dev.freehold.provider;

import dev.freehold.chat.RenderedPrompt;
import dev.freehold.engine.Engine;
import dev.freehold.engine.EngineException;
import dev.freehold.engine.EngineLoad;
import dev.freehold.engine.Generation;
import dev.freehold.engine.GenerationRequest;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceException.Kind;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.InferenceStream;
import dev.freehold.inference.Priority;
import dev.freehold.llama.Sampler;
import dev.freehold.llama.TokenBuffer;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The models of this box as a provider. Which models are served may change while it runs; a request
 * that has begun keeps the model it began with until the model is closed.
 */
public final class LocalProvider implements Provider, LocalModels {

  private final String name;
  private final Map<String, ServedModel> served = new ConcurrentHashMap<>();

  public LocalProvider(String name) {
    this.name = Objects.requireNonNull(name, "name");
  }

  @Override
  public String name() {
    return name;
  }

  /** Serves a model under its name; returns the one it replaces, which the caller closes. */
  public Optional<ServedModel> serve(ServedModel model) {
    return Optional.ofNullable(served.put(model.name(), model));
  }

  /** Stops offering a model; the caller closes it. */
  public Optional<ServedModel> withdraw(String model) {
    return Optional.ofNullable(served.remove(model));
  }

  public Collection<ServedModel> models() {
    return served.values();
  }

  @Override
  public PreparedPrompt prepare(InferenceRequest request) throws InferenceException {
    ServedModel model = model(request.model());
    try {
      return new LocalPrompt(model, model.format().render(request));
    } catch (IllegalStateException e) {
      throw replaced(e);
    }
  }

  private ServedModel model(String wanted) throws InferenceException {
    ServedModel model = served.get(wanted);
    if (model == null) {
      throw new InferenceException(
          Kind.UNAVAILABLE,
          "the model is not loaded yet: try again in a moment",
          Optional.of(Duration.ofSeconds(2)),
          null);
    }
    return model;
  }

  private static InferenceException replaced(IllegalStateException cause) {
    return new InferenceException(
        Kind.UNAVAILABLE,
        "the model was replaced while the request began: try again",
        Optional.of(Duration.ofSeconds(1)),
        cause);
  }

  /** The longest wait among the models: what a request would meet at worst. */
  @Override
  public double queueSeconds() {
    return served.values().stream()
        .map(ServedModel::engine)
        .map(Engine::load)
        .mapToDouble(EngineLoad::queueSeconds)
        .max()
        .orElse(0);
  }

  @Override
  public InferenceStream infer(Attempt attempt) throws InferenceException {
    if (attempt.prepared().isPresent() && attempt.prepared().get() instanceof LocalPrompt prompt) {
      return start(prompt, attempt.request());
    }
    throw new InferenceException(
        Kind.UNAVAILABLE,
        "the model is not loaded yet: try again in a moment",
        Optional.of(Duration.ofSeconds(2)),
        null);
  }

  private static InferenceStream start(LocalPrompt prompt, InferenceRequest request)
      throws InferenceException {
    RenderedPrompt rendered = prompt.rendered();
    Sampler sampler = rendered.sampler(request.sampling());
    try {
      Generation generation =
          prompt.model().engine().submit(generationRequest(rendered, sampler, request));
      return new LocalStream(generation, rendered.reader());
    } catch (EngineException e) {
      throw LocalStream.translate(e);
    } catch (IllegalStateException e) {
      throw replaced(e);
    }
  }

  /** From here on the engine owns the tokens and the sampler, whatever becomes of them. */
  private static GenerationRequest generationRequest(
      RenderedPrompt rendered, Sampler sampler, InferenceRequest request) {
    TokenBuffer tokens;
    try {
      tokens = rendered.copyTokens();
    } catch (IllegalStateException e) {
      sampler.close();
      throw e;
    }
    return new GenerationRequest(
        tokens,
        sampler,
        request.completionTokensMax(),
        rendered.stops(),
        !rendered.isPlain(),
        request.sampling().seed().isPresent(),
        request.logprobs(),
        request.priority() == Priority.BACKGROUND);
  }

  /** A prompt rendered by one model, which alone can run it. */
  record LocalPrompt(ServedModel model, RenderedPrompt rendered) implements PreparedPrompt {

    @Override
    public int tokens() {
      return rendered.tokenCount();
    }

    @Override
    public void close() {
      rendered.close();
    }
  }
}
