package dev.freehold.llama;

import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A LoRA adapter: a small set of weights beside a model's own, in a GGUF file. A {@link Context}
 * uses it for all its sequences; the model itself and its other contexts are not changed by it.
 */
public final class Adapter implements AutoCloseable {

  private final Model model;
  private final long address;
  private final Lifetime lifetime;

  private Adapter(Model model, long address) {
    this.model = model;
    this.address = address;
    this.lifetime = new Lifetime("the adapter", this::free);
  }

  /**
   * Loads an adapter for a model, which stays in memory until the adapter is closed.
   *
   * @throws LlamaException if the file is missing, damaged, no adapter, or one for another model
   */
  public static Adapter load(Path gguf, Model model) {
    if (!Files.isRegularFile(gguf)) {
      throw new LlamaException(
          "adapter %s cannot be loaded: there is no such file".formatted(gguf));
    }
    model.lifetime().enter();
    try (CallFrame frame = new CallFrame()) {
      int status;
      // llama.cpp keeps a list of a model's adapters without a lock.
      synchronized (model) {
        status =
            AdapterCalls.load(
                model.address(),
                frame.arena().allocateFrom(gguf.toString()),
                frame.pointer(),
                frame.message());
      }
      frame.check(status, "adapter %s cannot be loaded".formatted(gguf));
      return new Adapter(model, frame.address());
    } catch (RuntimeException | Error e) {
      model.lifetime().exit();
      throw e;
    }
  }

  private void free() {
    synchronized (model) {
      AdapterCalls.free(address);
    }
    model.lifetime().exit();
  }

  boolean isFor(Model other) {
    return model == other;
  }

  Lifetime lifetime() {
    return lifetime;
  }

  long address() {
    return address;
  }

  @Override
  public void close() {
    lifetime.close();
  }
}
