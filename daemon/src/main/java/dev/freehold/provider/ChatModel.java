package dev.freehold.provider;

import dev.freehold.chat.ChatFormat;
import dev.freehold.chat.RenderedPrompt;
import dev.freehold.engine.Engine;
import dev.freehold.engine.EngineException;
import dev.freehold.engine.EngineLoad;
import dev.freehold.engine.EngineOptions;
import dev.freehold.engine.GenerationRequest;
import dev.freehold.engine.ImageEncoder;
import dev.freehold.engine.PromptImages;
import dev.freehold.inference.Ability;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.InferenceStream;
import dev.freehold.inference.Priority;
import dev.freehold.inference.Prompt;
import dev.freehold.llama.Adapter;
import dev.freehold.llama.Model;
import dev.freehold.llama.Projector;
import dev.freehold.llama.Sampler;
import dev.freehold.llama.TokenBuffer;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;

/** A model that writes text, with its chat format and its engine. */
final class ChatModel implements ServedModel {

  private final String name;
  private final ModelFiles.OpenFile file;
  private final ChatFormat format;
  private final Engine engine;
  private final Optional<ImageEncoder> eyes;
  private final Set<Ability> abilities;

  private ChatModel(
      String name,
      ModelFiles.OpenFile file,
      ChatFormat format,
      Engine engine,
      Optional<ImageEncoder> eyes) {
    this.name = name;
    this.file = file;
    this.format = format;
    this.engine = engine;
    this.eyes = eyes;
    this.abilities = Abilities.of(file.model(), eyes.isPresent());
  }

  /** Starts an engine over an open file, which it takes over: the file is closed if it fails. */
  static ChatModel start(
      String name, ModelFiles.OpenFile file, GgufFiles files, EngineOptions options) {
    Model model = file.model();
    Optional<ImageEncoder> eyes = Optional.empty();
    ChatFormat format = null;
    try {
      eyes = files.projector().map(projector -> eyes(projector, model, options));
      format =
          ChatFormat.of(
              model,
              Math.min(options.contextTokens(), model.trainedContextLength()),
              eyes.map(ImageEncoder::projector));
      return new ChatModel(name, file, format, engine(files, model, options), eyes);
    } catch (RuntimeException e) {
      if (format != null) {
        format.close();
      }
      eyes.ifPresent(ImageEncoder::close);
      file.close();
      throw e;
    }
  }

  /** Half of the threads: the engine's streams go on while an image is computed. */
  private static ImageEncoder eyes(Path projector, Model model, EngineOptions options) {
    int threads = Math.max(1, options.threads() / 2);
    return new ImageEncoder(Projector.load(projector, model, threads, options.gpuLayers() != 0));
  }

  /** The engine keeps its adapter's memory itself. */
  private static Engine engine(GgufFiles files, Model model, EngineOptions options) {
    if (files.adapter().isEmpty()) {
      return Engine.start(model, options);
    }
    try (Adapter adapter = Adapter.load(files.adapter().get(), model)) {
      return Engine.start(model, options, adapter);
    }
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Set<Ability> abilities() {
    return abilities;
  }

  @Override
  public int requestTokensMax() {
    return engine.sequenceTokensMax();
  }

  @Override
  public EngineLoad load() {
    return engine.load();
  }

  @Override
  public ModelPrompt prepare(InferenceRequest request) throws InferenceException {
    return new TextPrompt(format.render(request));
  }

  @Override
  public Model weights() {
    return file.model();
  }

  @Override
  public String promptText(InferenceRequest request) throws InferenceException {
    if (request.prompt() instanceof Prompt.Chat chat) {
      return format.promptText(chat, request.format());
    }
    throw new InferenceException(
        InferenceException.Kind.INVALID_REQUEST,
        "only a conversation has a template: send messages");
  }

  @Override
  public void close() {
    engine.close();
    eyes.ifPresent(ImageEncoder::close);
    format.close();
    file.close();
  }

  /** A prompt in this model's tokens. */
  private final class TextPrompt implements ModelPrompt {

    private final RenderedPrompt rendered;

    TextPrompt(RenderedPrompt rendered) {
      this.rendered = rendered;
    }

    @Override
    public int tokens() {
      return rendered.tokenCount();
    }

    @Override
    public InferenceStream start(InferenceRequest request) throws InferenceException {
      if (request.completionTokensMax().orElse(1) == 0) {
        return new NothingWanted(tokens());
      }
      Sampler sampler = rendered.sampler(request.sampling());
      try {
        Optional<PromptImages> images = see(sampler);
        return new LocalStream(
            engine.submit(generation(request, sampler, images)),
            rendered.reader(),
            request.sampling().stop());
      } catch (EngineException e) {
        throw LocalStream.translate(e);
      }
    }

    /** Waits for the prompt's images to be computed; if they cannot be, the sampler is closed. */
    private Optional<PromptImages> see(Sampler sampler) throws InferenceException, EngineException {
      if (rendered.images().isEmpty()) {
        return Optional.empty();
      }
      boolean seen = false;
      try {
        PromptImages images = eyes.orElseThrow().encode(rendered.images().get());
        seen = true;
        return Optional.of(images);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new InferenceException(
            InferenceException.Kind.CANCELLED, "the request was ended while its images waited", e);
      } finally {
        if (!seen) {
          sampler.close();
        }
      }
    }

    /** From here on the engine owns tokens, images and sampler, whatever becomes of them. */
    private GenerationRequest generation(
        InferenceRequest request, Sampler sampler, Optional<PromptImages> images) {
      TokenBuffer tokens;
      try {
        tokens = rendered.copyTokens();
      } catch (IllegalStateException e) {
        sampler.close();
        images.ifPresent(PromptImages::close);
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
          request.priority() == Priority.BACKGROUND,
          images);
    }

    @Override
    public void close() {
      rendered.close();
    }
  }
}
