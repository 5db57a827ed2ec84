package dev.freehold.provider;

import dev.freehold.chat.ChatFormat;
import dev.freehold.chat.ModelText;
import dev.freehold.engine.Engine;
import dev.freehold.engine.EngineOptions;
import dev.freehold.llama.Model;
import dev.freehold.llama.ModelOptions;
import java.nio.file.Path;
import java.util.Objects;

/** One loaded model with its chat format and its engine; closes them in the right order. */
public final class ServedModel implements AutoCloseable {

  private final String name;
  private final Model model;
  private final ChatFormat format;
  private final Engine engine;

  private ServedModel(String name, Model model, ChatFormat format, Engine engine) {
    this.name = name;
    this.model = model;
    this.format = format;
    this.engine = engine;
  }

  /**
   * Loads a model and starts its engine.
   *
   * @param name the policy's name for it
   * @throws dev.freehold.llama.LlamaException if the file is not a model llama.cpp can run, or does
   *     not fit into memory
   */
  public static ServedModel load(String name, Path gguf, EngineOptions options) {
    Objects.requireNonNull(name, "name");
    Model model = Model.load(gguf, ModelOptions.defaults().withGpuLayers(options.gpuLayers()));
    ChatFormat format = null;
    try {
      format =
          ChatFormat.of(model, Math.min(options.contextTokens(), model.trainedContextLength()));
      return new ServedModel(name, model, format, Engine.start(model, options));
    } catch (RuntimeException e) {
      if (format != null) {
        format.close();
      }
      model.close();
      throw e;
    }
  }

  public String name() {
    return name;
  }

  public Engine engine() {
    return engine;
  }

  ModelText text() {
    return new ModelText(model);
  }

  ChatFormat format() {
    return format;
  }

  @Override
  public void close() {
    engine.close();
    format.close();
    model.close();
  }
}
