package dev.freehold.provider;

import dev.freehold.chat.ChatFormat;
import dev.freehold.chat.RenderedPrompt;
import dev.freehold.engine.Engine;
import dev.freehold.engine.EngineException;
import dev.freehold.engine.EngineLoad;
import dev.freehold.engine.EngineOptions;
import dev.freehold.engine.GenerationRequest;
import dev.freehold.inference.Ability;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.InferenceStream;
import dev.freehold.llama.Model;
import dev.freehold.llama.Sampler;
import dev.freehold.llama.TokenBuffer;
import java.util.Set;

/** A model that writes text, with its chat format and its engine. */
final class ChatModel implements ServedModel {

  private final String name;
  private final ModelFiles.OpenFile file;
  private final ChatFormat format;
  private final Engine engine;
  private final Set<Ability> abilities;

  private ChatModel(String name, ModelFiles.OpenFile file, ChatFormat format, Engine engine) {
    this.name = name;
    this.file = file;
    this.format = format;
    this.engine = engine;
    this.abilities = Abilities.of(file.model());
  }

  /** Starts an engine over an open file, which it takes over: the file is closed if it fails. */
  static ChatModel start(String name, ModelFiles.OpenFile file, EngineOptions options) {
    Model model = file.model();
    ChatFormat format = null;
    try {
      format = ChatFormat.of(model);
      return new ChatModel(name, file, format, Engine.start(model, options));
    } catch (RuntimeException e) {
      if (format != null) {
        format.close();
      }
      file.close();
      throw e;
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
    return new TextPrompt(format.render(request), request);
  }

  @Override
  public void close() {
    engine.close();
    format.close();
    file.close();
  }

  /** A prompt in this model's tokens. */
  private final class TextPrompt implements ModelPrompt {

    private final RenderedPrompt rendered;
    private final InferenceRequest request;

    TextPrompt(RenderedPrompt rendered, InferenceRequest request) {
      this.rendered = rendered;
      this.request = request;
    }

    @Override
    public int tokens() {
      return rendered.tokenCount();
    }

    @Override
    public InferenceStream start() throws InferenceException {
      Sampler sampler = rendered.sampler();
      try {
        return new LocalStream(engine.submit(generation(sampler)), rendered.reader());
      } catch (EngineException e) {
        throw LocalStream.translate(e);
      }
    }

    /** From here on the engine owns the tokens and the sampler, whatever becomes of them. */
    private GenerationRequest generation(Sampler sampler) {
      TokenBuffer tokens;
      try {
        tokens = rendered.takeTokens();
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
          request.sampling().seed().isPresent());
    }

    @Override
    public void close() {
      rendered.close();
    }
  }
}
