package dev.freehold.provider;

import dev.freehold.chat.InputFormat;
import dev.freehold.engine.EmbeddingEngine;
import dev.freehold.engine.EmbeddingOptions;
import dev.freehold.engine.EmbeddingRequest;
import dev.freehold.engine.EmbeddingTask;
import dev.freehold.engine.EngineException;
import dev.freehold.engine.EngineLoad;
import dev.freehold.engine.EngineOptions;
import dev.freehold.inference.Ability;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceException.Kind;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.inference.InferenceStream;
import dev.freehold.inference.Prompt;
import dev.freehold.llama.Model;
import dev.freehold.llama.TokenPack;
import java.util.Set;

/** A model that makes vectors, or that scores documents, with its engine. */
final class EmbeddingModel implements ServedModel {

  private final String name;
  private final ModelFiles.OpenFile file;
  private final InputFormat format;
  private final EmbeddingEngine engine;
  private final Set<Ability> abilities;

  private EmbeddingModel(String name, ModelFiles.OpenFile file, EmbeddingEngine engine) {
    this.name = name;
    this.file = file;
    this.format = InputFormat.of(file.model(), engine.inputTokensMax());
    this.engine = engine;
    this.abilities = Abilities.of(file.model());
  }

  /** Starts an engine over an open file, which it takes over: the file is closed if it fails. */
  static EmbeddingModel start(String name, ModelFiles.OpenFile file, EngineOptions options) {
    Model model = file.model();
    EmbeddingEngine engine = null;
    try {
      engine = EmbeddingEngine.start(model, EmbeddingOptions.of(options, model.pooling()));
      return new EmbeddingModel(name, file, engine);
    } catch (RuntimeException e) {
      if (engine != null) {
        engine.close();
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
    return engine.inputTokensMax();
  }

  @Override
  public EngineLoad load() {
    return engine.load();
  }

  @Override
  public Model weights() {
    return file.model();
  }

  @Override
  public ModelPrompt prepare(InferenceRequest request) throws InferenceException {
    Ability asked = Ability.of(request.prompt());
    if (!abilities.contains(asked)) {
      throw notChecked(asked);
    }
    try {
      return switch (request.prompt()) {
        case Prompt.Embedding embedding -> {
          int width = width(embedding);
          yield new PackedPrompt(format.render(embedding), width, asked);
        }
        case Prompt.Ranking ranking -> new PackedPrompt(format.render(ranking), 1, asked);
        case Prompt.Chat _, Prompt.Text _, Prompt.Infill _ -> throw notChecked(asked);
      };
    } catch (EngineException e) {
      throw LocalStream.translate(e);
    }
  }

  private IllegalStateException notChecked(Ability asked) {
    return new IllegalStateException(
        "the provider let a request for %s through to a model for %s".formatted(asked, abilities));
  }

  private int width(Prompt.Embedding embedding) throws InferenceException {
    Model model = file.model();
    int length = model.embeddingLength();
    int wanted = embedding.dimensions().orElse(length);
    if (wanted > length) {
      throw new InferenceException(
          Kind.UNSUPPORTED,
          "the model's vectors have %d dimensions, %d were asked for: ask for at most %d"
              .formatted(length, wanted, length));
    }
    return wanted;
  }

  @Override
  public void close() {
    engine.close();
    file.close();
  }

  /** Inputs in this model's tokens, and later their results, which live as long as it does. */
  private final class PackedPrompt implements ModelPrompt {

    private final int tokens;
    private final int width;
    private final Ability asked;
    private TokenPack pack;
    private EmbeddingTask task;

    PackedPrompt(TokenPack pack, int width, Ability asked) {
      this.pack = pack;
      this.tokens = pack.total();
      this.width = width;
      this.asked = asked;
    }

    @Override
    public int tokens() {
      return tokens;
    }

    @Override
    public synchronized InferenceStream start(InferenceRequest request) throws InferenceException {
      if (pack == null) {
        throw new IllegalStateException("the prompt has been started or closed");
      }
      TokenPack taken = pack;
      pack = null;
      try {
        task = engine.submit(new EmbeddingRequest(taken, width, asked == Ability.EMBEDDINGS));
        return new VectorStream(task, asked);
      } catch (EngineException e) {
        throw LocalStream.translate(e);
      }
    }

    @Override
    public synchronized void close() {
      if (pack != null) {
        pack.close();
        pack = null;
      }
      if (task != null) {
        task.close();
        task = null;
      }
    }
  }
}
