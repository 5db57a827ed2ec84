package dev.freehold.provider;

import dev.freehold.engine.EngineLoad;
import dev.freehold.engine.EngineOptions;
import dev.freehold.inference.Ability;
import dev.freehold.inference.InferenceException;
import dev.freehold.inference.InferenceRequest;
import dev.freehold.llama.Model;
import java.nio.file.Path;
import java.util.Set;

/**
 * One loaded model of this box, with all that answering with it takes. There is one class for each
 * kind of model; what can be asked of it stands in its {@link #abilities}. Whoever uses it holds a
 * {@link Lease}, and it is closed when it has been let go and nobody uses it any more.
 */
public interface ServedModel extends AutoCloseable {

  /** The policy's name for it. */
  String name();

  Set<Ability> abilities();

  /** The most tokens that one request can have, prompt and answer together. */
  int requestTokensMax();

  /** What it is doing at this moment. */
  EngineLoad load();

  /**
   * Puts a request's prompt into the model's own tokens. The caller closes the result, after the
   * stream that it started.
   *
   * @param request one of the model's kind, as {@link LocalProvider} has looked at
   * @throws InferenceException if the request cannot be put to this model
   */
  ModelPrompt prepare(InferenceRequest request) throws InferenceException;

  /** Its weights and their vocabulary, which stay its own to close. */
  Model weights();

  /**
   * The text that the model would be given for a conversation; only models that write text have a
   * template for one.
   *
   * @throws InferenceException if the request cannot be put to this model
   */
  default String promptText(InferenceRequest request) throws InferenceException {
    throw new InferenceException(
        InferenceException.Kind.UNSUPPORTED,
        "the model '%s' has no chat template".formatted(name()));
  }

  /** Ends what is running and frees the memory. */
  @Override
  void close();

  /**
   * Loads a model whose weights nobody shares.
   *
   * @param name the policy's name for it
   * @throws dev.freehold.llama.LlamaException if the file is not a model llama.cpp can run, or does
   *     not fit into memory
   */
  static ServedModel load(String name, Path gguf, EngineOptions options) {
    return load(name, GgufFiles.of(gguf), options);
  }

  /** As {@link #load(String, Path, EngineOptions)}, with a projector or an adapter. */
  static ServedModel load(String name, GgufFiles files, EngineOptions options) {
    return new ModelFiles().load(name, files, options);
  }
}
