package dev.freehold.provider;

import dev.freehold.engine.EngineOptions;
import dev.freehold.llama.Model;
import dev.freehold.llama.ModelOptions;
import dev.freehold.llama.Pooling;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashMap;
import java.util.Map;

/**
 * The model files that are loaded. Two models of the policy that are the same file share its
 * weights: a loaded file never changes, and each has a cache of its own. May be used from any
 * thread.
 */
public final class ModelFiles {

  private final Map<Identity, Weights> loaded = new HashMap<>();

  /**
   * Tells a file from any other, and from what stood under its name before, without reading it.
   *
   * @param key what the file system calls it
   */
  public record Identity(String key, long bytes, long modifiedMillis) {

    /**
     * The identity of a file as it is now.
     *
     * @throws IOException if there is no such file
     */
    public static Identity of(Path file) throws IOException {
      Path real = file.toRealPath();
      BasicFileAttributes attributes = Files.readAttributes(real, BasicFileAttributes.class);
      Object key = attributes.fileKey();
      return new Identity(
          key == null ? real.toString() : key.toString(),
          attributes.size(),
          attributes.lastModifiedTime().toMillis());
    }
  }

  /**
   * Loads a model.
   *
   * @param name the policy's name for it
   * @throws dev.freehold.llama.LlamaException if the file is not a model llama.cpp can run, or does
   *     not fit into memory
   */
  public ServedModel load(String name, Path gguf, EngineOptions options) {
    return load(name, GgufFiles.of(gguf), options);
  }

  /**
   * As {@link #load(String, Path, EngineOptions)}, with a projector or an adapter. The weights are
   * shared with the same model without them.
   */
  public ServedModel load(String name, GgufFiles files, EngineOptions options) {
    OpenFile file = open(files.model(), options.gpuLayers());
    return file.model().pooling() == Pooling.NONE
        ? ChatModel.start(name, file, files, options)
        : EmbeddingModel.start(name, file, options);
  }

  private synchronized OpenFile open(Path gguf, int gpuLayers) {
    Identity identity = identity(gguf);
    Weights weights = loaded.get(identity);
    if (weights == null) {
      Model model = Model.load(gguf, ModelOptions.defaults().withGpuLayers(gpuLayers));
      weights = new Weights(model);
      loaded.put(identity, weights);
    }
    weights.users++;
    return new OpenFile(identity, weights.model);
  }

  /** A file that is not there is llama.cpp's to refuse, in its own words. */
  private static Identity identity(Path gguf) {
    try {
      return Files.exists(gguf) ? Identity.of(gguf) : new Identity(gguf.toString(), 0, 0);
    } catch (IOException e) {
      throw new UncheckedIOException("the model file " + gguf + " cannot be read", e);
    }
  }

  private synchronized void release(Identity identity) {
    Weights weights = loaded.get(identity);
    weights.users--;
    if (weights.users == 0) {
      loaded.remove(identity);
      weights.model.close();
    }
  }

  /** How many files are loaded. */
  public synchronized int open() {
    return loaded.size();
  }

  private static final class Weights {

    final Model model;
    int users;

    Weights(Model model) {
      this.model = model;
    }
  }

  /** One user's hold on a loaded file. */
  final class OpenFile implements AutoCloseable {

    private final Identity identity;
    private final Model model;
    private boolean closed;

    private OpenFile(Identity identity, Model model) {
      this.identity = identity;
      this.model = model;
    }

    Model model() {
      return model;
    }

    @Override
    public void close() {
      synchronized (this) {
        if (closed) {
          return;
        }
        closed = true;
      }
      release(identity);
    }
  }
}
